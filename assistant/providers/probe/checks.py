"""The checks of a probe, as a table in their order; each returns whether the next ones are worth asking."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from assistant import outbound
from assistant.errors import AddressRefused, OutboundError, ProviderBadResponse, ProviderError
from assistant.llm import ChatMessage, Completion, ToolSpec
from assistant.providers import completions, realtime
from assistant.providers.probe.models_list import fetch_models, listed, parsed
from assistant.providers.probe.state import Probe

# The server has decided: it says so twice at most.
REFUSED = ("bad_request", "schema_refused", "not_found", "tools_unsupported")
GIVEN_UP = ("dns", "refused", "tls", "timeout", "address_refused")  # asking again would only take as long again
TRIES = 3  # of what fails in a way that may pass, before it is taken for what the server cannot do
THOUGHT_TOKENS = 50  # more than these that are not in the answer were thought

COLOURS = ToolSpec(
    "note_colour",
    "Write one colour down.",
    {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"], "additionalProperties": False},
)
OWN_TOOLS = [ChatMessage("user", "Hello! Answer with one short sentence, and call no tool.")]
SAY_OK = [ChatMessage("user", "Answer with the single word: ok")]
COUNT = [ChatMessage("user", "Count from one to ten in words, separated by commas.")]
ONE_CALL = [ChatMessage("user", "Call the tool note_colour once, with the colour blue. Write nothing else.")]
TWO_CALLS = [
    ChatMessage(
        "user", "Call the tool note_colour twice in this one answer: once with blue and once with green. Write nothing else."
    )
]


async def list_models(run: Probe) -> bool:
    """GET /models, which no server needs to have. False when the server cannot be reached at all."""
    began = time.monotonic()
    try:
        answer = await fetch_models(run.provider, run.request_seconds)
    except OutboundError as error:
        said = completions.from_outbound(error, answered=False)
        run.fail("models", said, error)
        # A server that is slow to list may still answer; one that cannot be reached will not.
        return not isinstance(error, AddressRefused) and (said.cause not in GIVEN_UP or said.cause == "timeout")
    ms = round((time.monotonic() - began) * 1000)
    if answer.status in (404, 405, 501):
        run.add("models", "no", detail="The server does not list its models; it need not.", ms=ms)
        return True
    if answer.status != 200:
        said = completions.classified(answer.status, parsed(answer.body), answer.headers, key=run.provider.key)
        run.add("models", "failed", said.cause, str(said), ms)
        return True
    try:
        run.models, run.shutdowns = listed(answer.body)
    except ProviderBadResponse as error:
        run.add("models", "failed", error.cause, str(error), ms)
        return True
    detail = f"{len(run.models)} models."
    # Azure lists models, and is asked by deployment.
    if run.models and run.model not in run.models and not run.provider.api_version:
        detail += f" {run.model} is not among them{run.nearest()}; it may still work."
    run.add("models", "yes", detail=detail, ms=ms)
    return True


async def chat(run: Probe) -> bool:
    """One whole answer, without streaming. False when there is none."""
    began = time.monotonic()
    try:
        _, answer = await run.ask(SAY_OK, streaming=False)
        thinks = _thought(answer)
    except ProviderError as error:
        if not _still_thinking(error):
            run.fail("chat", error)
            return False
        thinks = True
    run.note("thinks", thinks)
    run.note("token_limit", run.can.token_limit, run.why.get("token_limit", ""))
    run.add("chat", "yes", ms=round((time.monotonic() - began) * 1000))
    return True


async def stream(run: Probe) -> bool:
    """Whether it streams. An error decides nothing by itself: a server refuses streams if it does so each time, while it
    answers the same question without one."""
    counted = await _counted(run)
    if counted is None:
        return True
    pieces, run.streamed = counted
    run.note("streaming", True)
    # A quick server's pieces arrive together: then the content type of its answer decides.
    if pieces > 1 or await _is_event_stream(run):
        run.add("stream", "yes", ms=run.streamed.first_token_ms)
    else:
        run.add("stream", "unknown", detail="The answer came in one piece.", ms=run.streamed.first_token_ms)
    return True


async def _counted(run: Probe) -> tuple[int, Completion] | None:
    """The streamed answer, and in how many pieces it came; None after a failure, which is added."""
    attempt = 0
    while True:
        attempt += 1
        try:
            return await run.ask(COUNT, streaming=True)
        except ProviderError as error:
            if error.cause in GIVEN_UP or error.cause in ("rate_limited", "empty"):
                run.fail("stream", error)
                return None
            if attempt < (2 if error.cause in REFUSED else TRIES):
                continue
            if await _answers_whole(run):
                run.can = replace(run.can, streaming=False)
                run.note("streaming", False, f"failed {attempt} times while streaming, and answered without: {error}")
                run.add("stream", "no", error.cause, str(error))
            else:
                run.fail("stream", error)
            return None


async def _answers_whole(run: Probe) -> bool:
    """Whether it answers the question of `stream` when it need not stream."""
    try:
        await run.ask(COUNT, streaming=False)
    except ProviderError as error:
        return _still_thinking(error)
    return True


async def _is_event_stream(run: Probe) -> bool:
    """Whether its answer has the content type of a stream; the answer itself is not read."""
    try:
        async with outbound.stream(
            "POST",
            run.provider.endpoint("chat/completions", run.model),
            reach=run.provider.reach,
            headers={**run.provider.request_headers(), "Content-Type": "application/json"},
            content=completions.body(run.request(COUNT, streaming=True)),
            read_seconds=run.request_seconds,
        ) as answer:
            return answer.headers.get("content-type", "").startswith("text/event-stream")
    except OutboundError:
        return False


# --- Tools ------------------------------------------------------------------------------------------------------------


async def tools(run: Probe) -> bool:
    """Whether it calls a tool when it need not stream."""
    run.calls_whole = await _called(run, "tools", ONE_CALL, streaming=False)
    if run.calls_whole:
        run.note("tools", True)
    return True


async def tools_streaming(run: Probe) -> bool:
    """Whether it calls a tool while it streams."""
    if run.calls_whole is None:
        return True
    if not run.can.streaming:
        run.add("tools_streaming", "no", detail="The server does not stream.")
        return True
    streaming = await _called(run, "tools_streaming", ONE_CALL, streaming=True)
    if streaming is not None and run.calls_whole and not streaming:
        # Known of servers that drop the call when they stream: then a turn with tools is not streamed.
        run.note("tools_streaming", False, "answered in words twice while streaming, and called the tool without")
        run.can = replace(run.can, tools_streaming=False)
    elif streaming:
        run.note("tools", True)
        run.note("tools_streaming", True)
    return True


async def own_tools(run: Probe) -> bool:
    """Whether it accepts the schemas of the tools that visitors' turns offer: servers refuse keywords that others need."""
    if run.calls_whole is None or not run.own_tools or not run.can.tools:
        return True
    ms = None
    for attempt in (1, 2):
        try:
            _, completion = await run.ask(OWN_TOOLS, streaming=run.can.tools_streaming, tools=run.own_tools)
            ms = completion.total_ms
        except ProviderError as error:
            if error.cause != "empty":  # which is an answer: the tools were accepted, and that is the question
                if attempt == 1 and error.cause not in GIVEN_UP:
                    continue
                run.fail("own_tools", error)
                return True
        break
    # Also where nothing was refused: it corrects what use may have learnt from one bad answer.
    run.note("schema", run.can.schema, run.why.get("schema", ""))
    run.add("own_tools", "yes", detail=f"{len(run.own_tools)} tools.", ms=ms)
    return True


