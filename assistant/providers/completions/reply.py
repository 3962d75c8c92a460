"""One reply, assembled from the JSON objects of its stream."""

from __future__ import annotations

import io
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

import orjson

from assistant.errors import ProviderError
from assistant.llm import Finish, ToolCallRequest, ToolSpec
from assistant.providers.completions.escaped_marks import EscapedMarks
from assistant.providers.completions.event_shapes import choices_of, content_of, delta_of, error_alone, plain_content
from assistant.providers.completions.failures import classified, status_of
from assistant.providers.completions.framing import Framing
from assistant.providers.completions.harmony import Harmony
from assistant.providers.completions.key_mask import MIN_KEY_CHARS, KeyMask
from assistant.providers.completions.tool_calls import CallCollector
from assistant.providers.completions.visible_text import MAX_TEXT_CHARS, Keywords, Visible
from assistant.providers.completions.written_calls import WrittenCalls
from assistant.redaction import is_storable, redacted

FINISHES: dict[str, Finish] = {
    "stop": "stop", "eos": "stop", "eos_token": "stop", "end_turn": "stop", "stop_sequence": "stop", "stop_token": "stop",
    "complete": "stop", "completed": "stop", "end": "stop", "done": "stop", "finished": "stop", "finish": "stop",
    "true": "stop", "finish_reason_stop": "stop", "eot": "stop", "<|im_end|>": "stop", "<|eot_id|>": "stop", "</s>": "stop",
    "<|endoftext|>": "stop",
    "tool_calls": "tool_calls", "tool_call": "tool_calls", "function_call": "tool_calls", "tool_use": "tool_calls",
    "length": "length", "max_tokens": "length", "model_length": "length", "max_output_tokens": "length",
    "finish_reason_max_tokens": "length", "repetition": "length", "repetition_truncation": "length",
    "max_completion_tokens": "length", "token_limit": "length", "context_length_exceeded": "length",
    "content_filter": "content_filter", "safety": "content_filter", "refusal": "content_filter",
    "content_filtered": "content_filter", "recitation": "content_filter", "sensitive": "content_filter",
    "prohibited_content": "content_filter", "blocklist": "content_filter", "spii": "content_filter",
    "guardrail_intervened": "content_filter", "error_toxic": "content_filter",
}  # fmt: skip
NO_FINISH = ("", "null", "none", "undefined", "finish_reason_unspecified", "unspecified", "unknown", "in_progress")
# Of MiniMax, which says so under the status 200. https://platform.minimax.io/docs/api-reference/errorcode
MINIMAX_STATUS = {1002: 429, 1004: 401, 1008: 402, 1026: 400, 1027: 400, 1039: 400, 2013: 400, 2049: 401}
OPAQUE = ("reasoning_content", "reasoning", "reasoning_details")
MAX_OPAQUE_BYTES = 262_144
MAX_COMPARED_CHARS = 1_048_576
PIECE_CHARS = 1024  # what the filters are given at a time: their work on one piece grows with its length


