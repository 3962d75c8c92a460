"""The outbox of messages: rows written in the transaction that promised them, sent by workers that get a row's id.

What is here claims a row, and writes what became of it; `tasks.deliver` sends in between. A row that nobody works on
any more, because a process died or a broker forgot, is found again by `enqueue_due`.
"""

from __future__ import annotations

import logging
import random
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from celery import current_app
from django.core.mail import get_connection
from django.core.mail.backends import console
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from email_validator import EmailNotValidError, validate_email

from assistant.errors import ToolError, ToolRefused
from assistant.models import Appointment, Card, Conversation, Delivery, MessageChannel, Organization, ToolCall
from assistant.redaction import visible
from assistant.sentences import label
from assistant.services import renewal
from assistant.services.conversations import cards

log = logging.getLogger(__name__)

TASK = "assistant.tasks.deliver"
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 30, 3600
MAX_ATTEMPTS = 30  # with those waits: about a day
DELAYED_AFTER = 3  # attempts, some minutes: then the visitor reads that it has not been sent yet
NO_OUTCOME = "Sending was started many times, and each worker stopped before it recorded an outcome."
PER_ADDRESS_PER_DAY = 10


@dataclass(frozen=True)
class Email:
    """What an e-mail says. `ics` is attached as an invitation or its cancellation, by `ics_method` (REQUEST, CANCEL)."""

    subject: str
    text: str
    html: str = ""
    reply_to: str = ""
    ics: str = ""
    ics_method: str = ""


def queue_email(
    organization: Organization | None,
    email: Email,
    *,
    to: str,
    key: str,
    conversation: Conversation | None = None,
    call: ToolCall | None = None,
    appointment: Appointment | None = None,
    send_before: datetime | None = None,
) -> Delivery:
    """Promise one e-mail to one address, in the caller's transaction; the same `key` again is the same promise.

    Without an organization it goes to an operator of this installation. The receipt card of `call` shows what becomes of
    it. Raises `ToolError` where `to` or the address to reply to is not one plain address.
    """
    row = Delivery(
        organization=organization,
        conversation=conversation,
        call=call,
        appointment=appointment,
        key=key,
        to=plain_address(to),
        reply_to=plain_address(email.reply_to) if email.reply_to else "",
        subject=one_line(visible(" ".join(email.subject.split())), 200),
        text=email.text,
        html=email.html,
        ics=email.ics,
        ics_method=email.ics_method,
        send_before=send_before,
    )
    return _queued(row)


def queue_to_channel(
    channel: MessageChannel,
    *,
    to: str,
    subject: str,
    text: str,
    key: str,
    appointment: Appointment | None = None,
    send_before: datetime | None = None,
) -> Delivery:
    """Promise one message through a channel, in the caller's transaction; the same `key` again is the same promise."""
    return _queued(
        Delivery(
            organization=channel.organization,
            channel=channel,
            kind=channel.kind,
            conversation=appointment.conversation if appointment else None,
            appointment=appointment,
            key=key,
            to=to[:254],
            subject=one_line(subject, 200),
            text=text,
            send_before=send_before,
        )
    )


def _queued(row: Delivery) -> Delivery:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return Delivery.objects.get(key=row.key)
    transaction.on_commit(lambda: enqueue(row.pk))
    return row


def enqueue(delivery_id: UUID) -> None:
    """Send the row's id to a worker. Nothing depends on its arrival: the row stays due."""
    try:
        # By name, since tasks stand above: they claim through this module and write the outcome through it.
        current_app.send_task(TASK, args=[str(delivery_id)])
    except Exception as error:  # whatever the broker's client raises
        log.warning("Delivery %s could not be handed over (%s); the sweep will.", delivery_id, type(error).__name__)


def enqueue_due(*, limit: int = 200) -> int:
    """Send workers the ids of rows that are due and whose own task seems to be lost. Returns how many."""
    waiting = Delivery.objects.due(timezone.now() - timedelta(seconds=5)).order_by("next_attempt_at")
    found = list(waiting.values_list("pk", flat=True)[:limit])
    for delivery_id in found:
        enqueue(delivery_id)
    return len(found)


