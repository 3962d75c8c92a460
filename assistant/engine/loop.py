"""Ask, act, ask again, stop: one turn's conversation with a model, its tools passed in."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import orjson

from assistant.engine.claims import Gate
from assistant.engine.judge import Judge
from assistant.events import ReplyDelta, ToolFinished, ToolStarted, WidgetEvent
from assistant.llm import (
    ChatMessage,
    Completion,
    Finish,
    Model,
    Receipt,
    Source,
    TokenUsage,
    ToolCallRequest,
    ToolExecutor,
    ToolResult,
    call_id,
    note,
)

MAX_PARALLEL = 4
MAX_SAME_CALL = 2  # the third identical call of a turn is not run
MAX_MISUSES = 2  # of one tool, or of tools that there are not: after one correction a model answers without tools
MAX_REPLY_CHARS = 64_000
MAX_OPAQUE_BYTES = 262_144  # of one answer's opaque fields: a long thinking of DeepSeek's, some signatures of Gemini's

log = logging.getLogger(__name__)

_finishing: set[asyncio.Task[ToolResult]] = set()


@dataclass(frozen=True)
class Limits:
    """`rounds` counts model requests that may call tools; one more, without tools, is allowed to say where we stand."""

    rounds: int = 8
    calls: int = 12


@dataclass(frozen=True)
class ReplyEnded(WidgetEvent):
    """How the reply ended, for the runner. `caught` are the claims that were not shown; `unkept` is the second of
    them, which ended the reply, or empty. `unsure`: something was shown that nobody could judge. `receipts` say what was
    done.
    """

    type: ClassVar[str] = "reply.ended"
    text: str
    finish: Finish
    rounds: int
    usage: TokenUsage
    provider: str = ""
    model: str = ""
    first_token_ms: int | None = None
    sources: tuple[Source, ...] = ()
    unkept: str = ""
    caught: tuple[str, ...] = ()
    unread_call: bool = False  # the model wrote a call into its text that nobody could run
    unsure: bool = False
    receipts: tuple[Receipt, ...] = ()


@dataclass
class _Turn:
    """What one run of the loop gathers."""

    messages: list[ChatMessage]
    effects: frozenset[str]
    receipts: dict[tuple[str, str], Receipt]  # by act and reference
    said: list[str]  # from which the model may repeat a reference
    key: str = ""
    returned: list[str] = field(default_factory=list)  # by tools, in this turn
    unsure: bool = False
    text: str = ""
    rounds: int = 0
    calls: int = 0
    seen: Counter[str] = field(default_factory=Counter)  # how many answers had this call
    waiting: dict[str, ToolResult] = field(default_factory=dict)  # calls that a card asks the visitor about
    misuses: Counter[str] = field(default_factory=Counter)  # by tool; of those that there are not, under ""
    caught: list[str] = field(default_factory=list)
    last: Completion = field(default_factory=Completion)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    exact: bool = True
    first_token_ms: int | None = None
    sources: dict[Source, None] = field(default_factory=dict)

    def out_of_rounds(self, limits: Limits) -> bool:
        """Whether the next request is the last, and offers no tools."""
        at_a_loss = max(self.misuses.values(), default=0) >= MAX_MISUSES
        return at_a_loss or self.rounds >= limits.rounds or self.calls >= limits.calls

    def show(self, text: str) -> ReplyDelta:
        """Add to the reply; the event that shows it."""
        delta = ReplyDelta(turn="", offset=len(self.text), text=text)
        self.text += text
        return delta

    def count(self, done: Completion) -> None:
        self.last = done
        self.prompt_tokens += done.usage.prompt_tokens
        self.completion_tokens += done.usage.completion_tokens
        self.exact = self.exact and done.usage.exact
        if self.first_token_ms is None:
            self.first_token_ms = done.first_token_ms

    def ended(self, finish: Finish, unkept: str = "") -> ReplyEnded:
        usage = TokenUsage(self.prompt_tokens, self.completion_tokens, self.exact)
        return ReplyEnded(
            self.text.rstrip(),
            finish,
            self.rounds,
            usage,
            self.last.provider,
            self.last.model,
            self.first_token_ms,
            tuple(self.sources),
            unkept,
            tuple(self.caught),
            self.last.unread_call,
            self.unsure,
            tuple(self.receipts.values()),
        )


async def run(
    model: Model,
    executor: ToolExecutor,
    messages: list[ChatMessage],
    limits: Limits = Limits(),
    *,
    effects: frozenset[str] = frozenset(),
    receipts: tuple[Receipt, ...] = (),
    from_round: int = 0,
    key: str = "",
    judge: Judge | None = None,
) -> AsyncGenerator[WidgetEvent, None]:
    """The events of one reply, `ReplyEnded` last; `turn` is left empty in them.

    `effects` and `receipts` are what this turn has brought about before the model is heard, `from_round` the rounds that a
    run that was cut off had used, `key` the turn's id, which the ids of its calls are made of. `judge` decides what the gate
    cannot. Raises what the model raises; tools do not raise.
    """
    done_before = {(one.act, one.reference): one for one in (*executor.receipts(), *receipts)}
    said = [message.text for message in messages]
    turn = _Turn(list(messages), executor.effects() | effects, done_before, said, key, rounds=from_round)
    acting = any(spec.acts for spec in executor.specs())
    while True:
        last_round = turn.out_of_rounds(limits)
        turn.rounds += 1
        gate = Gate(turn.effects, tuple(turn.receipts.values()), said=tuple(turn.said), idle=acting and not turn.effects)
        async for event in _stream_answer(model, executor, turn, gate, judge, offer=not last_round):
            yield event
        if gate.caught:
            turn.caught.append(gate.caught)
            if len(turn.caught) > 1:
                yield turn.ended("stop", unkept=gate.caught)
                return
            yield _take_back(turn, gate)
            continue
        done = turn.last
        if not done.calls or last_round or done.finish in ("length", "content_filter", "cut_off"):
            yield turn.ended(done.finish if done.finish != "tool_calls" else "stop")
            return
        if turn.text and not turn.text.endswith("\n"):
            yield turn.show("\n\n")  # what is said before a tool and what is said after it are two paragraphs
        async for event in _act(executor, turn, _message(turn, done), limits):
            yield event


def _take_back(turn: _Turn, gate: Gate) -> ReplyDelta:
    """Remove what the screen shows of the sentence that was caught, and ask the model for another."""
    turn.messages += [ChatMessage("assistant", gate.text + gate.caught), ChatMessage("user", _correction(gate))]
    return turn.show(" " if turn.text and not turn.text[-1].isspace() else "")


def _message(turn: _Turn, done: Completion) -> ChatMessage:
    """An answer with calls, as the next request repeats it. Its calls have ids of ours: some servers number theirs anew in
    each answer, and others take no id but of their own form."""
    opaque, extras = _opaque(done)
    calls = tuple(
        replace(call, id=call_id(turn.key, turn.rounds, place), extra=extra, made_by=done.made_by)
        for place, (call, extra) in enumerate(zip(done.calls, extras, strict=True))
    )
    return ChatMessage("assistant", done.text, calls, opaque=opaque, made_by=done.made_by)


def _opaque(done: Completion) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The opaque fields of an answer and of each of its calls; none of them where they are too large to be kept, or hold
    what no database keeps. A part of a signature or of a thought is worth nothing."""
    extras = [call.extra for call in done.calls]
    if not (done.opaque or any(extras)):
        return {}, extras
    try:
        kept = orjson.dumps([done.opaque, extras])
    except TypeError:  # halves of characters
        kept = b"\\u0000"
    if len(kept) <= MAX_OPAQUE_BYTES and b"\\u0000" not in kept:
        return done.opaque, extras
    log.warning("%s: %d bytes of opaque fields were dropped", done.made_by, len(kept))
    return {}, [{} for _ in extras]


