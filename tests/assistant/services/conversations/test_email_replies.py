"""Visitors' replies by e-mail: what is taken in, from whom, and what is not."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from assistant.models import Conversation, Delivery, Message
from assistant.redaction import clean
from assistant.services.conversations import email_answers, email_replies, takeover
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.state import change_state
from assistant.services.organizations import rate_limits
from tests import make

pytestmark = pytest.mark.django_db
KEY = "a-key-of-enough-letters"
URL = "/api/v1/inbound-mail"


@pytest.fixture(autouse=True)
def inbound(settings: Any, queued_tasks: list[Any]) -> None:
    settings.INBOUND_EMAIL_ADDRESS, settings.INBOUND_EMAIL_KEY = "reply@in.example.com", KEY


@pytest.fixture
def talk() -> Conversation:
    return answered()


def answered() -> Conversation:
    """A conversation whose visitor has left an address, and which a person has answered."""
    made = make.conversation(make.assistant(make.organization(team_email="team@example.com")))
    made.visitor.email = "ann@example.com"
    made.visitor.save()
    post_message(made, "c-1", "Is there a lift?")
    takeover.answer(made, User.objects.create_user("grace", first_name="Grace"), "Yes, to the left.")
    return made


def a_mail(talk: Conversation, text: str = "And a ramp?", *, html: str = "", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    given = {"From": "Ann <ann@example.com>", "To": email_answers.reply_address(talk), "Message-ID": "<1@example.com>"}
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        mail[name] = value
    if html:
        mail.set_content(html, subtype="html")
    else:
        mail.set_content(text)
    return mail


def said(talk: Conversation) -> list[str]:
    found = Message.objects.filter(conversation=talk, role="visitor", client_id__startswith="mail:")
    return list(found.order_by("seq").values_list("text", flat=True))


def test_a_reply_is_the_visitors_next_message_once_however_often_it_comes(talk):
    raw = a_mail(talk).as_bytes()
    assert [email_replies.receive(raw) for _ in range(3)] == ["accepted", "duplicate", "duplicate"]
    assert said(talk) == ["And a ramp?"]
    talk.refresh_from_db()
    assert talk.state == "staff" and not talk.notes.exists() and not talk.turns.filter(message__text="And a ramp?").exists()


QUOTED = """And a ramp?

