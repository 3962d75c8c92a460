"""Visitors' replies in a mailbox, on a real IMAP server: read once, whatever else is there and whatever happens."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from itertools import count
from queue import Queue
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection, utils
from django.utils import timezone

from assistant import jobs, tasks
from assistant.management.doctor.findings import Examination
from assistant.management.doctor.system import check_mailbox
from assistant.models import Conversation, Delivery
from assistant.providers import configuration
from assistant.services.conversations import email_answers, inbox, mailbox
from assistant.services.organizations import rate_limits
from tests import make, servers
from tests.assistant.services.conversations.test_email_replies import a_mail, answered, said
from tests.conftest import needed
from tests.rates import spend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def inbound(settings: Any, queued_tasks: list[Any]) -> None:
    settings.INBOUND_EMAIL_ADDRESS = "reply@in.example.com"


@pytest.fixture
def talk() -> Conversation:
    return answered()


@pytest.fixture
def box(imap: servers.Imap) -> Iterator[Any]:
    """The mailbox, empty."""
    opened = mailbox.open_mailbox(imap.url(), trusting(imap))
    opened.uid("STORE", "1:*", "+FLAGS", r"(\Deleted)")
    opened.expunge()
    yield opened
    opened.logout()


def trusting(imap: servers.Imap) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(imap.certificate))


def read(imap: servers.Imap, url: str = "", **options: Any) -> int:
    return mailbox.read_mailbox(url or imap.url(), partial(mailbox.open_mailbox, context=trusting(imap)), **options)


def flags(box: Any) -> list[str]:
    """What each mail is marked with, in order; without what the server says of it by itself."""
    box.noop()
    count = int(box.select()[1][0])
    found = [box.fetch(str(number), "(FLAGS)")[1][0].decode() for number in range(1, count + 1)]
    return [" ".join(flag for flag in ("Seen", "Flagged") if rf"\{flag}" in one) for one in found]


def a_reply(talk: Conversation, number: int) -> bytes:
    return a_mail(talk, f"Question {number}", Message_ID=f"<{number}@x.example>").as_bytes()


def test_what_has_come_in_is_read_once_and_marked(imap, box, talk):
    for number in (1, 2):
        imap.deliver(a_reply(talk, number))
    assert read(imap) == 2
    assert said(talk) == ["Question 1", "Question 2"] and flags(box) == ["Seen", "Seen"]
    assert read(imap) == 0


def test_the_same_mail_counts_once_also_in_a_mailbox_that_was_made_anew(imap, box, talk):
    box.create("Replies")
    for _ in range(2):
        box.append("Replies", None, None, a_reply(talk, 1))
    assert read(imap, imap.url("Replies")) == 2
    box.delete("Replies")  # with the next one, UIDs begin at 1 again, under another UIDVALIDITY
    box.create("Replies")
    box.append("Replies", None, None, a_reply(talk, 1))
    box.append("Replies", None, None, a_reply(talk, 2))
    assert read(imap, imap.url("Replies")) == 2
    assert said(talk) == ["Question 1", "Question 2"]
    box.delete("Replies")


def test_a_mail_that_cannot_be_read_keeps_none_of_the_others_out(imap, box, talk):
    imap.deliver(a_reply(talk, 1))
    imap.deliver(b"nonsense")
    imap.deliver(a_mail(talk).as_bytes().replace(b"text/plain", b"text/plain; charset=\xff\xfe", 1).replace(b"utf-8", b"no"))
    imap.deliver(b"From: =?\xff?b?\xff?=\r\nTo: <<<>>, @\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n")
    imap.deliver(a_reply(talk, 2))
    assert read(imap) == 5
    assert {"Question 1", "Question 2"} <= set(said(talk))
    assert read(imap) == 0 and "" not in flags(box)
    assert flags(box)[:2] == ["Seen", "Seen Flagged"], "what is no message is there for people to find"


def test_a_mail_that_nothing_can_take_in_is_flagged_for_people_to_find(imap, box, talk):
    deep = b"From: a@x.example\r\nTo: %s\r\n" % a_mail(talk)["To"].encode()
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1500))
    imap.deliver(deep + nested + b"\r\nHello")  # deeper than Python's stack
    imap.deliver(a_reply(talk, 2))
    read(imap)
    assert said(talk) == ["Question 2"] and flags(box) == ["Seen Flagged", "Seen"]


def test_a_mail_that_is_too_large_is_left_out_and_flagged(imap, box, talk):
    imap.deliver(a_mail(talk, "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 400_000).as_bytes())
    imap.deliver(a_reply(talk, 2))
    assert read(imap) == 1
    assert said(talk) == ["Question 2"] and flags(box) == ["Seen Flagged", "Seen"]


class Watched:
    """A mailbox that keeps what is asked of it, and answers in its own way where it is told to."""

    def __init__(self, box: Any, *, keywords: bool = True, searches: Callable[[Any], Any] = lambda said: said) -> None:
        self.box, self.searches, self.asked = box, searches, list[tuple[str, ...]]()
        self.hidden = () if keywords else ("PERMANENTFLAGS",)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.box, name)

    @property
    def untagged_responses(self) -> dict[str, Any]:
        return {name: said for name, said in self.box.untagged_responses.items() if name not in self.hidden}

    def uid(self, command: str, *rest: str) -> Any:
        self.asked.append((command, *rest))
        said = self.box.uid(command, *rest)
        return self.searches(said) if command == "SEARCH" else said

    def fetched(self, what: str) -> list[str]:
        return [rest[0] for command, *rest in self.asked if command == "FETCH" and what in rest[1]]


def watched(imap: servers.Imap, options: dict[str, Any] | None = None, **more: Any) -> tuple[int, Watched]:
    seen = Watched(mailbox.open_mailbox(imap.url(), trusting(imap)), **(options or {}))
    return mailbox.read_mailbox(imap.url(), lambda url: seen, **more), seen


@pytest.mark.parametrize("keywords", [True, False])
def test_more_than_a_conversation_may_take_in_stays_unread_for_later(imap, box, talk, keywords):
    spend("inbound-mail", visitor=str(talk.pk), left=1)
    for number in (1, 2):
        imap.deliver(a_reply(talk, number))
    count, seen = watched(imap, {"keywords": keywords})
    assert count == 1 and len(seen.fetched("BODY.PEEK[]")) == 1
    assert sorted(flags(box)) == ["", "Seen"] and len(said(talk)) == 1
    rate_limits.reset()
    assert read(imap) == 1 and flags(box) == ["Seen", "Seen"]


@pytest.mark.parametrize("keywords", [True, False])
def test_what_is_kept_for_later_holds_up_nobody_elses_mail(imap, box, talk, keywords):
    other = make.conversation(talk.assistant)
    spend("inbound-mail", visitor=str(talk.pk))
    for number in (1, 2, 3):
        imap.deliver(a_reply(talk, number))
    watched(imap, {"keywords": keywords})
    imap.deliver(a_reply(other, 4))
    count, seen = watched(imap, {"keywords": keywords})
    assert count == 1 and said(other) == ["Question 4"]
    looked_at, [taken] = seen.fetched("HEADER"), seen.fetched("BODY.PEEK[]")
    assert len(looked_at) == 4 and looked_at.index(taken) == (0 if keywords else 3)
    rate_limits.reset()
    assert read(imap) == 3 and said(talk) == ["Question 1", "Question 2", "Question 3"]
    assert flags(box) == ["Seen"] * 4


def test_a_search_may_be_answered_in_any_number_of_lines(imap, box, talk):
    for number in (1, 2, 3):
        imap.deliver(a_reply(talk, number))
    assert watched(imap, {"searches": lambda said: (said[0], [None])})[0] == 0
    assert watched(imap, {"searches": lambda said: (said[0], [None, *(said[1][0] or b"").split(), b""])})[0] == 3


def test_a_run_ends_in_time_also_where_nothing_is_found(imap, box, talk):
    for number in range(6):
        imap.deliver(a_reply(talk, number))
    box.select()
    box.store("1:6", "+FLAGS", r"(\Seen)")
    ticks = count(step=mailbox.RUN_SECONDS / 2)
    _, seen = watched(imap, window=1, clock=lambda: next(ticks))
    assert [asked[:2] for asked in seen.asked] == [("SEARCH", "1:1"), ("SEARCH", "2:2")]


def test_a_large_folder_is_searched_in_parts(imap, box, talk):
    for number in range(25):
        imap.deliver(a_reply(talk, 0) if number != 20 else a_reply(talk, 1))
    box.select()
    box.store("1:20", "+FLAGS", r"(\Seen)")
    assert read(imap, window=7) == 5
    assert set(said(talk)) == {"Question 0", "Question 1"} and flags(box) == ["Seen"] * 25


class Lossy:
    """A mailbox whose connection is lost as the mail with that number is to be fetched or marked."""

    def __init__(self, box: Any, what: str, after: int) -> None:
        self.box, self.what, self.left = box, what, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.box, name)

    def uid(self, command: str, *rest: str) -> Any:
        if command == self.what:
            self.left -= 1
            if self.left < 0:
                self.box.sock.shutdown(2)
        return self.box.uid(command, *rest)


@pytest.mark.parametrize(("what", "after"), [("FETCH", 2), ("FETCH", 3), ("STORE", 1), ("SEARCH", 0)])
def test_after_a_connection_that_was_lost_in_the_middle_every_mail_is_there_once(imap, box, talk, what, after):
    for number in (1, 2, 3):
        imap.deliver(a_reply(talk, number))
    opened: Callable[[str], Any] = lambda url: Lossy(mailbox.open_mailbox(url, trusting(imap)), what, after)  # noqa: E731
    assert mailbox.read_mailbox(imap.url(), opened) < 3
    read(imap)
    assert sorted(said(talk)) == ["Question 1", "Question 2", "Question 3"] and flags(box) == ["Seen"] * 3


class PostOffice:
    """A mail server: what is for the mailbox goes there, and the rest is kept for those that it was sent to."""

    def __init__(self, imap: servers.Imap) -> None:
        self.imap, self.sent = imap, Queue[EmailMessage]()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if any(address.startswith("reply+") for address in envelope.rcpt_tos):
            self.imap.deliver(envelope.content)
        else:
            self.sent.put(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def post_office(imap: servers.Imap, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    found = PostOffice(imap)
    controller = Controller(found, hostname="127.0.0.1", port=servers.free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.INBOUND_IMAP_URL = imap.url()
    monkeypatch.setenv("SSL_CERT_FILE", str(imap.certificate))
    yield found
    controller.stop()


def test_a_visitor_who_has_left_is_answered_by_e_mail_and_answers_that(imap, box, talk, post_office):
    Conversation.objects.update(mail_due_at=timezone.now())
    email_answers.send_due()
    tasks.deliver(str(Delivery.objects.get(to="ann@example.com").pk))
    got = post_office.sent.get(timeout=10)
    assert got["To"] == "ann@example.com" and "Yes, to the left." in got.get_body(("plain",)).get_content()

    answer = EmailMessage()
    answer["From"], answer["To"], answer["Message-ID"] = got["To"], got["Reply-To"], "<from-ann@example.com>"
    answer["Subject"], answer["In-Reply-To"] = f"Re: {got['Subject']}", got["Message-ID"]
    quoted = "".join(f"> {line}\n" for line in got.get_body(("plain",)).get_content().splitlines())
    answer.set_content(f"And a ramp?\n\nOn Tue, 8 Jan 2030, Bright Smile wrote:\n{quoted}")
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as client:
        for _ in range(2):  # as when the first one's acknowledgement is lost
            client.send_message(answer)
    jobs.read_mailbox()
    assert said(talk) == ["And a ramp?"] and flags(box) == ["Seen", "Seen"]
    talk.refresh_from_db()
    [line] = inbox.tab(inbox.annotated(Conversation.objects.all(), talk.staff, timezone.now()), inbox.MINE, talk.staff)
    assert line.unread


# --- Getting in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["INBOX", "Réponses & more", 'A "quoted" \\ name', "日本"])
def test_a_folder_may_have_any_name(imap, box, talk, name):
    if name != "INBOX":
        assert box.create(mailbox.quoted(name))[0] == "OK"
    box.append(mailbox.quoted(name), None, None, a_reply(talk, 1))
    assert read(imap, imap.url(name)) == 1


def test_a_password_goes_over_starttls_where_the_server_takes_none_in_the_clear(imap, box, talk):
    imap.deliver(a_reply(talk, 1))
    assert read(imap, imap.url(tls=False, host="127.0.0.2")) == 1


def test_on_this_machine_a_server_may_do_without_encryption(talk):
    with needed(partial(servers.dovecot, encrypts=False)) as plain:
        plain.deliver(a_reply(talk, 1))
        assert read(plain, plain.url(tls=False)) == 1


class Sealed:
    """What the rest of the code sees of a server elsewhere that offers no encryption."""

    capabilities = ("IMAP4REV1", "AUTH=PLAIN")


def test_a_password_is_not_sent_without_encryption_to_a_server_elsewhere():
    with pytest.raises(mailbox.Unusable, match="no encryption"):
        mailbox._encrypt(Sealed(), "mail.example.com", ssl.create_default_context())


@pytest.mark.parametrize(
    ("url", "said_of_it"),
    [
        ({"password": "hunter2"}, "AUTHENTICATIONFAILED"),
        ({"folder": "Nowhere"}, "has no folder “Nowhere”"),
    ],
)
def test_what_keeps_us_out_is_said_in_the_log_without_the_password(imap, caplog, url, said_of_it):
    with caplog.at_level(logging.ERROR):
        assert read(imap, imap.url(**url)) == 0
    assert said_of_it in caplog.text and "hunter2" not in caplog.text and "s3cret" not in caplog.text


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_password(imap, caplog):
    assert mailbox.read_mailbox(imap.url()) == 0
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    assert mailbox.read_mailbox(imap.url(tls=False, host="127.0.0.2")) == 0


def test_a_server_that_is_down_is_tried_again_later(caplog):
    assert mailbox.read_mailbox(f"imaps://user:hunter2@127.0.0.1:{servers.free_port()}/INBOX") == 0
    assert "ConnectionRefusedError" in caplog.text and "hunter2" not in caplog.text


def test_the_doctor_says_whether_the_mailbox_can_be_read(imap, settings, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(imap.certificate))
    found = []
    for url in (imap.url(), imap.url("Nowhere")):
        settings.INBOUND_IMAP_URL = url
        seen = Examination(configuration.load({}))
        check_mailbox(seen, ask=True)
        found += [(one.level, one.text) for one in seen.findings]
    assert found == [("ok", "can be read"), ("error", "cannot be read: The mailbox has no folder “Nowhere”.")]


# --- What the database says -------------------------------------------------------------------------------------------


@contextmanager
def refused(error: type[utils.Error], text: str) -> Iterator[None]:
    """The database raises this as the message with that text is saved."""

    def execute(go_on: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if text in (params or ()) and "INSERT" in sql:
            raise error("as a test says")
        return go_on(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield


REFUSALS = [
    # It is away, it will never store this mail, or it stores nothing for now, such as a standby that only reads.
    ([utils.OperationalError, utils.InterfaceError], ["", ""], []),
    ([utils.DataError, utils.IntegrityError, utils.NotSupportedError], ["Seen Flagged", "Seen"], ["Question 2"]),
    ([utils.InternalError, utils.ProgrammingError], ["", "Seen"], ["Question 2"]),
]


@pytest.mark.parametrize(
    ("error", "marked", "taken"), [(error, marked, taken) for errors, marked, taken in REFUSALS for error in errors]
)
def test_what_the_database_refuses_of_one_mail_keeps_none_of_the_others_out(imap, box, talk, caplog, error, marked, taken):
    for number in (1, 2):
        imap.deliver(a_reply(talk, number))
    with refused(error, "Question 1"):
        assert read(imap) == "".join(marked).count("Seen")
    assert flags(box) == marked and said(talk) == taken and error.__name__ in caplog.text
    read(imap)
    assert sorted(said(talk)) == (["Question 2"] if "Seen Flagged" in marked else ["Question 1", "Question 2"])


def test_a_mail_with_a_nul_in_a_name_is_taken_in_as_any_other(imap, box, talk):
    mail = a_mail(talk, From="=?utf-8?q?eve=00=40x=2Eexample?=")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    imap.deliver(mail.as_bytes().replace(b'filename="plan.pdf"', b"filename*=utf-8''pl%00an.pdf"))
    imap.deliver(a_reply(talk, 2))
    assert read(imap) == 2
    assert said(talk) == ["And a ramp?", "Question 2"] and flags(box) == ["Seen", "Seen"]
