"""Conversations that need another person: theirs has left the team, or nobody would read an assistant's answer."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from assistant.models import Conversation, Organization
from assistant.services.conversations.state import set_state
from assistant.services.deliveries import outbox
from assistant.services.notifications import queue as notifications


def wait_for_person(conversation: Conversation, subject: str) -> None:
    """Let it wait for a person, and tell the team's address and the staff who want to know; in the caller's transaction."""
    team = conversation.organization.team_email
    if team:
        outbox.queue_email(
            conversation.organization,
            outbox.Email(
                f"{subject}: {conversation}",
                f"Read what a visitor has written, and answer:\n{notifications.inbox_address(conversation)}\n",
            ),
            to=team,
            key=f"answered:{conversation.pk}:{conversation.last_seq}",
            conversation=conversation,
        )
    set_state(conversation, Conversation.State.WAITING, notified=bool(team))


def release(organization: Organization, person: Any) -> None:
    """Take what somebody held from them, who leaves the organization; in the caller's transaction. A visitor whom they were
    talking to waits for another person."""
    held = Conversation.objects.select_for_update(of=("self",)).filter(Q(staff=person) | Q(assigned=person))
    for conversation in held.filter(organization=organization).exclude(state=Conversation.State.CLOSED):
        if conversation.assigned_id == person.pk:
            conversation.assigned = None
            conversation.save(update_fields=["assigned"])
        if conversation.state == Conversation.State.STAFF and conversation.staff_id == person.pk:
            wait_for_person(conversation, "A visitor needs another person")
