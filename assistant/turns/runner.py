"""Running a turn: claim it, hold its lease while the reply is written, save the outcome."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.utils import timezone

from assistant import events, live
from assistant.async_db import in_db, in_turn_db
from assistant.engine.loop import ReplyEnded
from assistant.errors import InterworkyError, ProviderError, TurnTaken
from assistant.models import Turn
from assistant.providers import embeddings, router
from assistant.services.conversations.leases import (
    MAX_ATTEMPTS,
    claim_turn,
    give_back_lease,
)
from assistant.services.conversations.outcomes import Outcome, finish_turn, settle_all
from assistant.services.knowledge import questions
from assistant.tools.executor import Executor
from assistant.turns.beginning import ClaimedTurn
from assistant.turns.heartbeat import lease_kept
from assistant.turns.outcome import Ending, build_outcome
from assistant.turns.reply import ExecutorFor, ModelFor, ReplyDependencies, announce_if_leased, write_reply

log = logging.getLogger(__name__)

EXECUTOR_FOR: ExecutorFor = partial(Executor.for_turn, embed=embeddings.of_query)


@dataclass
class _Running:
    task: asyncio.Task[None]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    begun: ClaimedTurn | None = None


_running: dict[str, _Running] = {}  # by turn id; the strong reference that keeps a task alive


def start(
    turn_id: UUID | str,
    begun: ClaimedTurn | None = None,
    *,
    model_for: ModelFor | None = None,
    executor_for: ExecutorFor | None = None,
) -> None:
    """Run a turn in this process, as a task beside the caller's. `begun`: it is claimed for this process already."""
    key = str(turn_id)
    if key not in _running:
        running = _run_and_go_on(key, model_for, executor_for)
        task = asyncio.get_running_loop().create_task(running, name=f"turn {key}")
        _running[key] = _Running(task, begun=begun)
        task.add_done_callback(lambda _: _running.pop(key, None))


def stop_here(turn_id: str) -> None:
    """End a reply where it is, if this process is the one that writes it."""
    if running := _running.get(turn_id):
        running.stop.set()


def running_tasks() -> set[asyncio.Task[None]]:
    """The turns that this process runs now."""
    return {running.task for running in _running.values()}


async def _run_and_go_on(turn_id: str, model_for: ModelFor | None, executor_for: ExecutorFor | None) -> None:
    """Run a turn, then whatever its conversation has queued meanwhile."""
    following: UUID | None = None
    try:
        following = await run(turn_id, model_for=model_for, executor_for=executor_for)
    except TurnTaken:
        log.debug("turn %s is another runner's", turn_id)
    except Exception:
        log.exception("turn %s was left behind; it will be resumed", turn_id)
    if following and str(following) != turn_id:
        start(following, model_for=model_for, executor_for=executor_for)


async def run(
    turn_id: UUID | str,
    *,
    model_for: ModelFor | None = None,
    executor_for: ExecutorFor | None = None,
) -> UUID | None:
    """Claim a turn, unless it was begun with its message, answer it and save the outcome; returns its conversation's next
    turn that waits. Without `model_for` and `executor_for`, the router and the executor are asked.

    Raises `TurnTaken` when it is not ours to run, or no longer.
    """
    running = _running.get(str(turn_id))
    begun = (running.begun if running else None) or ClaimedTurn(await in_db(claim_turn)(turn_id))
    turn = begun.turn
    turn.unsettled = turn.unsettled or []
    usable = begun.prepared if model_for is None and executor_for is None else None
    means = ReplyDependencies(model_for or router.model_for, executor_for or EXECUTOR_FOR, usable)
    stop = running.stop if running else asyncio.Event()
    if turn.stop_requested_at:
        stop.set()
    draft = live.ReplyDraft(fence=turn.fence)
    live.keep_draft(turn.pk, draft)
    announce_if_leased(turn, events.TurnStarted(str(turn.pk), str(turn.message_id), turn.fence))
    try:
        async with lease_kept(turn, stop):
            ending = await _answer(turn, draft, stop, means)
        await _close(begun)
        await in_turn_db(_finish)(turn, build_outcome(ending, turn.conversation.locale))
    except asyncio.CancelledError:
        await asyncio.shield(in_db(give_back_lease)(turn))
        raise
    finally:
        live.keep_draft(turn.pk, None)
        if turn.unsettled is not None:
            await asyncio.shield(_settle(begun))
    return turn.following


def _finish(turn: Turn, outcome: Outcome) -> None:
    """One hop: save the outcome, and note the question for staff where it may have got no good answer. The reply stands
    whatever becomes of that."""
    finish_turn(turn, outcome)
    if not outcome.text or not (turn.may_have_calls or questions.does_not_know(outcome.text)):
        return
    try:
        questions.record_unanswered(turn, outcome.text)
    except Exception:
        log.exception("turn %s: its question could not be noted", turn.pk)


async def _close(begun: ClaimedTurn) -> None:
    """Let go of what was prepared and not used."""
    if begun.prepared and begun.prepared.model:
        await begun.prepared.model.close()


async def _settle(begun: ClaimedTurn) -> None:
    """Settle what no outcome has: the turn is another runner's by now, or will be."""
    try:
        await _close(begun)
        if begun.turn.unsettled:
            await in_db(settle_all)(begun.turn)
    except Exception:
        log.exception("turn %s: what it has used could not be settled", begun.turn.pk)


async def _answer(turn: Turn, draft: live.ReplyDraft, stop: asyncio.Event, means: ReplyDependencies) -> Ending:
    """Write the reply; whatever happens, how that ended: a visitor is never left without a word."""
    reply: ReplyEnded | None = None
    failure: InterworkyError | None = None
    began = time.monotonic()
    try:
        if turn.attempts > MAX_ATTEMPTS:
            raise InterworkyError("Too many runners failed at this turn.")
        async with asyncio.timeout((turn.deadline_at - timezone.now()).total_seconds()):
            reply = await _write_until_stopped(turn, draft, stop, means)
    except TimeoutError:
        failure = ProviderError("The turn's deadline passed.", cause="timeout", code="not_available")
    except InterworkyError as error:
        failure = error
    except Exception as error:
        log.exception("turn %s failed", turn.pk)
        failure = InterworkyError(type(error).__name__)
    return Ending(draft.text.rstrip(), round((time.monotonic() - began) * 1000), reply, failure)


async def _write_until_stopped(
    turn: Turn, draft: live.ReplyDraft, stop: asyncio.Event, means: ReplyDependencies
) -> ReplyEnded | None:
    """How the reply ended; None when the visitor stopped it. Raises what writing it raises."""
    # A stop takes effect only once what a click has asked for, or an earlier runner has begun, has come to its end.
    may_stop = asyncio.Event()
    if turn.fence == 1 and turn.opening_call is None:
        may_stop.set()
    stopping = asyncio.ensure_future(_wait_for_all(may_stop, stop))
    writing = asyncio.ensure_future(write_reply(turn, draft, means, may_stop))
    try:
        await asyncio.wait({writing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return writing.result() if writing.done() else None
    finally:
        for task in (writing, stopping):
            task.cancel()
        await asyncio.gather(writing, stopping, return_exceptions=True)


async def _wait_for_all(*wanted: asyncio.Event) -> None:
    for event in wanted:
        await event.wait()
