"""A visitor's message and all until its reply ends: the one module that knows engine, providers and tools.

A turn is a leased row. Its runner is an asyncio task of the process that took the message; the sockets only watch. When
a runner dies, its lease lapses and whoever finds the row goes on from the ledger.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from assistant import events, live, llm
from assistant.async_db import in_db
from assistant.engine import loop
from assistant.engine.judge import Judge, ask
from assistant.engine.prompt import Scene, instructions, scene_of
from assistant.errors import BudgetExceeded, InterworkyError, ProviderError, TurnTaken
from assistant.models import Conversation, Message, ToolCall, Turn
from assistant.providers import embeddings, router
from assistant.sentences import label, sentence
from assistant.services.conversations import card_answers, handoffs
from assistant.services.conversations.history import as_call, as_rounds, build_history, estimated_tokens
from assistant.services.conversations.leases import (
    MAX_ATTEMPTS,
    claim_turn,
    give_back_lease,
    holds_lease,
    let_leases_lapse,
    next_queued_turn,
    renew_lease,
    request_stop,
    retry_turn,
    turns_left_behind,
)
from assistant.services.conversations.messages import Posted, post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.knowledge import questions
from assistant.services.organizations import answer_cache
from assistant.tools import executor
from assistant.tools.toolbox import ConversationToolbox

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.03  # text is shown in pieces of this much time: smooth to the eye, and one event for many tokens
SHARE_SECONDS = 0.3  # how old a draft may be that another process shows
HEARTBEAT_SECONDS = 2.0
KEEPER_SECONDS = 2.0
PARALLEL_RESUMES = 10
KEPT, SILENT = "kept answer", "a person answers"  # stand where a turn names its provider

ModelFor = Callable[..., Awaitable[llm.Model]]
ToolboxFor = Callable[[Turn], Awaitable[llm.Toolbox]]
TOOLBOX_FOR: ToolboxFor = partial(ConversationToolbox.for_turn, embed=embeddings.of_query)


@dataclass
class _Running:
    task: asyncio.Task[None]
    stop: asyncio.Event = field(default_factory=asyncio.Event)


_running: dict[str, _Running] = {}  # by turn id; the strong reference that keeps a task alive


# --- What sockets and views call ------------------------------------------------------------------------------------


async def post(conversation: Conversation, client_id: str, text: str, page: dict[str, str] | None = None) -> Posted:
    """Save a visitor's message and start its answer. Returning is the promise that it is saved."""
    posted = await in_db(post_message)(conversation, client_id, text, page)
    if posted.new and posted.turn:
        start(posted.turn.pk)
    return posted


async def answer_card(conversation: Conversation, card_id: str, choice: str, fields: dict[str, str] | None) -> None:
    """Take a visitor's click on a card, and let the assistant go on from it."""
    turn = await in_db(card_answers.answer)(conversation, card_id, choice, fields)
    if turn:
        start(turn.pk)


async def request_human(conversation: Conversation) -> None:
    """Ask for a person on behalf of the visitor."""
    turn = await in_db(handoffs.request_human)(conversation, sentence("human_request", conversation.locale))
    if turn:
        start(turn.pk)


async def retry(conversation: Conversation, turn_id: str) -> None:
    """Answer the message of a failed turn again."""
    turn = await in_db(retry_turn)(conversation, turn_id)
    start(turn.pk)


async def stop(conversation: Conversation, turn_id: str) -> None:
    """End a running reply where it is."""
    await in_db(request_stop)(conversation, turn_id)
    if running := _running.get(turn_id):
        running.stop.set()


def start(turn_id: UUID | str) -> None:
    """Run a turn in this process, beside whatever called."""
    key = str(turn_id)
    if key not in _running:
        task = asyncio.get_running_loop().create_task(_run_and_go_on(key), name=f"turn {key}")
        _running[key] = _Running(task)
        task.add_done_callback(lambda _: _running.pop(key, None))


async def _run_and_go_on(turn_id: str) -> None:
    """Run a turn, then whatever its conversation has queued meanwhile."""
    following: UUID | None = None
    try:
        conversation_id = await run(turn_id)
        following = await in_db(next_queued_turn)(conversation_id)
    except TurnTaken:
        log.debug("turn %s is somebody else's", turn_id)
    except Exception:
        log.exception("turn %s was left behind; it will be resumed", turn_id)
    if following and str(following) != turn_id:
        start(following)


# --- One turn -------------------------------------------------------------------------------------------------------


