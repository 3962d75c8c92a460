"""Outcomes of turns: the reply and how the turn ended, saved in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from assistant.errors import TurnTaken
from assistant.models import Conversation, Message, Turn
from assistant.services.conversations.events import record_event
from assistant.services.conversations.messages import append_message
from assistant.services.methods import ledger


@dataclass(frozen=True)
class Outcome:
    """How a turn ended. `text` is the reply as far as it got; `shown` is the sentence for a visitor when it failed."""

    state: str
    text: str = ""
    text_state: str = Message.State.COMPLETE
    code: str = ""
    shown: str = ""
    detail: str = ""
    retryable: bool = False
    sources: tuple[dict[str, str], ...] = ()
    measured: dict[str, Any] | None = None  # provider, model, rounds, tokens, times: columns of Turn


def finish_turn(turn: Turn, outcome: Outcome) -> Message | None:
    """Save the reply and the outcome in one transaction, and close what the turn leaves open; returns the reply.

    Raises `TurnTaken` when the lease is lost.
    """
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=turn.conversation_id)
        changes = {
            "state": outcome.state,
            "code": outcome.code,
            "detail": outcome.detail,
            "retryable": outcome.retryable,
            "ended_at": timezone.now(),
            **(outcome.measured or {}),
        }
        if not Turn.objects.filter(pk=turn.pk, fence=turn.fence, state=Turn.State.RUNNING).update(**changes):
            raise TurnTaken("The lease is lost; another runner's outcome counts.")
        ledger.close_with(turn)
        reply = None
        if outcome.text:
            reply = append_message(
                turn.conversation,
                Message.Role.ASSISTANT,
                outcome.text,
                state=outcome.text_state,
                turn=turn,
                sources=list(outcome.sources),
            )
        told: dict[str, Any] = {"outcome": outcome.state}
        if outcome.code:
            told["code"] = outcome.code
        if outcome.shown:
            told["text"] = outcome.shown
        if outcome.retryable:
            told["retryable"] = True
        record_event(turn.conversation, "turn.ended", turn=turn, data=told)
        return reply
