"""What is said of a change: the receipt, the visitor's e-mail and the team's, as rows of the same transaction."""

from __future__ import annotations

from datetime import datetime

from assistant.models import Appointment, Card, ToolCall
from assistant.services.booking.availability import offers
from assistant.services.booking.calendar_sync import entries
from assistant.services.booking.invitations import descriptions, receipts
from assistant.services.booking.messages import channels, emails
from assistant.services.conversations import cards
from assistant.services.deliveries import outbox
from assistant.services.methods import ledger

REMINDER = "reminder:"  # how the outbox' keys of reminders begin


def write(
    appointment: Appointment,
    change: descriptions.Change,
    call: ToolCall | None,
    *,
    notify_team: bool = True,
    notify_visitor: bool = True,
    instead: offers.Offer | None = None,
    message: str = "",
) -> None:
    """`call` is the one that made the change in the chat, where one did; `instead`, the times to offer in its place;
    `message`, what staff write to the visitor."""
    entries.queue(appointment)
    outbox.withdraw(appointment.deliveries.filter(key__startswith=REMINDER))
    note = ""
    if appointment.email and notify_visitor:
        note = outbox.confirmation_note(appointment.email, locale=descriptions.locale_of(appointment))
    if call:
        ledger.give_receipt(call, appointment.reference)
    _update_receipts(appointment, change, call, note)
    key = f"appointment:{appointment.pk}:{appointment.sequence}"
    if appointment.email and notify_visitor:
        outbox.queue_email(
            appointment.organization,
            emails.visitors_email(appointment, change, instead, message),
            to=appointment.email,
            key=f"{key}:visitor",
            conversation=appointment.conversation,
            call=call or appointment.call,
            appointment=appointment,
        )
    channels.queue(appointment, change, key, notify_visitor=notify_visitor)
    if notify_team and appointment.organization.team_email:
        outbox.queue_email(
            appointment.organization,
            emails.teams_email(appointment, change),
            to=appointment.organization.team_email,
            key=f"{key}:team",
            appointment=appointment,
        )


def write_reminder(appointment: Appointment, hours: int) -> None:
    """To be sent before it begins, or not at all; in the transaction that records it as sent."""
    key = f"{REMINDER}{appointment.pk}:{hours}:{appointment.start_at.timestamp():.0f}"
    if appointment.email:
        _email(appointment, "reminder", f"{key}:visitor", send_before=appointment.start_at)
    channels.queue(appointment, "reminder", key, send_before=appointment.start_at)
    if appointment.service.remind_team and appointment.organization.team_email:
        outbox.queue_email(
            appointment.organization,
            emails.teams_email(appointment, "reminder"),
            to=appointment.organization.team_email,
            key=f"{key}:team",
            appointment=appointment,
            send_before=appointment.start_at,
        )


def write_follow_up(appointment: Appointment) -> None:
    if appointment.email:
        _email(appointment, "follow_up", f"follow-up:{appointment.pk}")
    channels.queue(appointment, "follow_up", f"follow-up:{appointment.pk}")


def _email(appointment: Appointment, change: descriptions.Change, key: str, *, send_before: datetime | None = None) -> None:
    outbox.queue_email(
        appointment.organization,
        emails.visitors_email(appointment, change),
        to=appointment.email,
        key=key,
        conversation=appointment.conversation,
        appointment=appointment,
        send_before=send_before,
    )


def _update_receipts(appointment: Appointment, change: descriptions.Change, call: ToolCall | None, note: str) -> None:
    conversation = appointment.conversation
    if conversation is None:
        return
    rows = conversation.cards.filter(kind=Card.Kind.RECEIPT, content__reference=appointment.reference)
    shown = list(rows.select_related("conversation").order_by("created_at"))
    ended = change in descriptions.ENDED
    back = not ended and any(card.content.get("status") == "cancelled" for card in shown)
    if ended or back:
        # Above each stands what was said of it then; what is true now is said below, where it happened.
        for card in shown:
            cards.update(card, content=receipts.replaced(appointment, card.content))
    else:
        # What an older receipt shows must not send anybody to the wrong hour.
        for card in shown:
            if card.content.get("status") != "replaced":
                cards.update(card, content=receipts.receipt(appointment, change, "" if call else note))
    is_news = call is not None and (not shown or call.pk != appointment.call_id)
    if is_news or back or (ended and shown):
        content = receipts.receipt(appointment, change, note)
        cards.add(conversation, Card.Kind.RECEIPT, content, call=call or appointment.call)
