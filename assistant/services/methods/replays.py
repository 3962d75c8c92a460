"""Replays: past conversations answered again, message by message, and compared.

A message is one task's work, so that a long conversation holds up nobody else's; who claims the row answers the next
one, writes what came of it and hands the row on. Nothing here writes to the conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Prefetch, QuerySet
from django.utils import timezone

from assistant import live, llm
from assistant.models import Conversation, Message, Replay, ToolCall, Turn
from assistant.services import renewal
from assistant.services.conversations.history import as_rounds, build_history

TASK = "assistant.replay.answer_next"
MAX_MESSAGES = 30  # the last ones, of a longer conversation
MAX_ATTEMPTS = 3  # at one message, by workers that die
NOT_COMPLETED = "Answering a message was started several times but never finished."


class Call(TypedDict):
    """A call that the assistant would make now. `arguments` is JSON, `outcome` a ledger row's state; `recorded` says that
    the conversation had made the very same call, and that its result was taken from there."""

    name: str
    arguments: str
    outcome: str
    result: str
    recorded: bool


class Result(TypedDict):
    """What one message of the visitor is answered with now. `caught` are the claims that were not shown; `problem` says
    why there is no reply, or only part of one."""

    message: str
    text: str
    calls: list[Call]
    caught: list[str]
    problem: str
    provider: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    total_ms: int


@dataclass(frozen=True)
class Question:
    """A message as it stood when it was answered: what was said and done before it, and what a click on a card had done
    that set it off. `recorded` are the calls that the reply then made."""

    turn: Turn
    history: list[llm.ChatMessage]
    done_before: frozenset[str]
    recorded: list[ToolCall]


@dataclass(frozen=True)
class Comparison:
    """A visitor's message, the reply and the calls that it got, and those that it would get now; `now` is None as long as
    nobody has looked."""

    message: Message
    then: str
    then_calls: list[ToolCall]
    now: Result | None


def begin(
    conversation: Conversation,
    by: Any = None,
    *,
    message: Message | None = None,
    texts: Mapping[str, str] | None = None,
) -> Replay:
    """Queue a replay of the conversation, or of one `message` of it, with `texts` in place of its assistant's where there
    are some; the one that is under way, when there is one. `by` is the user."""
    row = Replay(organization_id=conversation.organization_id, conversation=conversation, by=by, message=message)
    row.texts = dict(texts or {})
    row.total = len(_turns(row))
    try:
        with transaction.atomic():
            row.save()
            live.queue_task(TASK, row.pk)
            return row
    except IntegrityError:
        return Replay.objects.get(conversation=conversation, state__in=Replay.OPEN)


def enqueue_due(limit: int = 20) -> None:
    """Tell workers of the replays that were left behind."""
    found = Replay.objects.due(timezone.now()).filter(organization__active=True).order_by("created_at")
    for replay_id in found.values_list("pk", flat=True)[:limit]:
        live.queue_task(TASK, replay_id)


def claim(replay_id: UUID | str) -> tuple[Replay, Question | None] | None:
    """Lease a replay to this worker, with the message to answer next: none when all are answered. None when it is not
    due, gone, or another's."""
    now = timezone.now()
    mine = Replay.objects.due(now).filter(pk=replay_id)
    changes = {"state": Replay.State.RUNNING, "fence": F("fence") + 1, "attempts": F("attempts") + 1}
    if not mine.update(**changes, leased_until=now + renewal.LEASE):
        return None
    rows = Replay.objects.select_related("conversation__assistant__organization", "conversation__visitor")
    replay = rows.get(pk=replay_id)
    if replay.attempts > MAX_ATTEMPTS:
        end(replay, NOT_COMPLETED)
        return None
    answered = {result["message"] for result in replay.results}
    left = [turn for turn in _turns(replay) if str(turn.message_id) not in answered]
    for name, text in replay.texts.items():
        setattr(replay.conversation.assistant, name, text)
    return replay, _question(replay.conversation, left[0]) if left else None


def keep(replay: Replay, result: Result) -> None:
    """Save the result of a message and pass the row on to the next worker. A lapsed lease writes nothing."""
    with transaction.atomic():
        changes = {"results": [*replay.results, result], "state": Replay.State.QUEUED, "attempts": 0}
        if _mine(replay).update(**changes, leased_until=None):
            live.queue_task(TASK, replay.pk)


def end(replay: Replay, problem: str = "") -> None:
    """All messages are answered, or it makes no sense to go on, for the reason in `problem`."""
    state = Replay.State.FAILED if problem else Replay.State.DONE
    _mine(replay).update(state=state, problem=problem[:300], leased_until=None, ended_at=timezone.now())


def compared(replay: Replay) -> list[Comparison]:
    """The conversation's messages, each with what it was answered then and now."""
    results: dict[str, Result] = {result["message"]: result for result in replay.results}
    return [
        Comparison(turn.message, _reply(turn), _calls_of([turn.message_id]), results.get(str(turn.message_id)))
        for turn in _turns(replay)
    ]


def _mine(replay: Replay) -> QuerySet[Replay]:
    return Replay.objects.filter(pk=replay.pk, fence=replay.fence, state=Replay.State.RUNNING)


def _turns(replay: Replay) -> list[Turn]:
    """The turn that answered each message of the visitor that is replayed, in the order of the messages. What only staff
    answered, or nobody, is left out: the assistant was not asked."""
    replies = Prefetch("replies", Message.objects.filter(role=Message.Role.ASSISTANT).order_by("seq"))
    rows = replay.conversation.turns.filter(ended_at__isnull=False).select_related("message", "opening_call")
    if replay.message_id:
        rows = rows.filter(message=replay.message_id)
    last: dict[UUID, Turn] = {}
    for turn in rows.prefetch_related(replies).order_by("created_at"):
        last[turn.message_id] = turn  # an attempt that failed gives way to the one after it
    return sorted(last.values(), key=lambda turn: turn.message.seq)[-MAX_MESSAGES:]


def _question(conversation: Conversation, turn: Turn) -> Question:
    turn.conversation = conversation
    assistant = conversation.assistant
    history = build_history(turn, assistant.history_messages, assistant.history_tokens)
    done = ToolCall.objects.filter(conversation=conversation, state=ToolCall.State.DONE, dry_run=False)
    names = set(done.filter(turn__message__seq__lt=turn.message.seq).values_list("name", flat=True))
    click = turn.opening_call
    if click is not None and click.state in ToolCall.ENDED:
        history += as_rounds([click])
        names |= {click.name} if click.state == ToolCall.State.DONE else set()
    recorded = [row for row in _calls_of([turn.message_id]) if click is None or row.pk != click.pk]
    return Question(turn, history, frozenset(names), recorded)


def _calls_of(messages: Iterable[UUID]) -> list[ToolCall]:
    rows = ToolCall.objects.filter(turn__message__in=messages, dry_run=False, state__in=ToolCall.ENDED)
    return list(rows.order_by("turn__created_at", "round", "ordinal"))


def _reply(turn: Turn) -> str:
    return "\n\n".join(message.text for message in turn.replies.all())