async def run(turn_id: UUID | str, *, model_for: ModelFor = router.model_for, toolbox_for: ToolboxFor = TOOLBOX_FOR) -> UUID:
    """Claim a turn, answer it, save the outcome; returns its conversation's id.

    Raises `TurnTaken` when it is not ours to run, or no longer.
    """
    turn = await in_db(claim_turn)(turn_id)
    stop = _running[str(turn_id)].stop if str(turn_id) in _running else asyncio.Event()
    if turn.stop_requested_at:
        stop.set()
    draft = live.ReplyDraft(fence=turn.fence)
    live.keep_draft(turn.pk, draft)
    _show(turn, events.TurnStarted(str(turn.pk), str(turn.message_id)))
    try:
        async with _heartbeat(turn, stop, draft):
            outcome = await _answer(turn, draft, stop, model_for, toolbox_for)
        await in_db(finish_turn)(turn, outcome)
        await _note_question(turn)
    except asyncio.CancelledError:
        await asyncio.shield(in_db(give_back_lease)(turn))
        raise
    finally:
        live.keep_draft(turn.pk, None)
    return turn.conversation_id


async def _note_question(turn: Turn) -> None:
    """For staff, if it got no good answer. The reply stands whatever becomes of this."""
    try:
        await in_db(questions.record_unanswered)(turn.pk)
    except Exception:
        log.exception("turn %s: its question could not be noted", turn.pk)


async def _answer(
    turn: Turn, draft: live.ReplyDraft, stop: asyncio.Event, model_for: ModelFor, toolbox_for: ToolboxFor
) -> Outcome:
    """Whatever happens, how the turn ended: a visitor is never left without a word."""
    locale = turn.conversation.locale
    seconds_left = (turn.deadline_at - timezone.now()).total_seconds()
    began = time.monotonic()
    ended: loop.ReplyEnded | None = None
    failure: InterworkyError | None = None
    stopped = False
    # What a click has asked for, or an earlier runner has begun, is seen to before a stop is heeded.
    clear = asyncio.Event()
    if turn.fence == 1 and turn.opening_call is None:
        clear.set()
    try:
        if turn.attempts > MAX_ATTEMPTS:
            raise InterworkyError("Too many runners failed at this turn.")
        async with asyncio.timeout(seconds_left):
            stopping = asyncio.ensure_future(_both(clear, stop))
            writing = asyncio.ensure_future(_write(turn, draft, model_for, toolbox_for, clear))
            try:
                await asyncio.wait({writing, stopping}, return_when=asyncio.FIRST_COMPLETED)
                stopped = not writing.done()
                ended = None if stopped else writing.result()
            finally:
                for task in (writing, stopping):
                    task.cancel()
                await asyncio.gather(writing, stopping, return_exceptions=True)
    except TimeoutError:
        failure = ProviderError("The turn's deadline passed.", cause="timeout", code="not_available")
    except InterworkyError as error:
        failure = error
    except Exception as error:
        log.exception("turn %s failed", turn.pk)
        failure = InterworkyError(type(error).__name__)
    return _outcome(draft, ended, failure, stopped, locale, round((time.monotonic() - began) * 1000))


def _outcome(
    draft: live.ReplyDraft,
    ended: loop.ReplyEnded | None,
    failure: InterworkyError | None,
    stopped: bool,
    locale: str,
    total_ms: int,
) -> Outcome:
    """What is saved and shown, from how the writing ended."""
    text = draft.text.rstrip()
    if stopped:
        return Outcome(Turn.State.STOPPED, text, Message.State.STOPPED, retryable=True, measured={"total_ms": total_ms})
    if failure is not None:
        code = _visible_code(failure)
        if text:
            code = "incomplete" if code in ("not_available", "no_answer", "internal") else code
        return Outcome(
            Turn.State.FAILED,
            text,
            Message.State.INCOMPLETE,
            code=code,
            shown=failure.details.get("sentence") or sentence(code, locale),  # an organization words its own limit
            detail=f"{type(failure).__name__}: {failure}"[:2000],
            retryable=code != "budget_exceeded",
            measured={"total_ms": total_ms},
        )
    assert ended is not None
    measured: dict[str, Any] = {
        "provider": ended.provider,
        "model": ended.model,
        "rounds": ended.rounds,
        "prompt_tokens": ended.usage.prompt_tokens,
        "completion_tokens": ended.usage.completion_tokens,
        "first_token_ms": ended.first_token_ms,
        "total_ms": total_ms,
    }
    text = ended.text
    if ended.unsure and text:
        text += "\n\n" + what_was_done(ended.receipts, locale)
    if ended.unkept or ended.unread_call:
        text = "\n\n".join(part for part in (text, sentence("not_done", locale)) if part)
        detail = f"Claimed without a receipt: {ended.unkept}" if ended.unkept else "Wrote a call that cannot be run."
        return Outcome(Turn.State.DONE, text, detail=detail, measured=measured)
    if ended.finish == "content_filter":
        return Outcome(Turn.State.DONE, text or sentence("refused", locale), code="refused", measured=measured)
    if ended.finish in ("length", "cut_off"):
        return Outcome(
            Turn.State.FAILED,
            text,
            Message.State.INCOMPLETE,
            code="incomplete",
            shown=sentence("incomplete", locale),
            retryable=True,
            measured=measured,
        )
    if not text and ended.provider != SILENT:
        return Outcome(
            Turn.State.FAILED, code="no_answer", shown=sentence("no_answer", locale), retryable=True, measured=measured
        )
    sources = tuple(asdict(source) for source in ended.sources)
    return Outcome(Turn.State.DONE, text, sources=sources, measured=measured)


