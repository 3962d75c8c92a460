"""Writing a turn's reply: runs the engine, and shows what it does as it happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol, cast

from django.conf import settings

from assistant import events, live, llm
from assistant.async_db import in_db
from assistant.engine import loop
from assistant.engine.judge import Judge, ask
from assistant.errors import InterworkyError, ProviderError
from assistant.models import Conversation, ToolCall, Turn
from assistant.providers import router
from assistant.services.conversations.history import as_call
from assistant.services.conversations.leases import holds_lease
from assistant.services.organizations import answer_cache
from assistant.turns.beginning import PreparedTurn
from assistant.turns.context import Context, build_context
from assistant.turns.outcome import KEPT, SILENT

# Text is shown in pieces of this much time: less than that in which answers are read (`completions.pace`).
GATHER_SECONDS = 0.02

ModelFor = Callable[..., Awaitable[llm.Model]]
ExecutorFor = Callable[[Turn], Awaitable["TurnExecutor"]]
FencedEvent = events.TurnStarted | events.ReplyDelta | events.ToolStarted | events.ToolFinished


class TurnExecutor(llm.ToolExecutor, Protocol):
    """What a turn asks of the executor beyond what its engine does."""

    async def execute_opening_call(self, row: ToolCall) -> llm.ToolResult:
        """Run what a visitor's click asked for; `row` is its entry in the ledger."""
        ...


@dataclass(frozen=True)
class ReplyDependencies:
    """What a reply is written with. What was `prepared` with the message is used first."""

    model_for: ModelFor
    executor_for: ExecutorFor
    prepared: PreparedTurn | None = None


async def write_reply(
    turn: Turn, draft: live.ReplyDraft, means: ReplyDependencies, may_stop: asyncio.Event
) -> loop.ReplyEnded:
    """Run the engine, and show what it does as it does it; the reply grows in `draft`. `may_stop` is set once nothing that
    was begun before is open any more."""
    assistant = turn.conversation.assistant
    if prepared := means.prepared:
        executor, context = cast(TurnExecutor, prepared.executor), prepared.context
    else:
        executor = await means.executor_for(turn)
        context = await in_db(build_context)(turn, executor.specs())
    writer = ReplyWriter(turn, draft)
    opening = _Opening()
    if turn.opening_call:
        opening = await _run_opening_call(turn.opening_call, executor, writer)
        if turn.conversation.state == Conversation.State.STAFF:
            return loop.ReplyEnded("", "stop", 0, llm.TokenUsage(), provider=SILENT)
    may_stop.set()
    if context.key and (kept := await in_db(answer_cache.recall)(assistant, context.key)):
        writer.write(events.ReplyDelta(str(turn.pk), 0, kept))
        return loop.ReplyEnded(kept, "stop", 0, llm.TokenUsage(), provider=KEPT)
    model: llm.Model | None = prepared.model if prepared else None
    if model is None:
        model = await means.model_for(assistant, task="reply", conversation=turn.conversation, turn=turn)
    judge = _judge_of(turn, means.model_for)
    try:
        ended = await _run_engine(model, executor, context, opening, writer, judge)
    except ProviderError as error:
        if error.cause != "context_too_long" or draft.text or len(context.history) == 1:
            raise
        # Once more with half of what was said before. What this turn has done meanwhile is in the ledger.
        executor = await means.executor_for(turn)
        context = await in_db(build_context)(turn, executor.specs(), context.history)
        ended = await _run_engine(model, executor, context, opening, writer, judge)
    if ended.unkept or ended.unread_call:
        await _offer_form_instead(executor, ended.rounds)
    elif context.key and (ended.rounds, ended.finish, ended.unsure) == (1, "stop", False):
        await in_db(answer_cache.keep)(assistant, context.key, ended.text)
    return ended


async def _offer_form_instead(executor: TurnExecutor, round: int) -> None:
    """What was claimed, or asked for in a call that nobody can run, has not been done: the visitor gets what even a model
    without tools may offer, a form for a person to read."""
    for tool in executor.specs():
        if tool.callable_in_text:
            await executor.execute(llm.ToolCallRequest(f"instead_{round}", tool.name, {}), round=round + 1, ordinal=0)
            return


