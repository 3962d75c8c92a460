"""History of a conversation before a turn, in the form that a model is given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Q

from assistant import llm
from assistant.models import Conversation, Message, ToolCall, Turn
from assistant.services.files.uploads import with_files
from assistant.services.pipeline import Rows, Statement
from assistant.services.raw_sql import execute, listed, statement

NOT_YET_CONFIRMED = "The visitor was shown a card to confirm this, and had not answered yet."
SHORT_RESULT_CHARS = 400  # that is left of an older tool result where the model's context is short
SHORTENED = " … (shortened)"
MESSAGE_TOKENS = 4  # that a message takes beside its text


# As rows with all of their columns and their turns', these took half of the time before the model is asked.
_MESSAGES = """
    SELECT message.id, message.seq, message.role, message.text, turn.message_id, message.files
    FROM assistant_message AS message LEFT JOIN assistant_turn AS turn ON turn.id = message.turn_id
    WHERE message.conversation_id = %s AND message.role <> 'system' AND (turn.id IS NULL OR turn.state <> 'failed')
"""
_NEWEST = "ORDER BY message.seq DESC LIMIT %s"
_EARLIER = f"""
    {_MESSAGES} AND (message.seq < %s OR turn.created_at < %s) AND (turn.id IS NULL OR turn.message_id <> %s) {_NEWEST}
"""
_BEFORE = f"""
    SELECT waiting, acted, said.* FROM (SELECT
        EXISTS(SELECT 1 FROM assistant_turn WHERE conversation_id = %s AND state IN {listed(Turn.OPEN)}) AS waiting,
        EXISTS(SELECT 1 FROM assistant_toolcall WHERE conversation_id = %s) AS acted
    ) AS before LEFT JOIN ({_MESSAGES} {_NEWEST}) AS said ON TRUE ORDER BY said.seq DESC