On Tue, 8 Jan 2030 at 10:00, Bright Smile <desk@example.com> wrote:
> ##- Please write your answer above this line -##
> Yes, to the left.
"""
MARKED = "And a ramp?\n\n##- Bitte schreiben Sie Ihre Antwort über diese Zeile -##\n\nGrace schrieb:\n\nJa."
GERMAN = "And a ramp?\n\nAm Di., 8. Jan. 2030 um 10:00 Uhr schrieb Bright Smile <desk@example.com>:\n\n> Ja, links.\n"
OUTLOOK = "And a ramp?\n\n-----Original Message-----\nFrom: Bright Smile\nSent: Tuesday\nTo: Ann\nSubject: Hello\n\nYes."


@pytest.mark.parametrize("text", [QUOTED, MARKED, GERMAN, OUTLOOK, "And a ramp?\r\n"])
def test_what_is_quoted_is_cut_off(talk, text):
    assert email_replies.receive(a_mail(talk, text).as_bytes()) == "accepted"
    assert said(talk) == ["And a ramp?"]


def test_html_becomes_text(talk):
    html = "<style>p{}</style><p>And a <b>ramp</b>?</p><script>x()</script><blockquote>Yes, to the left.</blockquote>"
    assert email_replies.receive(a_mail(talk, html=html).as_bytes()) == "accepted"
    assert said(talk) == ["And a ramp?"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner=x"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.com>"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"From": "reply@in.example.com"},
    ],
)
def test_machines_lists_and_we_ourselves_are_not_visitors(talk, headers):
    assert email_replies.receive(a_mail(talk, "I am away.", **headers).as_bytes()) == "ignored"
    assert said(talk) == []


def test_a_bounce_is_ignored(talk):
    mail = a_mail(talk)
    raw = mail.as_bytes().replace(b"Content-Type: text/plain", b"Content-Type: multipart/report; boundary=x")
    assert email_replies.receive(raw) == "ignored"


def test_what_we_have_sent_is_known_in_a_quote_whose_lines_are_not_marked(talk):
    Conversation.objects.filter(pk=talk.pk).update(mail_due_at=talk.created_at)
    email_answers.send_due()
    sent = Delivery.objects.get(to="ann@example.com")
    header = "From: Bright Smile\nSent: Tuesday\nTo: Ann\nSubject: Hello\n\n"
    ours = "\n\n".join(line for line in sent.text.split("\n") if line)
    assert email_replies.receive(a_mail(talk, f"{header}{ours}\n\nAnd a ramp?").as_bytes()) == "accepted"
    assert said(talk) == ["And a ramp?"] and not talk.notes.exists()


def test_a_mail_in_which_only_a_quote_is_found_is_kept_whole_with_a_note(talk):
    text = QUOTED.removeprefix("And a ramp?\n\n")
    assert email_replies.receive(a_mail(talk, text).as_bytes()) == "accepted"
    assert said(talk) == [text.strip()] and talk.notes.get().text == email_replies.WHOLE
    assert email_replies.receive(a_mail(talk, " \n", Message_ID="<2@x.example>").as_bytes()) == "empty"


def test_a_reply_that_is_longer_than_a_message_becomes_several_once(talk, settings):
    settings.MESSAGE_MAX_CHARS = 100
    text = "\n\n".join(f"Question {number} about the ramp and the lift, the stairs and the doors." for number in range(12))
    raw = a_mail(talk, text).as_bytes()
    assert [email_replies.receive(raw) for _ in range(2)] == ["accepted", "duplicate"]
    assert "\n\n".join(said(talk)) == text and max(map(len, said(talk))) <= 100 and not talk.notes.exists()


def test_what_no_longer_fits_into_the_messages_of_one_mail_is_noted(talk, settings):
    settings.MESSAGE_MAX_CHARS = 10
    assert email_replies.receive(a_mail(talk, "x" * 151).as_bytes()) == "accepted"
    assert "".join(said(talk)) == "x" * 150 and talk.notes.get().text == email_replies.CUT


def test_what_stands_in_a_forwarded_mail_is_noted_whole(talk):
    header = "-----Original Message-----\nFrom: Ed\nSent: Tuesday\nTo: Ann\nSubject: Hello\n\n"
    forwarded = [f"Sentence {number} of the letter." for number in range(300)]
    assert email_replies.receive(a_mail(talk, f"See below.\n\n{header}" + "\n".join(forwarded)).as_bytes()) == "accepted"
    assert said(talk) == ["See below."]
    noted = "\n".join(talk.notes.order_by("pk").values_list("text", flat=True))
    assert all(line in noted.split("\n") for line in forwarded)


def test_styles_before_the_words_of_an_html_mail_do_not_count_as_its_length(talk):
    html = f"<style>{'p { margin: 0 } ' * 10_000}</style><p>And a ramp?</p>"
    assert email_replies.receive(a_mail(talk, html=html).as_bytes()) == "accepted"
    assert said(talk) == ["And a ramp?"]


def test_attachments_are_named_and_not_taken(talk):
    mail = a_mail(talk)
    mail.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="invoice.exe")
    assert email_replies.receive(mail.as_bytes()) == "accepted"
    assert said(talk) == ["And a ramp?"]
    assert talk.messages.filter(role="system").last().text == "Attachments are not accepted here: invoice.exe"
    alone = a_mail(talk, "", Message_ID="<2@example.com>")
    alone.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="photo.heic")
    assert email_replies.receive(alone.as_bytes()) == "accepted"
    assert said(talk)[-1] == "Attachments are not accepted here: photo.heic"


def test_another_sender_changes_nothing_of_the_visitor_and_is_named_to_staff(talk):
    assert email_replies.receive(a_mail(talk, From="Eve <eve@example.com>").as_bytes()) == "accepted"
    visitor = type(talk.visitor).objects.get(pk=talk.visitor_id)
    assert (visitor.email, visitor.name, visitor.email_verified_at) == ("ann@example.com", "", None)
    assert "eve@example.com" in talk.notes.get().text


UNSTORABLE = {
    "a NUL in a name": (b'filename="plan.pdf"', b"filename*=utf-8''pl%00an.pdf"),
    "a NUL in a name in parts": (b'filename="plan.pdf"', b"filename*0*=utf-8''pl%00; filename*1*=an%0D%0A.pdf"),
    "a NUL in the type": (b"application/pdf", b"application/p\0df"),
    "a NUL in an encoded address": (b"Eve <eve@x.example>", b"=?utf-8?q?ev=00e=40x=2Eexample?="),
    "a NUL in an address": (b"Eve <eve@x.example>", b"Eve <ev\0e@x.example>"),
    "a NUL in the id": (b"<1@example.com>", b"<1\0@example.com>"),
}


@pytest.mark.parametrize("change", UNSTORABLE.values(), ids=UNSTORABLE)
@pytest.mark.parametrize("text", ["And a ramp?", ""])
def test_what_no_database_can_store_is_left_out_of_what_headers_say(talk, change, text):
    mail = a_mail(talk, text, From="Eve <eve@x.example>")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    before, after = change
    raw = mail.as_bytes()
    assert raw.count(before) == 1
    assert email_replies.receive(raw.replace(before, after)) == "accepted"
    stored = [*talk.messages.values_list("text", flat=True), *talk.notes.values_list("text", flat=True)]
    assert all(clean(one) == one for one in stored)
    assert any("an" in one.partition("not accepted here: ")[2] for one in stored)


def test_an_address_without_our_signature_leads_nowhere(talk):
    for to in ("reply@in.example.com", f"reply+{talk.pk.hex}{'0' * email_answers.SIGNED_CHARS}@in.example.com"):
        assert email_replies.receive(a_mail(talk, To=to).as_bytes()) == "unknown"
    assert said(talk) == []


def test_the_address_may_stand_where_the_mail_server_put_it(talk):
    headers = {"To": "desk@example.com", "Delivered_To": email_answers.reply_address(talk)}
    assert email_replies.receive(a_mail(talk, **headers).as_bytes()) == "accepted"


@pytest.mark.parametrize("state", ["assistant", "waiting", "closed"])
def test_a_reply_to_a_conversation_that_no_person_holds_waits_for_one_and_tells_the_team(talk, state):
    change_state(talk, state)
    assert email_replies.receive(a_mail(talk).as_bytes()) == "accepted"
    talk.refresh_from_db()
    assert (talk.state, talk.reach) == ("waiting", "told") and not talk.turns.filter(message__text="And a ramp?").exists()
    assert "answered by e-mail" in Delivery.objects.get(to="team@example.com").subject


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"\xff" * 50, b"To: =?x?q?=\n\n"])
def test_what_is_no_mail_is_refused_or_belongs_to_nobody(db, raw):
    try:
        assert email_replies.receive(raw) == "unknown"
    except ValueError as error:
        assert "message" in str(error)


# --- The two ways in --------------------------------------------------------------------------------------------------


def test_the_webhook_takes_mail_with_its_key_alone(talk, settings, client: Client):
    raw = a_mail(talk).as_bytes()

    def posted(key: str) -> tuple[int, str]:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        answer = client.post(URL, raw, content_type="message/rfc822", headers=headers)
        return answer.status_code, answer.json()["outcome"]

    assert [posted(key) for key in ("", "wrong", KEY[:-1])] == [(403, "not_allowed")] * 3
    assert said(talk) == []
    assert posted(KEY) == (200, "accepted")
    settings.INBOUND_EMAIL_KEY = ""
    assert posted("") == (403, "not_allowed")
    assert client.get(URL).status_code == 405
    assert said(talk) == ["And a ramp?"]


def test_mail_beyond_the_limit_is_to_come_again_and_is_noted_for_staff_once(talk, settings, client: Client):
    settings.RATE_LIMITS = True
    rate_limits.reset()

    def posted(number: int) -> Any:
        raw = a_mail(talk, f"Question {number}", Message_ID=f"<{number}@example.com>").as_bytes()
        headers = {"authorization": f"Bearer {KEY}"}
        return client.post(URL, raw, content_type="message/rfc822", headers=headers)

    assert {posted(number).status_code for number in range(20)} == {200}
    refused = [posted(number) for number in (20, 21)]
    assert [(one.status_code, one.json()["outcome"]) for one in refused] == [(429, "too_much")] * 2
    assert all(0 < int(one["Retry-After"]) <= 60 for one in refused)
    assert len(said(talk)) == 20
    assert [note.text for note in talk.notes.all()] == [email_replies.TOO_MANY], "staff see it, once"
    rate_limits.clear("inbound-mail", visitor=str(talk.pk))
    assert posted(20).json() == {"outcome": "accepted"} and "Question 20" in said(talk)
