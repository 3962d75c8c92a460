"""Server-sent events: bytes to JSON objects."""

from __future__ import annotations

import json
from typing import Any

import orjson

from assistant.errors import ProviderBadResponse

BOM = b"\xef\xbb\xbf"
MAX_EVENT_BYTES = 1_048_576


class EventStream:
    """Server-sent events out of bytes that may be cut anywhere: one JSON object per event.

    Tolerates CR, LF and CRLF, a BOM, comments, `data:` without its space, objects without `data:`, events without the
    blank line between them, and a last line without its end. A body that is one whole JSON object is one event.
    Raises `ProviderBadResponse` for anything else, and past `MAX_EVENT_BYTES`.
    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(self) -> None:
        self.done = False  # [DONE] has come
        self._buffer = bytearray()
        self._searched = 0
        self._lines: list[bytes] = []  # of an event whose JSON is spread over several
        self._begun = False
        self._whole = False  # not a stream: one JSON document

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        self._buffer += chunk
        if len(self._buffer) > MAX_EVENT_BYTES:
            raise ProviderBadResponse("The provider sent an event that is too large.")
        if not self._begun and not self._begin():
            return []
        if self._whole:
            return []
        events: list[dict[str, Any]] = []
        start = 0
        while True:
            end, after = self._line_end(start)
            if end < 0:
                break
            self._line(bytes(self._buffer[start:end]), events)
            start = after
        if start:
            del self._buffer[:start]
            self._searched = max(0, self._searched - start)
        return events

    def close(self) -> list[dict[str, Any]]:
        """What was still waiting for its end. An event that is cut off is dropped."""
        events: list[dict[str, Any]] = []
        rest = bytes(self._buffer).strip()
        self._buffer.clear()
        if self._whole:
            try:
                events = _objects(rest)
            except ValueError as error:
                raise ProviderBadResponse("The provider's answer is not whole JSON.", cause="cut_off") from error
            self.done = True
            return events
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
        first = bytes(self._buffer.lstrip()[:1])
        if not first:
            return False
        self._begun = True
        if first == b"<":
            raise ProviderBadResponse("The provider answered with a web page.")
        self._whole = first in (b"{", b"[")
        return True

    def _line_end(self, start: int) -> tuple[int, int]:
        """Where the next line ends, and where the one after it begins; -1 when its end has not come."""
        buffer = self._buffer
        start = max(start, self._searched)
        newline = buffer.find(b"\n", start)
        carriage = buffer.find(b"\r", start, newline if newline >= 0 else len(buffer))
        if 0 <= carriage < len(buffer) - 1:
            return carriage, carriage + (2 if buffer[carriage + 1] == ord("\n") else 1)
        if newline < 0:
            # A CR at the very end may be half of CRLF.
            self._searched = len(buffer) if carriage < 0 else carriage
            return -1, start
        return newline, newline + 1

    def _line(self, line: bytes, events: list[dict[str, Any]]) -> None:
        if line.startswith(b"data:"):
            data = line[5:].strip()
        elif line.startswith(b"{"):
            data = line  # an error that a server's other half wrote into the stream as it was
        elif line:
            return  # a comment, or event, id and retry, which mean nothing here
        else:
            data = b""
            if self._lines:
                lines, self._lines = self._lines, []
                if not _try(b"\n".join(lines), events):
                    raise ProviderBadResponse("The provider sent an event that is not JSON.")
            return
        if data == b"[DONE]":
            self.done = True
        elif self._lines or (data and not _try(data, events)):
            self._lines.append(data)
            if sum(map(len, self._lines)) > MAX_EVENT_BYTES:
                raise ProviderBadResponse("The provider sent an event that is too large.")


def _try(data: bytes, events: list[dict[str, Any]]) -> bool:
    """Take one line as a whole event, as nearly all are, without waiting for the blank line behind it."""
    try:
        events += _objects(data)
    except ValueError:
        return False
    return True


def _objects(data: bytes) -> list[dict[str, Any]]:
    """The JSON objects of one event. Raises `ValueError`."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        if b"\\ud" not in data.lower():
            raise
        # Half of a character outside the BMP, as servers send it that cut text by UTF-16; `Reply` joins the halves.
        document = json.loads(data)
    # Google wraps an error in a list.
    return [item for item in (document if isinstance(document, list) else [document]) if isinstance(item, dict)]