async def _stream_answer(
    model: Model, executor: ToolExecutor, turn: _Turn, gate: Gate, judge: Judge | None, *, offer: bool
) -> AsyncIterator[WidgetEvent]:
    """One model request: its text as far as gate and judge let it through, and no longer than a reply may be."""
    before = turn.text
    # So it ends if it ends without a word of the model's.
    turn.last = replace(turn.last, text="", calls=(), finish="length", unread_call=False)
    async with aclosing(model.stream(turn.messages, executor.specs() if offer else [])) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            if isinstance(piece, Completion):
                turn.count(piece)
                shown = gate.close()
            else:
                shown = gate.push(piece)
            if shown:
                yield turn.show(shown)
            if gate.caught or len(turn.text) + len(gate.withheld) > MAX_REPLY_CHARS:
                break
    if gate.withheld:
        turn.text = before + gate.text  # without a last word that was shown too soon
        async for event in _judge_withheld(turn, gate, judge):
            yield event
    if gate.caught:
        turn.text = before + gate.text


async def _judge_withheld(turn: _Turn, gate: Gate, judge: Judge | None) -> AsyncIterator[WidgetEvent]:
    """Have judged what the gate withheld, and show it unless it claims what was not done."""
    verdict = await judge(gate.doubtful, tuple(turn.receipts.values()), turn.returned) if judge else None
    if verdict:
        gate.refuse()
        return
    turn.unsure = turn.unsure or verdict is None
    yield turn.show(gate.release())


