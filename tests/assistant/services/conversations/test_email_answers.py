"""Staff's answers by e-mail, once, to visitors who have left an address and do not read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.utils import timezone

from assistant.models import Conversation, Delivery
from assistant.services.conversations import email_answers, handoffs, takeover
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.staff_texts import public_name
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def inbound(settings: Any, queued_tasks: list[Any]) -> None:
    settings.INBOUND_EMAIL_ADDRESS = "reply@in.example.com"


@pytest.fixture
def grace() -> User:
    return User.objects.create_user("grace", first_name="Grace")


@pytest.fixture
def talk() -> Conversation:
    made = make.conversation()
    made.visitor.email, made.visitor.locale = "ann@example.com", "de"
    made.visitor.save()
    post_message(made, "c-1", "Is there a lift?")
    return made


def mails(*, later: bool = True) -> list[Delivery]:
    if later:
        Conversation.objects.filter(mail_due_at__isnull=False).update(mail_due_at=timezone.now())
    email_answers.send_due()
    return list(Delivery.objects.filter(key__startswith="answer:").order_by("created_at"))


def test_a_visitor_who_has_left_gets_what_was_answered_once_in_their_language(talk, grace):
    takeover.answer(talk, grace, "Yes, to the left.")
    takeover.answer(talk, grace, "And <b>a ramp</b>.")
    assert mails(later=False) == []
    [mail] = mails()
    assert (mail.to, mail.subject) == ("ann@example.com", "Bright Smile hat Ihnen geantwortet")
    assert mail.text.index("Yes, to the left.") < mail.text.index("And <b>a ramp</b>.") and "Grace schrieb:" in mail.text
    assert "&lt;b&gt;a ramp" in mail.html and mail.text.startswith("##- Bitte schreiben Sie")
    assert mail.reply_to.endswith("@in.example.com") and email_answers.conversation_at(mail.reply_to) == talk
    assert len(mails()) == 1
    takeover.answer(talk, grace, "Anything else?")
    [_, second] = mails()
    assert "Anything else?" in second.text and "to the left" not in second.text


def test_an_answer_is_under_a_name_that_turns_nothing_and_of_a_deleted_account_under_the_organizations(talk, grace):
    User.objects.filter(pk=grace.pk).update(first_name="\u2067Grace\nH.")
    grace.refresh_from_db()
    takeover.answer(talk, grace, "Yes, to the left.")
    [first] = mails()
    assert "Grace H. schrieb:" in first.text and "\u2067" not in first.text + first.html
    takeover.answer(talk, grace, "Mind the step.")
    grace.delete()
    [_, second] = mails()
    assert "Bright Smile schrieb:" in second.text and "Mind the step." in second.text


def test_a_member_of_the_team_whose_first_name_nobody_can_see_has_their_user_name():
    assert public_name(User(username="grace", first_name="\u202e\u2066")) == "grace"


def test_what_was_read_or_answered_in_the_widget_is_not_sent(talk, grace):
    said = takeover.answer(talk, grace, "Yes.")
    email_answers.mark_seen(talk, said.seq)
    assert mails() == []
    takeover.answer(talk, grace, "More?")
    post_message(talk, "c-2", "No, thanks.")
    assert mails() == []
    assert not Conversation.objects.filter(mail_due_at__isnull=False).exists()


def test_one_that_cannot_be_queued_holds_up_no_other_and_is_tried_again(talk, grace, caplog):
    other = make.conversation(talk.assistant)
    type(other.visitor).objects.filter(pk=other.visitor_id).update(email="bob@example.com")
    other.visitor.refresh_from_db()
    for one in (talk, other):
        post_message(one, f"c-{one.pk}", "Hello?")
        takeover.answer(one, grace, "Yes.")

    def failing(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "INSERT" in sql and any(str(value).startswith(f"answer:{talk.pk}") for value in params or ()):
            raise OperationalError("the disk is full")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(failing):
        assert [mail.to for mail in mails()] == ["bob@example.com"]
    assert str(talk.pk) in caplog.text and "disk is full" in caplog.text
    talk.refresh_from_db()
    assert talk.mail_due_at > timezone.now(), "after the others"
    assert [mail.to for mail in mails()] == ["bob@example.com", "ann@example.com"]


def test_nobody_has_read_what_has_not_been_said_yet(talk, grace):
    email_answers.mark_seen(talk, 10**9)
    takeover.answer(talk, grace, "Yes.")
    assert len(mails()) == 1


def test_an_address_that_is_left_later_gets_what_was_said_before(talk, grace):
    type(talk.visitor).objects.update(email="")
    talk.visitor.refresh_from_db()
    takeover.answer(talk, grace, "Yes.")
    assert mails() == []
    handoffs.name_visitor(talk, {"email": "ann@example.com"})
    [mail] = mails()
    assert "Yes." in mail.text


def test_without_an_address_for_replies_the_visitor_is_sent_back_to_the_site(talk, grace, settings):
    settings.INBOUND_EMAIL_ADDRESS = ""
    takeover.answer(talk, grace, "Yes.")
    [mail] = mails()
    assert mail.reply_to == "" and make.ORIGIN in mail.text and "##-" not in mail.text


def test_an_answer_is_not_due_before_its_time(talk, grace):
    takeover.answer(talk, grace, "Yes.")
    talk.refresh_from_db()
    assert talk.mail_due_at > timezone.now() + email_answers.AFTER - timedelta(seconds=30)


def test_a_reply_address_is_of_one_conversation_and_cannot_be_made_up(talk):
    address = email_answers.reply_address(talk)
    local, domain = address.split("@")
    assert len(local) <= 64
    assert email_answers.conversation_at(f" {address.upper()} ") == talk
    other = make.conversation(talk.assistant)
    stolen = local[: len("reply+")] + other.pk.hex + local[-email_answers.SIGNED_CHARS :]
    made_up = (f"{stolen}@{domain}", f"{local[:-1]}x@{domain}", f"{local}@example.com")
    for wrong in (*made_up, "reply@in.example.com", "", "@", "é+é@x"):
        assert email_answers.conversation_at(wrong) is None, wrong