def claim(delivery_id: UUID | str) -> Delivery | None:
    """Lease the row to this worker, under a new `fence`; None when it is not due, gone, or another's.

    One that has been begun too often without an outcome, as when it kills its worker, is given up here.
    """
    now = timezone.now()
    mine = Delivery.objects.due(now).filter(pk=delivery_id)
    if not mine.update(
        state=Delivery.State.SENDING, fence=F("fence") + 1, attempts=F("attempts") + 1, leased_until=now + renewal.LEASE
    ):
        return None
    delivery = Delivery.objects.select_related("organization", "channel").get(pk=delivery_id)
    if delivery.send_before is not None and delivery.send_before <= now:
        _settle(delivery, state=Delivery.State.WITHDRAWN)
        return None
    if delivery.attempts > MAX_ATTEMPTS:
        failed(delivery, NO_OUTCOME, for_good=True)
        return None
    return delivery


def sent(delivery: Delivery, state: Delivery.State = Delivery.State.SENT) -> bool:
    """Record that a mail server has accepted it or, as `state` says, that this machine has kept it. False when the lease was
    lost meanwhile: then another worker records the outcome."""
    sent_at = timezone.now() if state == Delivery.State.SENT else None
    return _settle(delivery, state=state, sent_at=sent_at, last_error="")


def state_with(backend: object) -> Delivery.State:
    """The state of a message that `backend` has accepted: sent, or kept on this machine where no mail server is set up.

    A backend of ours says so itself (`delivery_state`); Django's for the console prints.
    """
    prints = isinstance(backend, console.EmailBackend)
    return Delivery.State(getattr(backend, "delivery_state", Delivery.State.LOGGED if prints else Delivery.State.SENT))


def failed(delivery: Delivery, error: str, *, for_good: bool) -> bool:
    """Record a failed attempt: try again later, less and less often for about a day, or give up."""
    if for_good or delivery.attempts >= MAX_ATTEMPTS:
        return _settle(delivery, state=Delivery.State.DEAD, last_error=one_line(error, 500))
    wait = min(FIRST_WAIT_SECONDS * 2 ** (delivery.attempts - 1), LONGEST_WAIT_SECONDS)
    again_at = timezone.now() + timedelta(seconds=wait * random.uniform(0.5, 1))
    return _settle(delivery, state=Delivery.State.QUEUED, next_attempt_at=again_at, last_error=one_line(error, 500))


def withdraw(deliveries: QuerySet[Delivery]) -> int:
    """Send none of these that are still to be sent, in the caller's transaction. One that a worker is sending at this
    moment is not tried again."""
    unsent = deliveries.filter(state__in=[Delivery.State.QUEUED, Delivery.State.SENDING])
    unsent.update(send_before=timezone.now())
    return unsent.filter(state=Delivery.State.QUEUED).update(state=Delivery.State.WITHDRAWN)


def redrive(delivery: Delivery) -> bool:
    """Start again with one that was given up. False when it is not given up."""
    with transaction.atomic():
        dead = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD)
        if not dead.update(state=Delivery.State.QUEUED, attempts=0, next_attempt_at=timezone.now()):
            return False
        delivery.refresh_from_db()
        _update_receipt(delivery)
        transaction.on_commit(lambda: enqueue(delivery.pk))
        return True


def _settle(delivery: Delivery, **outcome: object) -> bool:
    with transaction.atomic():
        held = Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence, state=Delivery.State.SENDING)
        if not held.update(leased_until=None, **outcome):
            return False
        delivery.refresh_from_db()
        try:
            with transaction.atomic():
                _update_receipt(delivery)
        except Exception:  # the outcome is true whatever becomes of the card that shows it
            log.exception("Delivery %s: its receipt could not be brought up to date.", delivery.pk)
        return True


# What a receipt says of its e-mail: for the message itself, and for the confirmation of something that stands anyway.
_MESSAGE = {
    Delivery.State.QUEUED: ("sending", ""),
    Delivery.State.SENT: ("done", ""),
    Delivery.State.KEPT: ("done", "not_mailed"),
    Delivery.State.LOGGED: ("done", "not_mailed"),
    Delivery.State.DEAD: ("failed", "not_delivered"),
    Delivery.State.WITHDRAWN: ("failed", "not_delivered"),
}
_CONFIRMATION = {
    Delivery.State.QUEUED: "mail_queued",
    Delivery.State.SENT: "mail_sent",
    Delivery.State.KEPT: "mail_not_mailed",
    Delivery.State.LOGGED: "mail_not_mailed",
    Delivery.State.DEAD: "mail_dead",
}