"""


@dataclass(frozen=True)
class Earlier:
    """What there is of a conversation before a message that is to be saved."""

    waiting: bool  # a turn that comes first
    acted: bool  # the ledger may hold calls
    messages: Rows  # the newest of them


@dataclass(frozen=True)
class _Said:
    """A message of the conversation; `answers` is the message that its turn is about."""

    pk: UUID
    seq: int
    role: str
    text: str
    answers: UUID | None


def reading_earlier(conversation: Conversation, limit: int) -> Statement:
    """Reads what `as_earlier` has, with at most `limit` messages."""
    return statement(_BEFORE, *[conversation.pk] * 3, limit)


def as_earlier(found: Rows) -> Earlier:
    waiting, acted = found[0][:2]
    return Earlier(bool(waiting), bool(acted), [row[2:] for row in found if row[2] is not None])


def build_history(
    turn: Turn, limit: int, tokens: int | None = None, *, earlier: Earlier | None = None
) -> list[llm.ChatMessage]:
    """What was said before `turn`, and its own message: at most `limit` messages, whole exchanges only.

    Where they would take more than `tokens`, roughly, long results of tools are shortened first and the oldest exchanges
    left out then; the newest stays as it was. A reply that failed leaves no trace, what its turn did does. Staff's words
    are the assistant's side. `earlier`, where the caller has it, was read with the same limit.
    """
    if earlier:
        found = earlier.messages
    else:
        found = execute(_EARLIER, turn.conversation_id, turn.message.seq, turn.created_at, turn.message_id, limit)
    said = [
        _Said(UUID(str(pk)), place, role, _whole(text, files), UUID(str(answers)) if answers else None)
        for pk, place, role, text, answers, files in found
    ]
    asked = {message.pk: message.seq for message in said if message.role == Message.Role.VISITOR}
    calls = {} if earlier and not earlier.acted else _calls_by_message(turn, set(asked))
    # A reply stands with the message that it answers, wherever it came in: visitors write on while it is being written.
    exchanges: dict[int, list[llm.ChatMessage]] = {}
    for message in reversed(said):
        place = asked.get(message.answers, message.seq) if message.answers else message.seq
        exchange = exchanges.setdefault(place, [])
        exchange.append(_as_chat(message.role, message.text))
        if message.role == Message.Role.VISITOR:
            exchange += as_rounds(calls.get(message.pk, []))
    kept: list[list[llm.ChatMessage]] = []
    for place in sorted(exchanges, reverse=True):
        if sum(map(len, kept)) + len(exchanges[place]) >= limit:
            break
        kept.insert(0, exchanges[place])
    asking = _as_chat(turn.message.role, with_files(turn.message.text, turn.message.files))
    if tokens is not None:
        kept = _within(kept, tokens - estimated_tokens([asking]))
    return [*chain.from_iterable(kept), asking]


def _within(exchanges: list[list[llm.ChatMessage]], tokens: int) -> list[list[llm.ChatMessage]]:
    """As much of `exchanges`, oldest first, as fits into `tokens`."""
    if sum(map(estimated_tokens, exchanges)) <= tokens:
        return exchanges
    kept = [[_shortened(message) for message in exchange] for exchange in exchanges[:-1]] + exchanges[-1:]
    sizes = [estimated_tokens(exchange) for exchange in kept]
    while len(kept) > 1 and sum(sizes) > tokens:
        del kept[0], sizes[0]
    return kept


def _shortened(message: llm.ChatMessage) -> llm.ChatMessage:
    if message.role != "tool" or len(message.text) <= SHORT_RESULT_CHARS:
        return message
    return replace(message, text=message.text[:SHORT_RESULT_CHARS] + SHORTENED)


def estimated_tokens(messages: Iterable[llm.ChatMessage]) -> int:
    """Roughly, and rather too many: a token is about four bytes of English and fewer of most else; three are counted."""
    sizes = (
        len(message.text.encode())
        + sum(len(json.dumps([call.name, call.arguments, call.extra])) for call in message.calls)
        + (len(json.dumps(message.opaque)) if message.opaque else 0)
        for message in messages
    )
    return sum(size // 3 + MESSAGE_TOKENS for size in sizes)


def _calls_by_message(turn: Turn, messages: set[UUID]) -> dict[UUID, list[ToolCall]]:
    """The ledger of earlier messages' turns. A call that waited for the visitor's word stands twice: as waiting where
    it was made, and with its result at the click that set it off."""
    if not messages and turn.opening_call_id is None:
        return {}
    # Of this conversation, as all of them are: so that they are found by it, however many others there are.
    opened = dict(
        turn.conversation.turns.filter(Q(message__in=messages) | Q(pk=turn.pk), opening_call__isnull=False).values_list(
            "opening_call_id", "message_id"
        )
    )
    rows = turn.conversation.tool_calls.filter(Q(turn__message__in=messages) | Q(pk__in=opened), state__in=ToolCall.ENDED)
    calls: dict[UUID, list[ToolCall]] = {}
    for row in rows.select_related("turn").order_by("turn__created_at", "round", "ordinal"):
        made, set_off = row.turn.message_id if row.turn else None, opened.get(row.pk)
        if set_off not in (None, made):
            calls.setdefault(UUID(str(set_off)), []).insert(0, row)
            if made is None:
                continue  # relayed from a voice session, where no message of ours asked for it
            row = copy(row)
            row.result = NOT_YET_CONFIRMED
        if made is not None:
            calls.setdefault(made, []).append(row)
    return calls


def _whole(text: str, files: str) -> str:
    """A message's text with its files below it; `files` as the database has them."""
    return text if files == "[]" else with_files(text, json.loads(files))


def _as_chat(role: str, text: str) -> llm.ChatMessage:
    return llm.ChatMessage("user" if role == Message.Role.VISITOR else "assistant", text)


def as_rounds(calls: list[ToolCall]) -> list[llm.ChatMessage]:
    """Ledger rows as the messages a model expects: each round's calls, then each call's result. What only their own
    model understands is with them, as it came."""
    rounds: dict[tuple[Any, int], list[ToolCall]] = {}
    for call in calls:
        rounds.setdefault((call.turn_id, call.round), []).append(call)
    spoken: list[llm.ChatMessage] = []
    for rows in rounds.values():
        wished = tuple(map(as_call, rows))
        opaque: dict[str, Any] = next((row.opaque["message"] for row in rows if row.opaque.get("message")), {})
        spoken.append(llm.ChatMessage("assistant", "", calls=wished, opaque=opaque, made_by=wished[0].made_by))
        for wish, row in zip(wished, rows, strict=True):
            spoken.append(llm.ChatMessage("tool", row.result or f"({row.state})", call_id=wish.id))
    return spoken


def as_call(row: ToolCall) -> llm.ToolCallRequest:
    """A row of the ledger as its model made the call, under the id that it had in its turn."""
    return llm.ToolCallRequest(
        llm.call_id(row.turn_id or row.pk, row.round, row.ordinal),
        row.name,
        row.arguments,
        extra=row.opaque.get("call", {}),
        made_by=row.opaque.get("made_by", ""),
    )
