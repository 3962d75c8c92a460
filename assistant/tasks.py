"""What Celery runs: each task claims one row, does one slow thing, and writes the outcome. Safe to run twice at once."""

from __future__ import annotations

import logging
import smtplib

from celery import shared_task
from django.core.mail import BadHeaderError, EmailMultiAlternatives

from assistant.db import fresh_connections
from assistant.models import Delivery
from assistant.services import deliveries

log = logging.getLogger(__name__)


@shared_task(name=deliveries.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def deliver(delivery_id: str) -> None:
    """Send one e-mail of the outbox, if it is due and nobody else is at it.

    A worker that dies in between leaves a lease that lapses; who sends it again does so under the same Message-ID.
    """
    delivery = deliveries.claim(delivery_id)
    if delivery is None:
        return
    try:
        _email(delivery).send()
    except Exception as error:  # whatever a mail backend raises is this row's outcome
        log.warning("Delivery %s, attempt %s: %s", delivery.pk, delivery.attempts, type(error).__name__)
        deliveries.failed(delivery, _words(error), for_good=_is_for_good(error))
    else:
        deliveries.sent(delivery)


def _email(delivery: Delivery) -> EmailMultiAlternatives:
    email = EmailMultiAlternatives(
        delivery.subject,
        delivery.text,
        to=[delivery.to],
        reply_to=[delivery.reply_to] if delivery.reply_to else None,
        headers={"Message-ID": delivery.message_id, "Auto-Submitted": "auto-generated"},
    )
    if delivery.html:
        email.attach_alternative(delivery.html, "text/html")
    if delivery.ics:
        # As an alternative it is what calendars act on; as a file it is what other readers can save.
        email.attach_alternative(delivery.ics, f"text/calendar; method={delivery.ics_method}")
        email.attach("invitation.ics", delivery.ics.encode(), "application/ics")
    return email


def _is_for_good(error: Exception) -> bool:
    """Whether the same message would be refused again: a 5xx to the envelope or the content, or one that is malformed.

    A refused log-in or connection is the operator's to mend, so it is tried again.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(code >= 500 for code, _ in error.recipients.values())
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            return error.smtp_code >= 500
        case BadHeaderError() | UnicodeError() | smtplib.SMTPNotSupportedError():
            return True
    return False


def _words(error: Exception) -> str:
    """What staff read: the server's own words where there are some."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            replies = [f"{code} {_text(reply)}" for code, reply in error.recipients.values()]
            return "Recipient refused: " + "; ".join(replies)
        case smtplib.SMTPResponseException():
            return f"{type(error).__name__}: {error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