def _visible_code(failure: InterworkyError) -> str:
    if isinstance(failure, ProviderError):
        return "no_answer" if failure.code == "no_answer" else "not_available"
    return failure.code if isinstance(failure, BudgetExceeded) else "internal"


async def _both(first: asyncio.Event, second: asyncio.Event) -> None:
    await first.wait()
    await second.wait()


async def _write(
    turn: Turn, draft: live.ReplyDraft, model_for: ModelFor, toolbox_for: ToolboxFor, clear: asyncio.Event
) -> loop.ReplyEnded:
    """Run the engine, and show what it does as it does it; the reply grows in `draft`. `clear` is set once nothing that
    was begun before is open any more."""
    toolbox = await toolbox_for(turn)
    told = await in_db(build_context)(turn, toolbox.specs())
    pen = ReplyWriter(turn, draft)
    clicked = _Clicked()
    if turn.opening_call:
        clicked = await _open(turn.opening_call, toolbox, pen)
        if turn.conversation.state == Conversation.State.STAFF:
            return loop.ReplyEnded("", "stop", 0, llm.TokenUsage(), provider=SILENT)
    clear.set()
    if told.key and (kept := await in_db(answer_cache.recall)(turn.conversation.assistant, told.key)):
        pen.write(events.ReplyDelta(str(turn.pk), 0, kept))
        return loop.ReplyEnded(kept, "stop", 0, llm.TokenUsage(), provider=KEPT)
    model = await model_for(turn.conversation.assistant, task="reply", conversation=turn.conversation, turn=turn)
    try:
        judge = _judge_of(turn, model_for)
        ended = await _run_engine(model, toolbox, told, clicked, pen, judge)
    except ProviderError as error:
        if error.cause != "context_too_long" or draft.text or len(told.said) == 1:
            raise
        # Once more with half of what was said before. What this turn has done meanwhile is in the ledger.
        toolbox = await toolbox_for(turn)
        told = await in_db(build_context)(turn, toolbox.specs(), told.said)
        ended = await _run_engine(model, toolbox, told, clicked, pen, judge)
    if ended.unkept or ended.unread_call:
        await _offer_instead(toolbox, ended.rounds)
    plain = not (ended.unkept or ended.unread_call or ended.unsure)
    if told.key and (ended.rounds, ended.finish, plain) == (1, "stop", True):
        await in_db(answer_cache.keep)(turn.conversation.assistant, told.key, ended.text)
    return ended


def what_was_done(receipts: tuple[llm.Receipt, ...], locale: str) -> str:
    """The server's own line under a reply that nobody could judge."""
    if not receipts:
        return label("nothing_done", locale)
    listed = (" · ".join(filter(None, (label(f"act_{one.act}", locale), one.when, one.reference))) for one in receipts)
    return label("done_so_far", locale, acts="; ".join(listed))


