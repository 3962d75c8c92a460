"""A conversation that waits for a person, and the word to those who can come."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from assistant.models import Card, Conversation, Organization, ToolCall
from assistant.sentences import label
from assistant.services.conversations import cards
from assistant.services.conversations.state import change_state
from assistant.services.deliveries import email_receipts

FIELDS = {"name": "text", "email": "email", "message": "textarea"}


def fetch(
    call: ToolCall,
    conversation: Conversation,
    *,
    reason: str,
    team: str,
    text: str,
    contact_tool: str,
    per_day: int,
) -> None:
    """Let the conversation wait for a person, tell the team, and offer the visitor to leave an address.

    A second time for the same call changes nothing.
    """
    with transaction.atomic():
        if conversation.state == Conversation.State.ASSISTANT:
            change_state(conversation, Conversation.State.WAITING)
        if not call.cards.filter(kind=Card.Kind.CONTACT).exists():
            _add_form(call, conversation, label("person_answers", conversation.locale), text, contact_tool)
        if team:
            notice = email_receipts.Notice(
                subject=f"A visitor asks for a person: {reason}",
                body="A visitor of the website would like to talk to a person.",
                lines=(("Reason", reason), *_known(conversation)),
                detailed=True,
            )
            email_receipts.hand_over(
                call, conversation.organization, conversation, [team], notice, per_recipient_per_day=per_day
            )


def show_form(call: ToolCall, conversation: Conversation, *, contact_tool: str) -> None:
    """Offer the visitor to leave an address; one form at a time is enough."""
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        if not conversation.cards.filter(kind=Card.Kind.CONTACT, state=Card.State.OPEN).exists():
            title, text = (label(name, conversation.locale) for name in ("write_to_team", "leave_address"))
            _add_form(call, conversation, title, text, contact_tool)


def _add_form(call: ToolCall, conversation: Conversation, title: str, text: str, contact_tool: str) -> None:
    fields = [
        {
            "name": name,
            "label": label(name, conversation.locale),
            "type": kind,
            "value": getattr(conversation.visitor, name, ""),
        }
        for name, kind in FIELDS.items()
    ]
    content = {"title": title, "text": text, "fields": fields}
    cards.add(conversation, Card.Kind.CONTACT, content, call=call, action={"tool": contact_tool})


def leave_contact(
    call: ToolCall,
    organization: Organization,
    conversation: Conversation | None,
    given: dict[str, Any],
    *,
    team: str,
    per_day: int,
) -> str:
    """Pass an address on to the team; returns the receipt's reference. The address is a visitor's word, not proof."""
    lines = tuple((label(name), str(given[name])) for name in FIELDS if given.get(name))
    notice = email_receipts.Notice(
        subject="A visitor has left an address",
        body="A visitor of the website would like to be written to. The address is as he typed it.",
        lines=lines,
        detailed=True,
        receipt_title=label("message_to", conversation.locale if conversation else "", name=organization.name),
    )
    return email_receipts.hand_over(call, organization, conversation, [team], notice, per_recipient_per_day=per_day)


def _known(conversation: Conversation) -> tuple[tuple[str, str], ...]:
    visitor = conversation.visitor
    return tuple((label(name), value) for name, value in (("name", visitor.name), ("email", visitor.email)) if value)
