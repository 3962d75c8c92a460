"""One request and its response: text as it arrives, then one `Completion`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import Any

import orjson

from assistant import outbound
from assistant.errors import OutboundError, ProviderBadResponse, ProviderError
from assistant.llm import Completion, Finish, TokenUsage
from assistant.providers.completions.event_stream import EventStream
from assistant.providers.completions.failures import classified, from_outbound
from assistant.providers.completions.pace import PACE, Pace
from assistant.providers.completions.reply import Reply
from assistant.providers.completions.request import Request, body

MAX_ANSWER_BYTES = 33_554_432  # hidden reasoning can be long
ERROR_BYTES = 65_536
CONNECT_SECONDS = 3.0
DONE_SECONDS = 2.0  # for the end of the connection alone, which then serves again
SLICE_BYTES = 16_384  # of an answer that are read in one go: then others get their turn


async def ask(request: Request, pace: Pace = PACE) -> AsyncIterator[str | Completion]:
    """Visible text as it comes, then one `Completion`.

    Raises `ProviderError`. When that happens after some text, `error.details["partial"]` is the `Completion` so far,
    with finish "cut_off". Closing the iterator closes the connection.
    """
    exchange = _Exchange(request, pace)
    reply = exchange.reply
    try:
        async with aclosing(exchange.texts()) as texts:
            async for text in texts:
                yield text
    except ProviderError as error:
        if exchange.shown:
            error.details["partial"] = exchange.completion("cut_off")
        raise
    finish: Finish = "length" if reply.too_long else "content_filter" if reply.refused else reply.finish or "stop"
    completion = exchange.completion(finish)
    if not reply.text and not completion.calls and not completion.unread_call and finish != "content_filter":
        raise ProviderError("The model's answer was empty.", cause="empty", code="no_answer", retryable=finish == "stop")
    yield completion


class _Exchange:
    """One request, and what came back so far."""

    def __init__(self, request: Request, pace: Pace) -> None:
        self.request = request
        self.pace = pace
        self.sent = request.sent or body(request)
        can = request.capabilities
        keywords = {tool.name for tool in request.tools if tool.callable_in_text and not can.tools}
        offered = [tool for tool in request.tools if can.tools or tool.callable_in_text]
        # A model may write a call all the same where it may not call: what it asks for is hidden, and not run.
        called = {call.name for message in request.messages for call in message.calls}
        withheld = called.union(tool.name for tool in request.tools)
        unopened = not can.opens_thinking
        self.reply = Reply(request.provider.key, keywords, unopened, tools=offered, withheld=sorted(withheld))
        # Between the first byte and the last of an answer that is not streamed, a model thinks and writes all of it.
        streamed = b'"stream":false' not in self.sent
        self._silence_seconds = request.silence_seconds if streamed else request.deadline_seconds
        self.events = EventStream()
        self._began = time.monotonic()
        self._first_token_ms: int | None = None
        self._answered = False
        self._unyielded = 0  # bytes read since others had their turn
        self._text_at = self._read_at = 0.0  # when text came first and last, on the monotonic clock

    async def texts(self) -> AsyncGenerator[str]:
        """The visible text, `reply` filling up meanwhile; returns when the answer has properly ended."""
        reply = self.reply
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(self._left()):
                    answer = await stack.enter_async_context(self._post())
                    self._answered = True
                    if answer.status != 200:
                        said = await _refusal(answer)
                        if reply.recover(said):
                            return
                        raise self._refused(answer, said)
                chunks = await stack.enter_async_context(aclosing(answer.chunks()))  # type: ignore[type-var]
                while (chunk := await self._next(answer, chunks)) is not None:
                    for start in range(0, len(chunk), SLICE_BYTES):
                        text, error = self._read_slice(chunk[start : start + SLICE_BYTES])
                        if text and (self.shown or not error):
                            yield self._timed(text)
                        if error:
                            raise error
                        if reply.too_long:
                            return
                        await self._let_others(min(SLICE_BYTES, len(chunk) - start))
                text, error = self._read(self.events.close())
                if error:
                    raise error
                if text := text + reply.close():
                    yield self._timed(text)
        except OutboundError as error:
            if error.code == "too_large" and reply.text:
                reply.too_long = True
                return
            raise from_outbound(error, self._answered, shown=self.shown) from error
        except TimeoutError as error:
            raise ProviderError("The provider took too long.", cause="timeout") from error
        self._check_end()

    def _post(self) -> AbstractAsyncContextManager[outbound.Streamed]:
        provider = self.request.provider
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
        return outbound.stream(
            "POST",
            provider.endpoint("chat/completions", self.request.model),
            reach=provider.reach,
            headers={**provider.request_headers(), **headers},
            content=self.sent,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=self._silence_seconds,
            # Counted there, by one timer: a generator's own would cancel its reader, and one around each wait costs 10 µs.
            deadline_seconds=self._left(),
            max_bytes=MAX_ANSWER_BYTES,
            resend=True,
        )

    def _refused(self, answer: outbound.Streamed, said: Any) -> ProviderError:
        request = self.request
        schema, key = request.capabilities.schema, request.provider.key
        return classified(answer.status, said, answer.headers, sent=self.sent, key=key, schema=schema)

    def _check_end(self) -> None:
        """Raise what is wrong with an answer that came to its end without an error."""
        reply = self.reply
        if reply.finish is None and reply.unknown_finish:
            # Such as "insufficient_system_resource", DeepSeek's word for an answer that it gave up.
            message = f"The provider ended its answer for another reason: {reply.unknown_finish}"
            raise ProviderError(message, cause="server_error", retryable=True)
        if reply.finish is None and not self.events.done:
            raise ProviderError("The provider's answer broke off.", cause="cut_off", retryable=not self.shown)
        if not reply.answered:
            raise ProviderBadResponse("The provider's answer is not that of a chat.")

    @property
    def shown(self) -> bool:
        return self._first_token_ms is not None

    def completion(self, finish: Finish) -> Completion:
        reply = self.reply
        calls = reply.calls(complete=finish in ("stop", "tool_calls"))
        if reply.usage and reply.usage[0]:
            usage = TokenUsage(*reply.usage)
        else:
            usage = TokenUsage(estimated_tokens(self.sent), (reply.generated + 3) // 4, exact=False)
        return Completion(
            text=reply.text,
            calls=calls,
            finish="tool_calls" if calls and finish == "stop" else finish,
            usage=usage,
            provider=self.request.provider.name,
            model=self.request.model,
            first_token_ms=self._first_token_ms,
            total_ms=self._elapsed_ms(),
            learnt={"opens_thinking": False} if reply.met_unopened else {},
            opaque=reply.opaque,
            ran_on=reply.ran_on,
            unread_call=reply.unread_call and finish in ("stop", "tool_calls"),
        )

    def _read_slice(self, part: bytes) -> tuple[str, ProviderError | None]:
        if self.reply.finish is None and (said := self.events.text(part)):
            return self.reply.add_plain(said), None
        text, error = self._read(self.events.feed(part))
        return text, error or self.events.failure

    def _read(self, events: list[dict[str, Any]]) -> tuple[str, ProviderError | None]:
        """The text of these objects, and the error that they end with. Text that comes with an error is worth showing
        only where some is shown already: else another provider may still answer."""
        texts: list[str] = []
        try:
            for text in self.reply.add_all(events):
                texts.append(text)
        except ProviderError as error:
            return "".join(texts), error
        return "".join(texts), None

    async def _next(self, answer: outbound.Streamed, chunks: AsyncIterator[bytes]) -> bytes | None:
        """The next bytes; None when there are no more, or none worth waiting for."""
        reply = self.reply
        if not self.events.done and (reply.finish_is_moot or not reply.ended):
            if self._read_at and not answer.arrived and self.pace.gathers(reply.text_chars):
                self.pace.hold(answer, self._text_at, self._read_at)
            try:
                return await anext(chunks, None)
            except OutboundError:
                if reply.finish is None or reply.finish_is_moot:
                    raise
                return None  # the last words had said that they are the last
        # Nothing but the count of tokens is still to come. Only a stream that is read to its end frees its connection.
        try:
            async with asyncio.timeout(DONE_SECONDS if self.events.done else self.request.tail_seconds):
                return await anext(chunks, None)
        except (TimeoutError, OutboundError):
            return None

    async def _let_others(self, size: int) -> None:
        """A server that sends fast never makes us wait, so other tasks would never run."""
        self._unyielded += size
        if self._unyielded >= SLICE_BYTES:
            self._unyielded = 0
            await asyncio.sleep(0)

    def _left(self) -> float:
        return max(self._began + self.request.deadline_seconds - time.monotonic(), 0)

    def _timed(self, text: str) -> str:
        self._read_at = time.monotonic()
        if self._first_token_ms is None:
            self._text_at, self._first_token_ms = self._read_at, self._elapsed_ms()
        return text

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)


def estimated_tokens(sent: bytes) -> int:
    """Roughly: four bytes make a token, in text and in JSON alike."""
    return (len(sent) + 3) // 4


async def _refusal(answer: outbound.Streamed) -> Any:
    """The body of an answer that is no 200: as JSON if it is that, else as text; {} when it does not come."""
    said = b""
    try:
        async with asyncio.timeout(5):
            async for chunk in answer.chunks():
                said += chunk
                if len(said) > ERROR_BYTES:
                    break
    except (OutboundError, TimeoutError):
        pass
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError:
        # The text of a web page is of no help.
        return "" if said.lstrip()[:1] == b"<" else said[:2000].decode(errors="replace")
