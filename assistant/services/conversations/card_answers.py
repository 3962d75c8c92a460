"""Answers on cards, and the calls that they start."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from assistant.errors import InputError, NotFound
from assistant.models import Card, Conversation, Message, ToolCall, Turn
from assistant.sentences import label
from assistant.services.booking.availability import browsing
from assistant.services.booking.invitations import form_fields
from assistant.services.conversations import cards, handoffs
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.messages import append_message
from assistant.services.deliveries import verification

FIELD_MAX_CHARS = 2000


def answer(conversation: Conversation, card_id: str, choice: str, fields: dict[str, str] | None = None) -> Turn | None:
    """Record a visitor's answer, once; returns the turn that continues from it.

    The same again, or a late one, returns None and changes nothing; so does a step of a card that has more than one,
    which shows the next, and a form with a value that is not acceptable, which says so.

    Raises `NotFound` for a card of somebody else's, `InputError` for a choice that was not offered.
    """
    with transaction.atomic():
        # The conversation's lock orders this with messages and with the same click in another tab.
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        card = Card.objects.select_related("call").filter(pk=card_id, conversation=conversation).first()
        if card is None:
            raise NotFound("No such card.")
        card.conversation = conversation
        if card.call:
            card.call.conversation = conversation
        if card.state != Card.State.OPEN:
            return None
        if card.expires_at and card.expires_at <= timezone.now():
            cards.update(card, state=Card.State.EXPIRED)
            browsing.offer_again(card)
            return None
        given = _checked(card, fields or {})
        if choice in ("confirm", "send") and _refused(card, given):
            return None
        if card.kind == Card.Kind.VERIFY and choice != "cancel" and not verification.proceed(card, choice, given):
            return None
        said, call = _ANSWERS[Card.Kind(card.kind)](card, choice, given)
        cards.update(card, state=Card.State.ANSWERED, choice=choice)
        message = append_message(conversation, Message.Role.VISITOR, said, client_id=f"card:{card.pk}")
        return begin_turn(message, call)


def _slots(card: Card, choice: str, fields: dict[str, str]) -> tuple[str, ToolCall | None]:
    for day in card.content.get("days", []):
        for slot in day["slots"]:
            if slot["id"] == choice:
                arguments = {**card.action.get("arguments", {}), card.action["argument"]: choice}
                return f"{day['label']}, {slot['label']}", _visitors_call(card, card.action["tool"], arguments)
    found = browsing.chosen(card, choice)
    card.content = {**card.content, **found}
    return found["picked"], _visitors_call(card, card.action["tool"], {card.action["argument"]: choice})


def _confirm(card: Card, choice: str, fields: dict[str, str]) -> tuple[str, ToolCall | None]:
    if choice not in ("confirm", "cancel") or card.call is None:
        raise InputError("A confirmation is answered by confirm or cancel.")
    call = card.call
    if call.state != ToolCall.State.WAITING:
        raise InputError("There is nothing left to confirm.")
    if choice == "cancel":
        return card.content.get("cancel_label") or label("no_thanks", card.conversation.locale), call
    if kept := form_fields.keep(call, fields, card.conversation.locale):
        call.arguments = {**call.arguments, **kept}
        call.save(update_fields=["arguments"])
    return card.content.get("confirm_label") or label("confirm", card.conversation.locale), call


def _contact(card: Card, choice: str, fields: dict[str, str]) -> tuple[str, ToolCall | None]:
    if choice != "send":
        raise InputError("A contact form is answered by send.")
    arguments = {**card.action.get("arguments", {}), **fields}
    # True from this transaction on; `leave_contact` removes the note once the address is forwarded.
    card.content = {**card.content, "note": label("kept_here", card.conversation.locale)}
    handoffs.name_visitor(card.conversation, fields)
    said = fields.get("message") or label("write_back", card.conversation.locale)
    tool = card.action.get("tool")  # none where nobody can be told
    return said, _visitors_call(card, tool, arguments) if tool else None


def _verified(card: Card, choice: str, fields: dict[str, str]) -> tuple[str, ToolCall | None]:
    if choice == "cancel" or card.call is None:
        return label("no_thanks", card.conversation.locale), card.call
    given = form_fields.keep(card.call, fields, card.conversation.locale)
    card.call.arguments = {**card.call.arguments, **{name: given[name] for name in given if name != "code"}}
    card.call.save(update_fields=["arguments"])
    return label("email_proven", card.conversation.locale), card.call


_ANSWERS = {
    Card.Kind.SLOTS: _slots,
    Card.Kind.CONFIRM: _confirm,
    Card.Kind.CONTACT: _contact,
    Card.Kind.VERIFY: _verified,
}


def _visitors_call(card: Card, tool: str, arguments: dict[str, Any]) -> ToolCall:
    """The ledger row of what a click asked for; the executor checks and runs it like any other."""
    return ToolCall.objects.create(
        organization=card.conversation.organization,
        conversation=card.conversation,
        name=tool,
        arguments=arguments,
        initiator=ToolCall.Initiator.VISITOR,
        idempotency_key=f"card-{card.pk}",
    )


def _refused(card: Card, given: dict[str, str]) -> bool:
    """Whether a value is not acceptable; the card then says which, and why, and keeps what was typed."""
    asked = card.content.get("fields", [])
    names = {field["name"] for field in card.content.get("with_code", [])}  # address and code have checks of their own
    checked = [field for field in asked if field["name"] in names] if card.kind == Card.Kind.VERIFY else asked
    found = form_fields.problems(checked, given, card.conversation.locale)
    if found:
        cards.update(card, content={**card.content, "fields": form_fields.with_problems(asked, given, found)})
    return bool(found)


def _checked(card: Card, fields: dict[str, str]) -> dict[str, str]:
    """Only the fields that the card asks for, as trimmed text."""
    asked = {field["name"] for field in card.content.get("fields", [])}
    if not set(fields) <= asked or not all(isinstance(value, str) for value in fields.values()):
        raise InputError("Those are not the fields that were asked for.")
    return {name: value.strip()[:FIELD_MAX_CHARS] for name, value in fields.items() if value.strip()}