def _judge_of(turn: Turn, model_for: ModelFor) -> Judge:
    """The fast model as a second judge of what the gate cannot tell. It counts towards the budget as any request does."""
    assistant = turn.conversation.assistant

    async def judge(text: str, done: Sequence[llm.Receipt], returned: Sequence[str]) -> bool | None:
        try:
            if await in_db(router.is_demo)(assistant):
                return False  # a script of ours, which says that something was done only when a tool's result does
            model = await model_for(assistant, task="fast", conversation=turn.conversation, turn=turn)
        except InterworkyError:
            return None
        return await ask(model, text, done, returned)

    return judge


async def _run_engine(
    model: llm.Model, executor: TurnExecutor, context: Context, opening: _Opening, writer: ReplyWriter, judge: Judge
) -> loop.ReplyEnded:
    messages = [llm.ChatMessage("system", context.system), *context.history, *context.calls, *opening.messages]
    limits = loop.Limits(settings.ASSISTANT_MAX_ROUNDS, settings.ASSISTANT_MAX_CALLS)
    try:
        async with aclosing(
            loop.run(
                model,
                executor,
                messages,
                limits,
                effects=opening.effects,
                receipts=opening.receipts,
                from_round=context.from_round,
                key=writer.id,
                judge=judge,
            )
        ) as engine_events:
            async for event in engine_events:
                match event:
                    case events.ReplyDelta():
                        writer.write(event)
                    case loop.ReplyEnded():
                        return replace(event, sources=tuple(dict.fromkeys((*context.sources, *event.sources))))
                    case events.ToolStarted() | events.ToolFinished():
                        writer.show(replace(event, turn=writer.id, fence=writer.turn.fence))
    finally:
        writer.flush()
    raise InterworkyError("The engine ended without a word.")


@dataclass(frozen=True)
class _Opening:
    """What came of the call that a visitor's click asked for: `messages` say it to the model."""

    messages: tuple[llm.ChatMessage, ...] = ()
    effects: frozenset[str] = frozenset()
    receipts: tuple[llm.Receipt, ...] = ()


async def _run_opening_call(row: ToolCall, executor: TurnExecutor, writer: ReplyWriter) -> _Opening:
    """Run what a visitor's click asked for, before the model is asked."""
    label = executor.label(row.name)
    writer.show(events.ToolStarted(writer.id, str(row.pk), label, writer.turn.fence))
    result = await executor.execute_opening_call(row)
    writer.show(events.ToolFinished(writer.id, str(row.pk), label, result.ok, writer.turn.fence))
    call = as_call(row)
    messages = llm.ChatMessage("assistant", "", calls=(call,)), llm.ChatMessage("tool", result.text, call_id=call.id)
    return _Opening(messages, result.effects, result.receipts)


def announce_if_leased(turn: Turn, event: FencedEvent) -> bool:
    """Announce an event of a running turn, which bears its fence. False, and nothing is announced, when by our own clocks
    the lease has run out: another runner may be answering, and only a renewal shows whether one is."""
    if not holds_lease(turn):
        return False
    live.announce(turn.conversation_id, event)
    return True


class ReplyWriter:
    """Shows text at once when it comes after a pause, and otherwise gathers it for a moment; tools are shown at once,
    after the text before them. Text that may not be shown yet, because the lease must be renewed first, is shown later."""

    def __init__(self, turn: Turn, draft: live.ReplyDraft) -> None:
        self.turn, self.draft, self.id = turn, draft, str(turn.pk)
        self.shown = 0  # code points that have been announced
        self.shown_at = 0.0
        self.timer: asyncio.TimerHandle | None = None

    def write(self, delta: events.ReplyDelta) -> None:
        self.draft.text = self.draft.text[: delta.offset] + delta.text
        self.shown = min(self.shown, delta.offset)
        if not delta.text or time.monotonic() - self.shown_at >= GATHER_SECONDS:
            self.flush(rewrite=not delta.text)
        elif self.timer is None:
            self.timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self.flush)

    def flush(self, rewrite: bool = False) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None
        text = self.draft.text[self.shown :]
        if text or rewrite:
            if not announce_if_leased(self.turn, events.ReplyDelta(self.id, self.shown, text, self.turn.fence)):
                return
            self.shown_at = time.monotonic()
            live.share_draft(self.id, self.draft)
        self.shown = len(self.draft.text)

    def show(self, event: events.ToolStarted | events.ToolFinished) -> None:
        self.flush()
        if isinstance(event, events.ToolStarted):
            self.draft.tools.append(event.label)
        elif isinstance(event, events.ToolFinished) and event.label in self.draft.tools:
            self.draft.tools.remove(event.label)
        announce_if_leased(self.turn, event)
