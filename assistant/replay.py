"""Replays: a past conversation before today's assistant, with its prompt, methods and model, and no effects.

Each message of the visitor is put to it with all that was said before it at the time, so that every reply compares with
the one that the visitor got. A call that the conversation made then has its result from the ledger; any other is a dry
run. Nobody is asked: what needs the visitor's consent waits.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from celery import shared_task
from django.conf import settings

from assistant import events, llm
from assistant.async_db import fresh_connections, in_db
from assistant.engine import loop
from assistant.engine.prompt import build_scene, instructions
from assistant.errors import BudgetExceeded, InterworkyError
from assistant.models import Conversation, ToolCall
from assistant.providers import embeddings, router
from assistant.redaction import clean
from assistant.services import renewal
from assistant.services.methods import replays
from assistant.services.methods.replays import Call, Question, Result
from assistant.tools.executor import Executor
from assistant.tools.results import WAITING, recorded_result
from assistant.tools.tool import Tool

log = logging.getLogger(__name__)

REPLY_SECONDS = 90.0  # less than a task may take
GO_ON = "\n(This is a rehearsal: go on as if it had been done just like that.)"

ModelFor = Callable[..., Awaitable[llm.Model]]


@shared_task(name=replays.TASK)  # type: ignore[untyped-decorator]
@fresh_connections()
def answer_next(replay_id: str) -> None:
    """Answer one message of a replay, if it is due and nobody else is at it."""
    async_to_sync(answer)(replay_id)


async def answer(replay_id: UUID | str, model_for: ModelFor = router.model_for) -> bool:
    """Answer a replay's next message; whether there was one."""
    claimed = await in_db(replays.claim)(replay_id)
    if claimed is None:
        return False
    replay, question = claimed
    if question is None:
        await in_db(replays.end)(replay)
        return False
    lease = renewal.Renewal(replay)
    try:
        await in_db(replays.keep)(replay, await _answer_now(replay.conversation, question, model_for))
    except BudgetExceeded:
        await in_db(replays.end)(replay, "The organization's budget for today is used up.")
        return False
    finally:
        await asyncio.to_thread(lease.stop)
    return True


async def _answer_now(conversation: Conversation, question: Question, model_for: ModelFor) -> Result:
    """What the message would be answered with now. Raises `BudgetExceeded`."""
    recorder = ReplayRecorder(question.recorded)
    began = time.monotonic()
    text, problem, ended = "", "", None
    try:
        async with asyncio.timeout(REPLY_SECONDS):
            async with aclosing(_run_engine(conversation, question, recorder, model_for)) as engine_events:
                async for event in engine_events:
                    if isinstance(event, events.ReplyDelta):
                        text = text[: event.offset] + event.text
                    elif isinstance(event, loop.ReplyEnded):
                        text, ended = event.text, event
    except BudgetExceeded:
        raise
    except TimeoutError:
        problem = f"The reply was not finished after {REPLY_SECONDS:.0f} seconds."
    except InterworkyError as error:
        problem = f"{type(error).__name__}: {error}"[:300]
    except Exception as error:
        log.exception("a reply to message %s could not be rehearsed", question.turn.message_id)
        problem = f"The reply failed because of an internal error: {type(error).__name__}."
    return Result(
        message=str(question.turn.message_id),
        text=clean(text).rstrip(),
        calls=recorder.calls,
        caught=[clean(claim) for claim in ended.caught] if ended else [],
        problem=problem or _unfinished(ended),
        provider=ended.provider if ended else "",
        model=ended.model if ended else "",
        prompt_tokens=ended.usage.prompt_tokens if ended else 0,
        completion_tokens=ended.usage.completion_tokens if ended else 0,
        total_ms=round((time.monotonic() - began) * 1000),
    )


async def _run_engine(
    conversation: Conversation, question: Question, recorder: ReplayRecorder, model_for: ModelFor
) -> AsyncGenerator[events.WidgetEvent, None]:
    """What the engine does, with today's prompt, methods and model."""
    executor = await Executor.for_conversation(conversation, dry_run=True, embed=embeddings.of_query, recorder=recorder)
    system = await in_db(_system_message)(conversation, question, can_act=bool(executor.tools))
    messages = [llm.ChatMessage("system", system), *question.history]
    # Not the visitor's conversation: what staff try out is not taken from what the visitor may use.
    model = await model_for(conversation.assistant, task="reply")
    limits = loop.Limits(settings.ASSISTANT_MAX_ROUNDS, settings.ASSISTANT_MAX_CALLS)
    before = executor.effects_of(question.done_before)
    async with aclosing(loop.run(model, executor, messages, limits, effects=before)) as engine_events:
        async for event in engine_events:
            yield event


def _system_message(conversation: Conversation, question: Question, *, can_act: bool) -> str:
    """Today's prompt on the day of the message, so that "tomorrow" means what it meant."""
    message = question.turn.message
    return instructions(build_scene(conversation, now=message.at, can_act=can_act, message=message))


def _unfinished(ended: loop.ReplyEnded | None) -> str:
    if ended is None:
        return ""
    if ended.unkept:
        return "The model repeated a false claim, so the reply ends there. The visitor would read that it was not done."
    return {
        "length": "The reply was cut off at its maximum length.",
        "cut_off": "The provider cut the reply off.",
        "content_filter": "The provider's content filter stopped the reply.",
    }.get(ended.finish, "" if ended.text else "The model returned no text.")


class ReplayRecorder:
    """The executor's recorder in a replay: a call that the conversation made then has the result that it had, any other
    is a dry run of which the model is told that it was done. `calls` are those that were made."""

    def __init__(self, recorded: Iterable[ToolCall]) -> None:
        self.calls: list[Call] = []
        self._recorded = {(row.name, _sorted(row.arguments)): row for row in recorded}

    async def result_of(
        self, call: llm.ToolCallRequest, tool: Tool | None, run: Callable[[], Awaitable[llm.ToolResult]]
    ) -> llm.ToolResult:
        row = self._recorded.get((call.name, _sorted(call.arguments))) if tool else None
        result = recorded_result(row, tool) if row else await run()
        given = _as_if_done(tool, result) if tool and row is None and result.outcome == "done" else result
        self.calls.append(
            Call(
                name=clean(call.name),
                arguments=clean(_sorted(call.arguments)),
                outcome=given.outcome,
                result=clean(result.text),
                recorded=row is not None,
            )
        )
        return given


def _as_if_done(tool: Tool, dry: llm.ToolResult) -> llm.ToolResult:
    """What the model is given for a dry run: that it was done, or that the visitor is asked, as it would be."""
    if tool.needs_confirmation:
        return llm.ToolResult(WAITING, "waiting")
    return replace(dry, text=dry.text + GO_ON if tool.effects else dry.text, effects=tool.effects)


def _sorted(arguments: dict[str, Any] | None) -> str:
    return json.dumps(arguments, sort_keys=True, ensure_ascii=False)
