"""Delivery of e-mails by a worker, to a real SMTP server that behaves well or badly."""

from __future__ import annotations

import email
import email.policy
import smtplib
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from assistant import tasks
from assistant.models import Delivery
from assistant.services.deliveries import outbox
from tests import make

pytestmark = pytest.mark.django_db


class Server:
    """An SMTP server that answers RCPT and DATA as told, and keeps what it accepted."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.on_rcpt: list[str] = []
        self.on_data: list[str] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        answer = self.on_rcpt.pop(0) if self.on_rcpt else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.on_data.pop(0) if self.on_data else "250 OK"
        if answer.startswith("250"):
            self.recipients += envelope.rcpt_tos
            self.accepted.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return answer


@pytest.fixture
def server(settings) -> Iterator[Server]:
    handler = Server()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 5
    yield handler
    controller.stop()


def queued(**fields) -> Delivery:
    return make.email(
        make.organization(), **{"to": "ann@example.com", "subject": "Hello", "text": "Hi Ann.", "key": "k", **fields}
    )


def settled(delivery: Delivery) -> Delivery:
    tasks.deliver(str(delivery.pk))
    delivery.refresh_from_db()
    return delivery


def due_again(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=timezone.now())


def test_a_mail_is_sent_once_however_often_the_task_runs(server):
    delivery = queued(html="<p>Hi Ann.</p>", reply_to="team@example.com")
    assert settled(delivery).state == "sent"
    assert settled(delivery).attempts == 1
    (mail,) = server.accepted
    assert server.recipients == ["ann@example.com"]
    assert mail["Message-ID"] == delivery.message_id
    assert (mail["To"], mail["Reply-To"], mail["Subject"]) == ("ann@example.com", "team@example.com", "Hello")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_an_invitation_is_both_an_alternative_and_a_file(server):
    settled(queued(ics="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", ics_method="REQUEST", html="<p>Hi.</p>"))
    (mail,) = server.accepted
    parts = [(part.get_content_type(), part.get_filename()) for part in mail.walk() if not part.is_multipart()]
    assert parts == [
        ("text/plain", None),
        ("text/html", None),
        ("text/calendar", None),
        ("application/ics", "invitation.ics"),
    ]
    calendar = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert calendar.get_content().startswith("BEGIN:VCALENDAR")


@pytest.mark.parametrize("name", ["Bright Smile Dental", 'Zahnärzte "am Hafen", Kiel', "A\nBcc: x@y.example"])
def test_an_e_mail_comes_from_the_organization_at_our_address(server, settings, name):
    settings.DEFAULT_FROM_EMAIL = "Interworky <assistant@chat.example.com>"
    delivery = queued()
    type(delivery.organization).objects.update(name=name)
    assert settled(delivery).state == "sent"
    (mail,) = server.accepted
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (" ".join(name.split()), "assistant@chat.example.com")
    assert mail["Bcc"] is None and server.recipients == ["ann@example.com"]


def test_our_address_may_be_international(server, settings):
    settings.DEFAULT_FROM_EMAIL = "Chat <chat@münchen.example>"
    assert settled(queued()).state == "sent"
    (mail,) = server.accepted
    assert mail["From"].addresses[0].addr_spec == "chat@xn--mnchen-3ya.example"


def test_a_temporary_refusal_is_tried_again_with_the_same_message_id(server):
    server.on_data = ["451 4.3.0 Try again later"]
    delivery = settled(queued())
    assert (delivery.state, delivery.attempts) == ("queued", 1)
    assert delivery.next_attempt_at > timezone.now()
    assert delivery.last_error == "SMTPDataError: 451 4.3.0 Try again later"
    assert settled(delivery).state == "queued"  # its time has not come
    due_again(delivery)
    assert settled(delivery).state == "sent"
    assert [mail["Message-ID"] for mail in server.accepted] == [delivery.message_id]


@pytest.mark.parametrize(("stage", "answer"), [("on_rcpt", "550 5.1.1 No such user"), ("on_data", "554 5.7.1 Spam")])
def test_a_permanent_refusal_is_not_tried_again(server, stage, answer):
    setattr(server, stage, [answer])
    delivery = settled(queued())
    assert delivery.state == "dead"
    assert answer in delivery.last_error


def test_a_greylisted_recipient_is_tried_again(server):
    server.on_rcpt = ["450 4.2.0 Greylisted"]
    assert settled(queued()).state == "queued"


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPAuthenticationError(535, b"Bad credentials"),
        smtplib.SMTPConnectError(554, b"Go away"),
        smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server."),
        smtplib.SMTPSenderRefused(553, b"5.7.1 Sender address rejected: not owned by user", "a@example.com"),
        TimeoutError("slow"),
        ConnectionRefusedError(111, "refused"),
    ],
)
def test_errors_that_the_operator_or_time_can_fix_are_retried(settings, error):
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    Failing.error = error
    delivery = settled(queued())
    assert delivery.state == "queued"
    assert type(error).__name__ in delivery.last_error


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPSenderRefused(552, b"5.3.4 Message size exceeds fixed limit", "a@example.com"),
        smtplib.SMTPRecipientsRefused({"a@example.com": (551, b"5.1.6 User has moved")}),
    ],
)
def test_what_is_refused_about_the_mail_itself_is_not_tried_again(settings, error):
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    Failing.error = error
    assert settled(queued()).state == "dead"


def test_the_name_of_an_organization_is_not_decoded_into_another_one(server):
    delivery = queued()
    type(delivery.organization).objects.update(name="=?utf-8?q?Big_Bank?=")
    assert settled(delivery).state == "sent"
    assert "Big Bank" not in server.accepted[0]["From"].addresses[0].display_name


@pytest.mark.parametrize("password", [None, b"bytes", "", 7, "lone \ud800"])
def test_a_server_that_is_down_is_recorded_whatever_the_password_is(settings, password):
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.EMAIL_PORT = free.getsockname()[1]  # and nobody listens there any more
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_PASSWORD, settings.EMAIL_TIMEOUT = "127.0.0.1", password, 2
    delivery = settled(queued())
    assert (delivery.state, delivery.attempts) == ("queued", 1)
    assert "ConnectionRefusedError" in delivery.last_error
    assert delivery.next_attempt_at > timezone.now()


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    "error",
    [Unprintable(), smtplib.SMTPRecipientsRefused({"a": (None, None)}), smtplib.SMTPDataError(451, None)],  # type: ignore[dict-item, arg-type]
)
def test_an_error_that_cannot_be_described_is_an_outcome_all_the_same(settings, error):
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    Failing.error = error
    delivery = settled(queued())
    assert delivery.state == "queued"
    assert type(error).__name__ in delivery.last_error


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPSenderRefused(530, b"Authentication required", "a"),
        smtplib.SMTPRecipientsRefused({"a": (530, b"Log in")}),
        smtplib.SMTPRecipientsRefused({"a": (554, b"5.7.1 <a>: Relay access denied")}),
        smtplib.SMTPRecipientsRefused({"a": (550, b"5.7.54 Unable to relay recipient in non-accepted domain")}),
    ],
)
def test_a_server_that_does_not_know_us_has_not_refused_the_mail(settings, error):
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    Failing.error = error
    assert settled(queued()).state == "queued"


def test_a_mail_whose_worker_dies_each_time_is_given_up_in_the_end(server):
    delivery = queued()
    Delivery.objects.update(
        state="sending", attempts=outbox.MAX_ATTEMPTS, leased_until=timezone.now() - timedelta(seconds=1)
    )
    assert settled(delivery).state == "dead"
    assert delivery.last_error == outbox.NO_OUTCOME
    assert server.accepted == []


@pytest.mark.parametrize(
    ("backend", "state", "label"),
    [
        ("interworky.demo.mailbox.MailboxBackend", "kept", "Kept in the demo mailbox"),
        ("django.core.mail.backends.console.EmailBackend", "logged", "Written to the server's log"),
        ("interworky.unsent_mail.UnsentBackend", "logged", "Written to the server's log"),
    ],
)
def test_what_stays_on_this_machine_is_not_called_sent(settings, tmp_path, backend, state, label):
    settings.EMAIL_BACKEND, settings.DATA_DIR = backend, tmp_path
    delivery = settled(queued())
    assert (delivery.state, delivery.state_label, delivery.sent_at) == (state, label, None)


def test_an_e_mail_without_a_mail_server_leaves_nothing_of_it_in_the_log(settings, caplog):
    settings.EMAIL_BACKEND = "interworky.unsent_mail.UnsentBackend"
    delivery = settled(queued())
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "EMAIL_URL is not set" in said
    assert delivery.to not in said and delivery.subject not in said


class Failing(BaseEmailBackend):
    error: Exception = Exception()

    def send_messages(self, messages):
        raise self.error


def test_a_second_worker_leaves_alone_what_the_first_is_sending(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Nested"
    delivery = queued()
    Nested.delivery, Nested.sent = delivery, 0
    assert settled(delivery).state == "sent"
    assert (Nested.sent, delivery.attempts) == (1, 1)


class Nested(BaseEmailBackend):
    """While it sends, the same task runs once more, as after a broker that delivered it twice."""

    delivery: Delivery
    sent = 0

    def send_messages(self, messages):
        type(self).sent += 1
        tasks.deliver(str(self.delivery.pk))
        return len(messages)


def test_a_worker_that_died_while_sending_is_followed_by_one_with_the_same_message_id(server):
    delivery = queued()
    assert outbox.claim(delivery.pk) is not None  # and then nothing more is heard of it
    assert settled(delivery).state == "sending"
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert settled(delivery).state == "sent"
    assert [mail["Message-ID"] for mail in server.accepted] == [delivery.message_id]


def test_a_deleted_row_is_no_error():
    tasks.deliver("6d0a3f6e-0000-4000-8000-000000000000")