async def _offer_instead(toolbox: llm.Toolbox, round: int) -> None:
    """What was claimed, or asked for in a call that nobody can run, has not been done: whoever wanted it gets what even a
    model without tools may offer, a form for a person to read."""
    for tool in toolbox.specs():
        if tool.spoken:
            await toolbox.execute(llm.ToolCallRequest(f"instead_{round}", tool.name, {}), round=round + 1, ordinal=0)
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
    model: llm.Model, toolbox: llm.Toolbox, told: Context, clicked: _Clicked, pen: ReplyWriter, judge: Judge
) -> loop.ReplyEnded:
    messages = [llm.ChatMessage("system", told.system), *told.said, *told.done, *clicked.spoken]
    limits = loop.Limits(settings.ASSISTANT_MAX_ROUNDS, settings.ASSISTANT_MAX_CALLS)
    try:
        async with aclosing(
            loop.run(
                model,
                toolbox,
                messages,
                limits,
                achieved=clicked.achieved,
                receipts=clicked.receipts,
                from_round=told.from_round,
                key=str(pen.turn.pk),
                judge=judge,
            )
        ) as happenings:
            async for event in happenings:
                match event:
                    case events.ReplyDelta():
                        pen.write(event)
                    case loop.ReplyEnded():
                        return replace(event, sources=tuple(dict.fromkeys((*told.sources, *event.sources))))
                    case events.ToolStarted() | events.ToolFinished():
                        pen.show(replace(event, turn=str(pen.turn.pk)))
    finally:
        pen.flush()
    raise InterworkyError("The engine ended without a word.")


@dataclass(frozen=True)
class _Clicked:
    """What came of the click that set off a turn, as the model is told of it."""

    spoken: tuple[llm.ChatMessage, ...] = ()
    achieved: frozenset[str] = frozenset()
    receipts: tuple[llm.Receipt, ...] = ()


async def _open(row: ToolCall, toolbox: llm.Toolbox, pen: ReplyWriter) -> _Clicked:
    """Run what a visitor's click asked for, before the model is heard."""
    label = toolbox.label(row.name)
    pen.show(events.ToolStarted(str(pen.turn.pk), str(row.pk), label))
    result = await toolbox.open(row)
    pen.show(events.ToolFinished(str(pen.turn.pk), str(row.pk), label, result.ok))
    call = as_call(row)
    spoken = llm.ChatMessage("assistant", "", calls=(call,)), llm.ChatMessage("tool", result.text, call_id=call.id)
    return _Clicked(spoken, result.achieved, result.receipts)


def _show(turn: Turn, event: events.TurnStarted | events.ReplyDelta | events.ToolStarted | events.ToolFinished) -> bool:
    """Announce an event of a running turn, under its fence. False, and nothing is said, when by our own clocks the lease
    has run out: another runner may be answering, and only a renewal tells."""
    if not holds_lease(turn):
        return False
    live.announce(turn.conversation_id, replace(event, fence=turn.fence))
    return True


class ReplyWriter:
    """Shows text at once when it comes after a pause, and otherwise gathers it for a moment; tools are shown at once,
    after the text before them. Text that may not be shown yet, because the lease must be renewed first, is shown later."""

    def __init__(self, turn: Turn, draft: live.ReplyDraft) -> None:
        self.turn, self.draft = turn, draft
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
            if not _show(self.turn, events.ReplyDelta(str(self.turn.pk), self.shown, text)):
                return
            self.shown_at = time.monotonic()
        self.shown = len(self.draft.text)

    def show(self, event: events.ToolStarted | events.ToolFinished) -> None:
        self.flush()
        if isinstance(event, events.ToolStarted):
            self.draft.tools.append(event.label)
        elif isinstance(event, events.ToolFinished) and event.label in self.draft.tools:
            self.draft.tools.remove(event.label)
        _show(self.turn, event)


@asynccontextmanager
async def _heartbeat(turn: Turn, stop: asyncio.Event, draft: live.ReplyDraft) -> AsyncIterator[None]:
    """Keep the lease while the body runs, and a copy of the draft for other processes; a lost lease cancels the body."""
    body = asyncio.current_task()
    assert body is not None
    lost: list[TurnTaken] = []

    async def beat() -> None:
        renewed = time.monotonic()
        often = min(HEARTBEAT_SECONDS, settings.ASSISTANT_LEASE_SECONDS / 3)
        shared = ""
        while True:
            await asyncio.sleep(SHARE_SECONDS)
            if draft.text != shared and holds_lease(turn):
                shared = draft.text
                await live.share_draft(turn.pk, draft)
            if time.monotonic() - renewed >= often:
                renewed = time.monotonic()
                try:
                    if await in_db(renew_lease)(turn):
                        stop.set()
                except TurnTaken as error:
                    lost.append(error)
                    body.cancel()
                    return
                except Exception:
                    # The database may be back before the lease lapses.
                    log.warning("the lease on turn %s could not be renewed", turn.pk, exc_info=True)

    heart = asyncio.create_task(beat())
    try:
        yield
    except asyncio.CancelledError:
        if lost:
            body.uncancel()
            raise lost[0] from None
        raise
    finally:
        heart.cancel()
        with suppress(asyncio.CancelledError):
            await heart