async def parallel_calls(run: Probe) -> bool:
    """Whether it calls two tools in one answer."""
    if run.measured.get("tools"):
        streaming = run.measured.get("tools_streaming", False)
        both = await _called(run, "parallel_calls", TWO_CALLS, streaming=streaming, wanted=2)
        if both is not None:
            run.note("parallel_calls", both)
    return True


async def _called(run: Probe, name: str, messages: list[ChatMessage], *, streaming: bool, wanted: int = 1) -> bool | None:
    """Ask for `wanted` calls and note the outcome; None when that cannot be determined. Asks twice: models are fickle."""
    said, failure = "", None
    for _ in range(2):
        try:
            _, completion = await run.ask(messages, streaming=streaming, tools=[COLOURS])
        except ProviderError as error:
            failure = error
            continue
        calls = [call for call in completion.calls if call.name == COLOURS.name and call.arguments]
        if len(calls) >= wanted:
            run.add(name, "yes", ms=completion.total_ms)
            return True
        said = "The model called the tool once." if calls else "The model answered in words."
    if failure is None:
        # Words instead of a call prove nothing about the next model, and little about this one.
        run.add(name, "no" if wanted > 1 or run.measured.get("tools") else "unknown", detail=said)
        return False
    if not said and (failure.cause == "tools_unsupported" or "tools" in (failure.details.get("lacks") or {})):
        run.note("tools", False, f"refused twice: {failure}")
        run.can = replace(run.can, tools=False)
        run.add(name, "no", "tools_unsupported", str(failure))
    elif failure.cause == "empty":
        run.add(name, "unknown", failure.cause, str(failure))
    else:
        run.fail(name, failure)
    return None


# --- Usage and voice --------------------------------------------------------------------------------------------------


async def usage(run: Probe) -> bool:
    """Whether a stream says how many tokens it took."""
    if run.streamed is not None:
        counted = run.streamed.usage.exact
        run.note("usage_in_stream", run.can.usage_in_stream, run.why.get("usage_in_stream", ""))
        run.add("usage", "yes" if counted else "no", detail="" if counted else "Tokens are estimated from the text.")
    return True


async def voice(run: Probe) -> bool:
    """Whether it hands out session keys for voice."""
    can, reason = realtime.available(run.provider, azure=run.realtime_azure)
    if not can:
        run.note("realtime", False)
        run.add("realtime", "no", detail=reason)
        return True
    try:
        await realtime.session_key(run.provider, instructions="Say nothing.", azure=run.realtime_azure)
    except realtime.Refused as error:
        run.add("realtime", "failed", error.cause, str(error))
        return True
    run.note("realtime", True)
    run.add("realtime", "yes")
    return True


def _thought(answer: Completion) -> bool:
    """Whether more was counted than the answer can have: no token is shorter than a byte. A small model that chatters, or
    goes on after the end of its answer, was counted for what it wrote."""
    beyond = answer.usage.completion_tokens - len(answer.text.encode())
    return answer.usage.exact and beyond > THOUGHT_TOKENS and not answer.ran_on


def _still_thinking(error: ProviderError) -> bool:
    """Whether the answer was empty because thinking used up the tokens that we allow: it works, given more."""
    return error.cause == "empty" and not error.retryable


CHECKS: dict[str, Callable[[Probe], Awaitable[bool]]] = {
    "models": list_models,
    "chat": chat,
    "stream": stream,
    "tools": tools,
    "tools_streaming": tools_streaming,
    "own_tools": own_tools,
    "parallel_calls": parallel_calls,
    "usage": usage,
    "realtime": voice,
}