def confirmation_note(to: str, locale: str = "") -> str:
    """What a new receipt says of the e-mail that goes with it."""
    return label(_CONFIRMATION[Delivery.State.QUEUED if leaves() else Delivery.State.KEPT], locale, to=to)


NOT_SENT = "No e-mail is sent, since this is a demonstration"  # what models read where nothing `leaves`


def leaves() -> bool:
    """Whether messages leave this machine: not those of a demonstration, where no mail server is set up."""
    return state_with(get_connection()) == Delivery.State.SENT


def _update_receipt(delivery: Delivery) -> None:
    """Bring the receipt card of the delivery's call up to date, in the caller's transaction."""
    if delivery.call_id is None:
        return
    receipts = Card.objects.select_related("conversation").filter(call=delivery.call_id, kind=Card.Kind.RECEIPT)
    card = receipts.order_by("-created_at").first()
    if card is None:
        return
    content, locale = dict(card.content), card.conversation.locale
    if content.get("status") == "replaced":
        return  # what its note says now matters more than its e-mail
    delayed = delivery.is_retried and delivery.attempts >= DELAYED_AFTER
    if delivery.appointment_id:
        note = "mail_delayed" if delayed else _CONFIRMATION[Delivery.State(delivery.state)]
        content["note"] = label(note, locale, to=delivery.to)
    else:
        content["status"], note = _MESSAGE[_reached(delivery.call_id)]
        note = "delayed" if delayed and content["status"] == "sending" else note
        content["note"] = label(note, locale) if note else ""
    if content != card.content:
        cards.update(card, content=content)


def _reached(call_id: UUID) -> Delivery.State:
    """How far the message of a call has come that may go to several people: it has failed when it reached none of them."""
    states = set(Delivery.objects.filter(call=call_id).values_list("state", flat=True))
    under_way = {Delivery.State.SENDING: Delivery.State.QUEUED}
    order = (Delivery.State.SENT, Delivery.State.KEPT, Delivery.State.LOGGED, Delivery.State.QUEUED, Delivery.State.SENDING)
    found = next((state for state in order if state in states), Delivery.State.DEAD)
    return under_way.get(found, found)


# --- Addresses and lines ---------------------------------------------------------------------------------------------

# Dot-atom and host name: no quotes, comments, lists or display names, and no dash in front that a command line would
# take for an option. Private hosts such as `localhost` are fine for an address that staff have set.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~][a-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}"
_PLAIN = re.compile(rf"(?!.*\.\.){_ATOM}(?<!\.)@{_LABEL}(?:\.{_LABEL})*", re.I | re.A)


def visitors_address(organization: Organization, text: str) -> str:
    """An address that a visitor typed, in its plain form, if we may still write to it today.

    Raises `ToolError` for what is no public address, and `ToolRefused` when so many e-mails went there that somebody
    may be using us to harass its owner.
    """
    address = plain_address(public_address(text))
    day_ago = timezone.now() - timedelta(days=1)
    recent = Delivery.objects.to_address(address).filter(organization=organization, created_at__gt=day_ago)
    if recent.count() >= PER_ADDRESS_PER_DAY:
        raise ToolRefused(f"No more e-mails may be sent to {address} today.", code="too_many_emails")
    return address


def plain_address(text: str) -> str:
    """One address as SMTP has it: ASCII, without a name, no list. Raises `ToolError`."""
    address = text if text.isascii() else public_address(text)
    if len(address) > 254 or not _PLAIN.fullmatch(address):
        raise ToolError(f"“{one_line(text, 80)}” is not a valid e-mail address.", code="bad_email")
    return address


def public_address(text: str) -> str:
    """An address that can exist on the public network, in ASCII where it has such a form. Raises `ToolError`."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ToolError(f"“{one_line(text, 80)}” is not an e-mail address. {error}", code="bad_email") from error
    return checked.ascii_email or checked.normalized


def one_line(text: str, max_chars: int) -> str:
    """`text` without line breaks, control and formatting characters: what may stand in a header."""
    spaced = (" " if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Zs") else char for char in text)
    visible = "".join(char for char in spaced if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn"))
    return " ".join(visible.split())[:max_chars]