class Reply:
    """One answer, put together from the objects of its stream. `tools` are those that were offered, `withheld` the names
    of the assistant's others; `keywords` the names that a model without tools may ask for in its text."""

    def __init__(
        self,
        key: str = "",
        keywords: Container[str] = (),
        unopened: bool = False,
        tools: Sequence[ToolSpec] = (),
        withheld: Iterable[str] = (),
    ) -> None:
        self._key = key  # which a server may repeat, in an error and elsewhere
        self._secret = key if len(key) >= MIN_KEY_CHARS else ""
        self.finish: Finish | None = None
        self.unknown_finish = ""  # a reason that we do not know is no end
        self.ended = False  # the last object said nothing but the end, after text or a call
        self.finish_is_moot = False  # more came after a reason to finish: this server says one with everything
        self.usage: tuple[int, int] | None = None
        self.generated = 0  # bytes of everything, thinking and arguments included: what an estimate rests on
        self.answered = False  # something of this wire format has come
        self.refused = False
        self.too_long = False
        self.text_chars = 0
        self._texts: list[str] = []
        self._schemas = {tool.name: tool.parameters for tool in tools}
        self._collector = CallCollector(self._schemas, self._secret)
        self._escaped = EscapedMarks()
        self._harmony = Harmony()
        self._visible = Visible(unopened)
        self._framing = Framing()
        self._written = WrittenCalls({**{name: {} for name in withheld}, **self._schemas}, offered=self._schemas)
        self._keywords = Keywords(keywords) if keywords else None
        self._mask = KeyMask(key)
        self._half = ""  # of a character that came in two
        self._index: Any = None  # of the choice that is read
        self._streamed = False  # text or a call has come as a delta
        self._content = io.StringIO()  # as it came, to know it again
        self._opaque: dict[str, list[Any]] = {}
        self._opaque_bytes = 0

    @property
    def text(self) -> str:
        if len(self._texts) > 1:
            self._texts = ["".join(self._texts)]
        return self._texts[0] if self._texts else ""

    def add_all(self, events: Iterable[dict[str, Any]]) -> Iterator[str]:
        """`add` for each of several objects. The texts of those that say nothing else are taken together: the filters cost
        as much for a word as for a line."""
        plain: list[str] = []
        for event in events:
            if self.finish is None and (content := plain_content(event)):
                plain.append(content)
                continue
            if plain:
                yield self.add_plain("".join(plain))
                plain.clear()
            yield self.add(event)
        if plain:
            yield self.add_plain("".join(plain))

    def add_plain(self, content: str) -> str:
        """The text of objects that say nothing else, before any said that the answer ends."""
        self.answered = True
        self._index = self._index or 0
        shown = self._add_content(content)
        self._streamed = True
        return shown

    def add(self, event: dict[str, Any]) -> str:
        """Take one object in; returns the text that became visible. Raises `ProviderError` for an error in the stream."""
        if self.finish is None and (content := plain_content(event)):
            return self.add_plain(content)
        self._raise_error(event)
        for holder in (event, event.get("x_groq")):
            usage = holder.get("usage") if isinstance(holder, dict) else None
            if isinstance(usage, dict):
                # Some servers count along, so that the last one holds.
                self.usage = (_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
        choices = choices_of(event)
        if not isinstance(choices, list):
            return ""
        self.answered = True
        choice = next((one for one in choices if self._is_ours(one)), None)
        if choice is None:
            return ""
        if choice.get("error"):
            raise classified(status_of(choice["error"]), choice["error"], key=self._key)
        before = self.generated, len(self._collector)
        shown = ""
        if isinstance(delta := delta_of(choice), dict):
            shown += self._delta(delta)
            self._streamed = self._streamed or bool(self.generated or self._collector)
        if isinstance(message := choice.get("message"), dict):
            shown += self._message(message)
        self._finish(choice.get("finish_reason"), more=(self.generated, len(self._collector)) != before)
        return shown

    def _is_ours(self, choice: Any) -> bool:
        """Whether it is of the first of several answers, of which a server may send more than it was asked for."""
        if not isinstance(choice, dict):
            return False
        index = choice.get("index") or 0
        self._index = index if self._index is None else self._index
        return bool(index == self._index)

    def close(self) -> str:
        """The text that was held back until the end was certain."""
        whole = self.finish == "stop" or (self.finish is None and not self.unknown_finish)
        shown = self._filtered(self._harmony.feed(self._escaped.close())) + self._filtered(self._harmony.close())
        text = self._framing.feed(self._visible.close(whole=whole)) + self._framing.close(whole=whole)
        text = shown + self._written.feed(text) + self._written.close()
        if self._visible.over and self.finish == "length":
            self.finish = "stop"  # what was cut short is only what it made up after the end of its answer
        for name, arguments in self._written.calls:
            self._collector.add_whole(name, arguments)
        if whole and not self._collector and not (self.text + text).strip():
            self._call_at_end_of(self._visible.unclosed or self._thinking)
        if self._keywords:
            text = self._keywords.feed(text) + self._keywords.close()
            for name in self._keywords.asked:
                self._collector.add_whole(name, {})
        return self._keep(self._mask.feed(text) + self._mask.close())

    @property
    def _thinking(self) -> str:
        """What the server sent apart from the answer, as thought."""
        parts = self._opaque.get("reasoning_content") or self._opaque.get("reasoning") or []
        return "".join(part for part in parts if isinstance(part, str))

    def _call_at_end_of(self, thinking: str) -> None:
        """Take up a call that a model ended its thinking with, without a word for the visitor: Kimi K2, Qwen 3, GLM."""
        written = WrittenCalls(self._schemas)
        before = (written.feed(thinking) + written.close()).rstrip()
        if written.unread or not thinking.startswith(before) or thinking[len(before) :].lstrip()[:1] not in ("<", "["):
            return
        for name, arguments in written.calls:
            self._collector.add_whole(name, arguments)

    @property
    def met_unopened(self) -> bool:
        return self._visible.met_unopened

    @property
    def ran_on(self) -> bool:
        """Text arrived after the end of the answer, as the template marks it."""
        return self._visible.over

    @property
    def unread_call(self) -> bool:
        """The text held a call that cannot be run."""
        return self._written.unread

    @property
    def opaque(self) -> dict[str, Any]:
        """What the server wants back with this message; {} when it is more than anybody keeps."""
        if self._opaque_bytes > MAX_OPAQUE_BYTES:
            return {}
        kept: dict[str, Any] = {}
        for name, parts in self._opaque.items():
            value = _paired("".join(parts))[0] if isinstance(parts[0], str) else parts
            if is_storable(value) and not (self._secret and self._holds_key(value)):
                kept[name] = value
        return kept

    def calls(self, complete: bool) -> tuple[ToolCallRequest, ...]:
        """The calls in their order. Their arguments are None unless `complete` and a JSON object: never repaired."""
        return self._collector.result(complete)

    def recover(self, refusal: Any) -> bool:
        """Whether a refusal quotes what the model wrote, and that is a call which its server alone could not read."""
        error = refusal.get("error") if isinstance(refusal, dict) else None
        wrote = error.get("failed_generation") if isinstance(error, dict) else None
        if not isinstance(wrote, str):
            return False
        written = WrittenCalls(self._schemas)
        rest = written.feed(wrote) + written.close()
        if rest.strip() or written.unread or not written.calls:
            return False
        for name, arguments in written.calls:
            self._collector.add_whole(name, arguments)
        self.answered, self.finish = True, "tool_calls"
        return True

    def _raise_error(self, event: dict[str, Any]) -> None:
        error = event.get("error")
        if error or event.get("type") == "error" or event.get("object") == "error":
            raise classified(status_of(error or event), error or event, key=self._key)
        base = event.get("base_resp")
        if isinstance(base, dict) and isinstance(code := base.get("status_code"), int) and code and not event.get("choices"):
            raise classified(MINIMAX_STATUS.get(code, 500), {"message": base.get("status_msg"), "code": code}, key=self._key)
        if error := error_alone(event):
            raise classified(status_of(error), error, key=self._key)

    def _finish(self, reason: Any, more: bool) -> None:
        if more and self.finish is not None:
            self.finish_is_moot = True
        if isinstance(reason, dict):
            reason = reason.get("type")
        reason = str(reason or "").lower().replace("-", "_")
        self.ended = self.ended and not more
        if reason in NO_FINISH:
            return
        if reason in ("error", "network_error"):
            raise ProviderError("The provider broke the answer off with an error.", cause="server_error", retryable=True)
        finish = FINISHES.get(reason)
        if finish is None:
            self.unknown_finish = redacted(reason[:100], [self._key])
            return
        self.finish = finish
        self.ended = not more and bool(self.generated or self._collector)

    def _delta(self, delta: dict[str, Any]) -> str:
        for thinking in (delta.get("reasoning_content"), delta.get("reasoning")):
            if isinstance(thinking, str):
                self.generated += len(thinking.encode(errors="replace"))
        self._keep_opaque(delta)
        self.refused = self.refused or bool(delta.get("refusal"))
        items = delta.get("tool_calls")
        if isinstance(items, dict):
            items = [items]  # TGI
        if not items and isinstance(delta.get("function_call"), dict):
            items = [{"index": 0, "function": delta["function_call"]}]  # the format's older form
        for position, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                self.generated += self._collector.add(item, position)
        return self._add_content(content_of(delta))

    def _message(self, message: dict[str, Any]) -> str:
        """A whole message: the answer of a server that does not stream, or all of it again at the end of a stream."""
        content, known_chars = content_of(message), self._content.tell()
        if len(content) >= known_chars > 0 and content.startswith(self._content.getvalue()):
            content = content[known_chars:]
        elif self._streamed:
            content = ""  # another wording of what was said, such as one without its thinking
        if self._streamed and self._collector:
            message = {key: value for key, value in message.items() if key not in ("tool_calls", "function_call")}
        kept = {key: value for key, value in message.items() if key not in self._opaque or not self._streamed}
        return self._delta({**kept, "content": content})

    def _add_content(self, content: str) -> str:
        if not content:
            return ""
        if self._content.tell() < MAX_COMPARED_CHARS:
            self._content.write(content)
        if self._half or not content.isascii():
            content, self._half = _paired(self._half + content)
        self.generated += len(content.encode())
        content = content.replace("\0", "")
        shown: list[str] = []
        for at in range(0, len(content), PIECE_CHARS):
            text = self._filtered(self._harmony.feed(self._escaped.feed(content[at : at + PIECE_CHARS])))
            text = self._keywords.feed(text) if self._keywords else text
            shown.append(self._keep(self._mask.feed(text)))
            if self.too_long:
                break
        return "".join(shown)

    def _filtered(self, text: str) -> str:
        """What is shown of what Harmony let through, with the calls that it found taken up where they stood."""
        if not self._harmony.calls:
            return self._written.feed(self._framing.feed(self._visible.feed(text)))
        shown, at = [], 0
        for recipient, body, place in self._harmony.take_calls():
            shown.append(self._filtered(text[at:place]))
            self._written.take(recipient, body)
            at = place
        return "".join([*shown, self._filtered(text[at:])])

    def _keep(self, text: str) -> str:
        room = MAX_TEXT_CHARS - self.text_chars
        if len(text) > room:
            self.too_long = True
            text = text[:room]
        if text:
            self._texts.append(text)
            self.text_chars += len(text)
        return text

    def _keep_opaque(self, delta: dict[str, Any]) -> None:
        for name in OPAQUE:
            value = delta.get(name)
            parts: list[Any] = [value] if isinstance(value, str) else value if isinstance(value, list) else []
            if not parts or parts == [""] or self._opaque_bytes > MAX_OPAQUE_BYTES:
                continue
            known = self._opaque.setdefault(name, [])
            if known and isinstance(known[0], str) != isinstance(parts[0], str):
                continue
            self._opaque_bytes += len(_encoded(parts))
            known += parts
        if self._opaque_bytes > MAX_OPAQUE_BYTES:
            self._opaque.clear()

    def _holds_key(self, value: Any) -> bool:
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        return redacted(text, [self._secret]) != text


def read_whole(text: str, tools: Sequence[ToolSpec]) -> str:
    """`text` as a visitor would see it of a model that was offered `tools`. What reading the next answer of such a model
    needs is compiled then."""
    reply = Reply(tools=tools)
    return reply.add({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}) + reply.close()


def _paired(text: str) -> tuple[str, str]:
    """`text` with the halves of characters put together, and a half at its end that waits for the next piece."""
    half = ""
    if text and "\ud800" <= text[-1] <= "\udbff":
        text, half = text[:-1], text[-1]
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text, half


def _encoded(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return repr(value).encode(errors="replace")  # half of a surrogate pair


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
