"""Server-sent events: bytes to JSON objects."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from assistant.errors import ProviderBadResponse
from assistant.providers.completions.event_shapes import plain_content

BOM = b"\xef\xbb\xbf"
MAX_EVENT_BYTES = 1_048_576
_DATA = re.compile(rb"[ \t]*(?:data:\s*)+", re.IGNORECASE)  # a proxy that wraps a stream once more writes it twice
NOT_WHOLE = "The provider's answer is not whole JSON."
MAX_EVENT_LINES = 4096  # of one event whose JSON is spread over several `data:` lines
MAX_LESSONS = 8  # of events that none after them was like, as where each has a time of its own
_PROBE = "\0"  # no server sends it


class EventStream:
    """Server-sent events out of bytes that may be cut anywhere: one JSON object per event.

    Tolerates CR, LF and CRLF, a BOM, comments, `data:` without its space, in capitals or twice, objects without `data:`,
    events without the blank line between them, and a last line without its end. A body that is one whole JSON object is one
    event, one with an object on each line is several. What follows `[DONE]` is ignored.
    Raises `ProviderBadResponse` for anything else, and past `MAX_EVENT_BYTES` or `MAX_EVENT_LINES`.

    Every byte is copied and searched a fixed number of times, whatever the server sends: totals are counted along, and a
    line or document that is still growing is not looked at again until its end comes.
    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(self) -> None:
        self.done = False  # [DONE] has come
        self.failure: ProviderBadResponse | None = None  # what came after the objects that were returned last
        self._buffer = bytearray()  # a line, or a whole document, whose end has not come
        self._lines: list[bytes] = []  # of an event whose JSON is spread over several
        self._lines_bytes = 0
        self._begun = False
        self._whole = False  # not a stream: one JSON document
        self._after_carriage = False  # the last line ended in CR: a LF in front belongs to it
        self._around: tuple[bytes, bytes, bytes] | None = None  # what surrounds the texts of events: before, between, after
        self._lessons = 0

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        if self.done or not chunk:
            return []
        if self._begun and not (self._buffer or self._lines) and (plain := _plain_events(chunk)):
            self._after_carriage = False
            self._learn(chunk, plain[-1])
            return plain
        self._buffer += chunk
        if len(self._buffer) > MAX_EVENT_BYTES:
            raise ProviderBadResponse("The provider sent an event that is too large.")
        if not self._begun:
            if not self._begin():
                return []
            chunk = bytes(self._buffer)
        events: list[dict[str, Any]] = []
        if self._whole or not (b"\n" in chunk or b"\r" in chunk):
            self._after_carriage = False
            return events
        lines = bytes(self._buffer).splitlines(keepends=True)
        self._buffer.clear()
        if self._after_carriage and lines[0].startswith(b"\n"):
            del lines[0]
        self._after_carriage = chunk.endswith(b"\r")
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            self._buffer += lines.pop()
        try:
            for line in lines:
                self._line(line.rstrip(b"\r\n"), events)
        except ProviderBadResponse as error:
            if not events:
                raise
            self.failure = error
        return events

    def text(self, chunk: bytes) -> str:
        """The text of a chunk whose events differ in nothing but their text from one that said nothing else; empty for any
        other, which is to be fed. Most are such, and nothing else of them is read: a third of what it takes to."""
        if not self._around or self.done or self._buffer or self._lines:
            return ""
        before, between, after = self._around
        if not (chunk.startswith(before) and chunk.endswith(after)):
            return ""
        texts = chunk[len(before) : -len(after)].split(between)
        try:
            # No string holds a line break: what is not one string each is refused, or of another number.
            found = orjson.loads(b"[%s]" % b",\n".join(texts))
        except orjson.JSONDecodeError:
            return ""
        if len(found) != len(texts) or set(map(type, found)) != {str}:
            return ""
        self._after_carriage, self._lessons = False, 0
        return "".join(found)

    def _learn(self, chunk: bytes, event: dict[str, Any]) -> None:
        """Remember what surrounds the text of the last event of a chunk."""
        content = plain_content(event)
        if content in ("", _PROBE) or self._lessons >= MAX_LESSONS:
            return
        self._lessons += 1
        document = chunk[6:-2].rpartition(b"\n\ndata: ")[2]
        head, text, tail = document.rpartition(orjson.dumps(content))
        # It is the text that stands there if another in its place is read as the text.
        found = _plain_events(b"data: %s%s%s\n\n" % (head, orjson.dumps(_PROBE), tail)) if text else []
        if found and plain_content(found[0]) == _PROBE:
            before, after = b"data: " + head, tail + b"\n\n"
            self._around = before, after + before, after

    def close(self) -> list[dict[str, Any]]:
        """What was still waiting for its end. An event that is cut off is dropped."""
        events: list[dict[str, Any]] = []
        rest = bytes(self._buffer).strip()
        self._buffer.clear()
        if self._whole:
            return self._document(rest)
        try:
            if rest:
                self._line(rest, events)
            self._line(b"", events)
        except ProviderBadResponse:
            return events
        return events

    def _begin(self) -> bool:
        """Look at the first bytes; False when more are needed to know what this is."""
        if len(self._buffer) < 3 and BOM.startswith(bytes(self._buffer)):
            return False
        if self._buffer.startswith(BOM):
            del self._buffer[:3]
        rest = self._buffer.lstrip()
        if not rest:
            # White space in front means nothing, and is not to be searched again.
            self._buffer.clear()
            return False
        self._buffer = rest
        self._begun = True
        if rest.startswith(b"<"):
            raise ProviderBadResponse("The provider answered with a web page.")
        self._whole = rest.startswith((b"{", b"["))
        return True

    def _document(self, text: bytes) -> list[dict[str, Any]]:
        """The objects of a body that is no event stream: one JSON document, or one on each line."""
        try:
            events = _objects(text)
        except ValueError as error:
            # An error that a server writes before its stream begins, or a stream of bare objects.
            lines = [line.removeprefix(b"data:").strip() for line in text.splitlines()]
            try:
                events = [one for line in lines if line and line != b"[DONE]" for one in _objects(line)]
            except ValueError:
                raise ProviderBadResponse(NOT_WHOLE, cause="cut_off", retryable=True) from error
            self.done = b"[DONE]" in lines
            return events
        self.done = True
        return events

    def _line(self, line: bytes, events: list[dict[str, Any]]) -> None:
        if self.done:
            return
        if field := _DATA.match(line):
            data = line[field.end() :].strip()
        elif line.lstrip().startswith(b"{"):
            data = line.strip()  # an error that a server's other half wrote into the stream as it was
        elif line:
            return  # a comment, or event, id and retry, which mean nothing here
        else:
            if self._lines:
                lines, self._lines, self._lines_bytes = self._lines, [], 0
                if not _try(b"\n".join(lines), events):
                    raise ProviderBadResponse("The provider sent an event that is not JSON.")
            return
        if data.upper() == b"[DONE]":
            self.done = True
        elif self._lines or (data and not _try(data, events)):
            self._lines.append(data)
            self._lines_bytes += len(data)
            if self._lines_bytes > MAX_EVENT_BYTES or len(self._lines) > MAX_EVENT_LINES:
                raise ProviderBadResponse("The provider sent an event that is too large.")