async def _act(executor: ToolExecutor, turn: _Turn, message: ChatMessage, limits: Limits) -> AsyncIterator[WidgetEvent]:
    """One round's calls, a few at a time; every call gets exactly one result, in the order of the calls. The same call
    twice in one answer is one: it is run once, and its result is given twice."""
    turn.messages.append(message)
    running: dict[int, asyncio.Task[ToolResult]] = {}
    results: dict[int, ToolResult] = {}
    first: dict[str, int] = {}  # the place of each call among those of this answer
    for place, call in enumerate(message.calls):
        same = _sameness(call)
        if first.setdefault(same, place) != place:
            continue
        turn.seen[same] += 1
        if (instead := _not_run(turn, same, place, limits)) is not None:
            results[place] = instead
            continue
        turn.calls += 1
        yield ToolStarted(turn="", call=call.id, label=executor.label(call.name))
        # The ledger has the message's own fields with the first call of it.
        written = replace(call, opaque={} if running else message.opaque)
        running[place] = asyncio.create_task(executor.execute(written, round=turn.rounds, ordinal=place))
    try:
        for place, task in running.items():
            call, results[place] = message.calls[place], await task
            yield ToolFinished(turn="", call=call.id, label=executor.label(call.name), ok=results[place].ok)
    finally:
        _leave_to_finish(running.values())
    _record_results(executor, turn, [(call, results[first[_sameness(call)]]) for call in message.calls])


def _not_run(turn: _Turn, same: str, place: int, limits: Limits) -> ToolResult | None:
    """The result of a call that is not run; None for one that is."""
    if place >= MAX_PARALLEL:
        return ToolResult(f"Not run: at most {MAX_PARALLEL} calls at a time.", "refused")
    if same in turn.waiting:
        return turn.waiting[same]
    if turn.seen[same] > MAX_SAME_CALL:
        return ToolResult("Not run: this very call was made before in this turn. Use its result.", "refused")
    if turn.calls >= limits.calls:
        return ToolResult("Not run: too many calls in this turn. Answer with what you have.", "refused")
    return None


def _leave_to_finish(tasks: Iterable[asyncio.Task[ToolResult]]) -> None:
    """Keep the calls of a turn that is stopped: cut off in the middle of a request, nobody would know whether it happened.
    Each has a deadline of its own, and writes its outcome into the ledger."""
    for task in tasks:
        if not task.done():
            _finishing.add(task)
            task.add_done_callback(_finishing.discard)


def _record_results(executor: ToolExecutor, turn: _Turn, done: list[tuple[ToolCallRequest, ToolResult]]) -> None:
    """What the calls of one answer have brought about, for the model and for the gate."""
    offered = {spec.name for spec in executor.specs()}
    for call, result in done:
        turn.messages.append(ChatMessage("tool", result.text, call_id=call.id))
        turn.effects |= result.effects
        turn.receipts.update({(one.act, one.reference): one for one in result.receipts})
        turn.said.append(result.text)
        turn.returned.append(result.text)
        turn.sources.update(dict.fromkeys(result.sources))
        if result.outcome == "waiting":
            turn.waiting[_sameness(call)] = result
    turn.misuses.update({call.name if call.name in offered else "" for call, result in done if result.misused})


def _sameness(call: ToolCallRequest) -> str:
    """Equal for two calls that ask for the same."""
    asked = call.raw if call.arguments is None else call.arguments
    return json.dumps([call.name, asked], sort_keys=True, default=str)


def _correction(gate: Gate) -> str:
    """What a model is told of a claim that was not shown."""
    return note(
        f"Your last sentence was not shown, because it says that something happened which did not: {gate.caught!r}. "
        "No tool has done it. Either call the tool that does it, or go on without claiming it. Do not repeat or mention "
        "this note."
    )
