"""A conversation that waits for a person, and the word to those who can come."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from assistant.models import Card, Conversation, Organization, ToolCall
from assistant.services import cards, conversations, notices

FIELDS = [
    {"name": "name", "label": "Name", "type": "text"},
    {"name": "email", "label": "E-mail", "type": "email"},
    {"name": "message", "label": "Message", "type": "textarea"},
]


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
            conversations.change_state(conversation, Conversation.State.WAITING)
        if not call.cards.filter(kind=Card.Kind.CONTACT).exists():
            _add_form(call, conversation, "A person will answer", text, contact_tool)
        if team:
            notice = notices.Notice(
                subject=f"A visitor asks for a person: {reason}",
                body="A visitor of the website would like to talk to a person.",
                lines=(("Reason", reason), *_known(conversation)),
                detailed=True,
            )
            notices.hand_over(call, conversation.organization, conversation, [team], notice, per_recipient_per_day=per_day)


def show_form(call: ToolCall, conversation: Conversation, *, contact_tool: str) -> None:
    """Offer the visitor to leave an address; one form at a time is enough."""
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation.pk)
        if not conversation.cards.filter(kind=Card.Kind.CONTACT, state=Card.State.OPEN).exists():
            text = "Leave your e-mail address and what it is about, and a person will answer."
            _add_form(call, conversation, "Write to the team", text, contact_tool)


def _add_form(call: ToolCall, conversation: Conversation, title: str, text: str, contact_tool: str) -> None:
    content = {"title": title, "text": text, "fields": FIELDS}
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
    lines = tuple((label, str(given[name])) for name, label in _LABELS.items() if given.get(name))
    notice = notices.Notice(
        subject="A visitor has left an address",
        body="A visitor of the website would like to be written to. The address is as he typed it.",
        lines=lines,
        detailed=True,
        receipt_title=f"Message to {organization.name}",
    )
    return notices.hand_over(call, organization, conversation, [team], notice, per_recipient_per_day=per_day)


_LABELS = {field["name"]: field["label"] for field in FIELDS}


def _known(conversation: Conversation) -> tuple[tuple[str, str], ...]:
    visitor = conversation.visitor
    return tuple((label, value) for label, value in (("Name", visitor.name), ("E-mail", visitor.email)) if value)