def _plain_events(chunk: bytes) -> list[dict[str, Any]]:
    """The objects of a chunk that is whole events of one line each, as most servers send them; [] for any other."""
    if not (chunk.startswith(b"data: {") and chunk.endswith(b"}\n\n")) or b"\r" in chunk:
        return []
    documents = chunk[6:-2].split(b"\n\ndata: ")
    if chunk.count(b"\n") != 2 * len(documents) or not all(document.startswith(b"{") for document in documents):
        return []
    try:
        return [orjson.loads(document) for document in documents]
    except orjson.JSONDecodeError:
        return []


def _try(data: bytes, events: list[dict[str, Any]]) -> bool:
    """Take one line as a whole event, as nearly all are, without waiting for the blank line after it."""
    try:
        events += _objects(data)
    except ValueError:
        return False
    return True


def _objects(data: bytes) -> list[dict[str, Any]]:
    """The JSON objects of one event, as strictly as its server keeps to JSON. Raises `ValueError`."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        # Half of a character outside the BMP, as servers send it that cut text by UTF-16 (`Reply` joins the halves); NaN as
        # a log probability; a line break in a text; bytes that are no UTF-8.
        try:
            document = json.loads(data.decode(errors="replace"), strict=False)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
    # Google wraps an error in a list.
    return [item for item in (document if isinstance(document, list) else [document]) if isinstance(item, dict)]