# --- What is read from the database for a turn ----------------------------------------------------------------------


@dataclass(frozen=True)
class Context:
    """What the model is told: who it is, the conversation up to the message that it answers, and what that message has
    set off already, with what that was found in and the number of the last round that an earlier runner of this turn
    finished. `key` is what the answer may be kept under, or empty."""

    system: str
    said: list[llm.ChatMessage]
    done: list[llm.ChatMessage]
    sources: tuple[llm.Source, ...]
    from_round: int
    key: str


def build_context(turn: Turn, tools: list[llm.ToolSpec], too_long: list[llm.ChatMessage] | None = None) -> Context:
    """`too_long` is a history that was more than the model can take: half of it is told then."""
    conversation = turn.conversation
    assistant = conversation.assistant
    scene = scene_of(conversation, turn.message.page, now=timezone.now(), can_act=bool(tools))
    most, tokens = assistant.history_messages, assistant.history_tokens
    if too_long:
        most, tokens = len(too_long) // 2, estimated_tokens(too_long) // 2
    said = build_history(turn, most, tokens)
    # An attempt that failed, or a runner that died, may have acted: it must not be done twice.
    done = ToolCall.objects.filter(turn__message=turn.message_id, state__in=ToolCall.ENDED)
    if turn.opening_call_id:
        done = done.exclude(pk=turn.opening_call_id)
    rows = list(done.order_by("turn__created_at", "round", "ordinal"))
    from_round = max((row.round for row in rows if row.turn_id == turn.pk), default=0)
    key = "" if rows or turn.opening_call_id else _answer_key(turn, scene, tools)
    sources = tuple(llm.Source(**source) for row in rows for source in row.sources)
    return Context(instructions(scene), said, as_rounds(rows), sources, from_round, key)


def _answer_key(turn: Turn, scene: Scene, tools: list[llm.ToolSpec]) -> str:
    """What the answer to a conversation's first message is kept under; empty where staff do not want that."""
    conversation = turn.conversation
    earlier = conversation.messages.filter(seq__lt=turn.message.seq)
    if not conversation.assistant.reuse_answers_hours or earlier.exists():
        return ""
    today = scene.now.astimezone(ZoneInfo(scene.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    models = [str(one) for group in router.candidates(conversation.assistant) for one in group]
    told = replace(scene, now=today), tools, models, conversation.locale
    return answer_cache.key(told, turn.message.text)


# --- Life of the process --------------------------------------------------------------------------------------------


async def resume() -> int:
    """Run the turns that were left behind; returns how many were found."""
    found = await in_db(turns_left_behind)(PARALLEL_RESUMES)
    for turn_id in found:
        start(turn_id)
    return len(found)


async def resume_here() -> None:
    """For a worker, whose event loop lives as long as its task: take up what was left behind, and see it to its end."""
    await resume()
    await asyncio.gather(*(running.task for running in _running.values()), return_exceptions=True)


async def keeper() -> None:
    """Until cancelled: take up what other runners left behind, and pass on the visitors' wish to stop. Then let the
    turns of this process end, and hand over what takes longer than ASSISTANT_DRAIN_SECONDS."""
    live.bind(asyncio.get_running_loop())
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_keep_resuming())
            group.create_task(_hear_stops())
    finally:
        await drain(settings.ASSISTANT_DRAIN_SECONDS)


async def _keep_resuming() -> None:
    while True:
        try:
            await resume()
        except Exception:
            log.warning("left-behind turns could not be looked for", exc_info=True)
        await asyncio.sleep(KEEPER_SECONDS)


async def _hear_stops() -> None:
    """A stop may reach another process than the runner's. Unheard, the heartbeat sees it a moment later."""
    async with live.subscribe(live.RUNNERS) as ear:
        while True:
            asked = await ear.next()
            if asked and (running := _running.get(asked["turn"])):
                running.stop.set()


def adopt() -> int:
    """At the start of the only process: whatever was running is nobody's any more."""
    return let_leases_lapse()


async def drain(seconds: float) -> None:
    """Let running turns end, and the calls that stopped ones have begun; after `seconds`, hand the turns that are left to
    whoever comes next. A call that still runs then is unknown to them, until its own deadline is over."""
    ends = time.monotonic() + seconds
    while late := {running.task for running in _running.values()}:
        if time.monotonic() >= ends:
            break
        await asyncio.wait(late, timeout=ends - time.monotonic())
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    if acting := executor.acting():
        await asyncio.wait(acting, timeout=max(ends - time.monotonic(), 0))
