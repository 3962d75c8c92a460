"""What is said of a change: the receipt, the visitor's e-mail and the team's, as rows of the same transaction."""

from __future__ import annotations

from assistant.models import Appointment, Card, ToolCall
from assistant.services.booking import invitations, offers
from assistant.services.conversations import cards
from assistant.services.deliveries import outbox
from assistant.services.methods import ledger


def write(
    appointment: Appointment,
    change: invitations.Change,
    call: ToolCall | None,
    *,
    notify_team: bool = True,
    notify_visitor: bool = True,
    instead: offers.Offer | None = None,
    message: str = "",
) -> None:
    """`call` is the one that made the change in the chat, where one did; `instead`, the times to offer in its place;
    `message`, what staff write to the visitor."""
    note = ""
    if appointment.email and notify_visitor:
        note = outbox.confirmation_note(appointment.email, locale=invitations.locale_of(appointment))
    if call:
        ledger.give_receipt(call, appointment.reference)
    _update_receipts(appointment, change, call, note)
    key = f"appointment:{appointment.pk}:{appointment.sequence}"
    if appointment.email and notify_visitor:
        outbox.queue_email(
            appointment.organization,
            to=appointment.email,
            key=f"{key}:visitor",
            conversation=appointment.conversation,
            call=call or appointment.call,
            appointment=appointment,
            **invitations.visitors_email(appointment, change, instead, message),
        )
    if notify_team and appointment.organization.team_email:
        outbox.queue_email(
            appointment.organization,
            to=appointment.organization.team_email,
            key=f"{key}:team",
            appointment=appointment,
            **invitations.teams_email(appointment, change),
        )


def _update_receipts(appointment: Appointment, change: invitations.Change, call: ToolCall | None, note: str) -> None:
    receipts = Card.objects.select_related("conversation").filter(kind=Card.Kind.RECEIPT)
    first = receipts.filter(call=appointment.call_id).first() if appointment.call_id else None
    if first is not None:
        # What an older receipt shows must not send anybody to the wrong hour.
        cards.update(first, content=invitations.receipt(appointment, change, "" if call else note))
    if appointment.conversation and call and (first is None or call.pk != appointment.call_id):
        cards.add(appointment.conversation, Card.Kind.RECEIPT, invitations.receipt(appointment, change, note), call=call)
