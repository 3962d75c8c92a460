"""Outcomes of turns: the reply and how the turn ended, saved in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assistant.errors import NotFound, TurnTaken
from assistant.models import Event, Message, ToolCall, Turn
from assistant.services.conversations.events import next_seq_then, saving_events
from assistant.services.methods import ledger
from assistant.services.pipeline import Statement
from assistant.services.providers import budgets
from assistant.services.raw_sql import insertion, listed, new, statement


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
    """Save the reply and the outcome in one transaction, settle what was reserved, and close what the turn leaves open;
    returns the reply. The turn knows then which one follows it.

    Raises `TurnTaken` when the lease is lost.
    """
    conversation, now = turn.conversation, timezone.now()
    with transaction.atomic():
        # The numbers first: they come with the conversation's lock.
        count, said_at = (2, now) if outcome.text else (1, None)
        try:
            last, [left] = next_seq_then(conversation, (_ending(turn, outcome, now),), count, said_at=said_at)
        except NotFound as error:
            raise TurnTaken("The conversation was erased.") from error
        if not left:
            raise TurnTaken("The lease is lost; another runner's outcome counts.")
        [(following, has_open)] = left
        turn.following = UUID(str(following)) if following else None
        if has_open or turn.opening_call_id:
            ledger.close_with(turn)
        reply, added, saving = None, [], []
        if outcome.text:
            reply = new(
                Message,
                conversation=conversation,
                seq=last - 1,
                role=Message.Role.ASSISTANT,
                text=outcome.text,
                state=outcome.text_state,
                turn=turn,
                sources=list(outcome.sources),
            )
            saving = [insertion(reply)]
            added = [new(Event, conversation=conversation, seq=reply.seq, type="message.added", message=reply)]
        ended = new(Event, conversation=conversation, seq=last, type="turn.ended", turn=turn, data=_shown(outcome))
        saving += [saving_events(*added, ended)]
        # Last: the rows of the organization's limits are what all of its turns want.
        budgets.settle_all(turn.unsettled or (), after=saving, last=True)
    turn.unsettled = None
    return reply


# The conversation's next turn that waits, and whether this one has calls without a result.
_LEFT = f"""
    (SELECT waiting.id FROM assistant_turn AS waiting
        WHERE waiting.conversation_id = %s AND waiting.state = 'queued' ORDER BY waiting.created_at LIMIT 1),
    EXISTS(SELECT 1 FROM assistant_toolcall AS call
        WHERE call.turn_id = assistant_turn.id AND call.state IN {listed((*ToolCall.OPEN, ToolCall.State.WAITING))})
"""


def _ending(turn: Turn, outcome: Outcome, now: datetime) -> Statement:
    """Saves the outcome under the fence; returns what is `_LEFT`."""
    changes = {
        "state": outcome.state,
        "code": outcome.code,
        "detail": outcome.detail,
        "retryable": outcome.retryable,
        "ended_at": now,
        **(outcome.measured or {}),
    }
    return statement(
        f"UPDATE assistant_turn SET {', '.join(f'{column} = %s' for column in changes)} "
        f"WHERE id = %s AND fence = %s AND state = 'running' RETURNING {_LEFT}",
        *changes.values(),
        *(turn.pk, turn.fence, turn.conversation_id),
    )


def settle_all(turn: Turn) -> None:
    """Settle what was reserved for a turn and was to be settled with its outcome."""
    for reservation, attempts in turn.unsettled or ():
        budgets.settle(reservation, attempts)


def _shown(outcome: Outcome) -> dict[str, Any]:
    """The event that tells the widget about the end of a turn."""
    shown: dict[str, Any] = {"outcome": outcome.state}
    if outcome.code:
        shown["code"] = outcome.code
    if outcome.shown:
        shown["text"] = outcome.shown
    if outcome.retryable:
        shown["retryable"] = True
    return shown
