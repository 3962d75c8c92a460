"""Tool calls, assembled from the pieces of a stream, and repair of the names and arguments that models garble."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from assistant.errors import ProviderBadResponse
from assistant.llm import ToolCallRequest
from assistant.providers.completions.argument_json import read_arguments
from assistant.providers.completions.argument_wrappers import unwrapped
from assistant.providers.completions.json_end import JsonEnd
from assistant.redaction import is_storable, redacted

MAX_ARGUMENT_CHARS = 65_536  # of all calls together
MAX_CALLS = 64
MAX_EXTRA_BYTES = 262_144  # of what one answer's calls carry for their server alone
MAX_NAME_CHARS = 200
TOO_MUCH = "The provider sent more tool calls, or longer ones, than anybody needs."
ARGUMENT_KEYS = ("arguments", "input", "parameters")
FORMAT_KEYS = {"index", "id", "type", "function", "custom", "name", *ARGUMENT_KEYS}
_NOT_SPACE = re.compile(r"\S")


class CallCollector:
    """The calls of one answer. `tools` are the parameters' schemas of the tools that were offered, by name."""

    def __init__(self, tools: Mapping[str, Mapping[str, Any]], key: str = "") -> None:
        self._names = tools
        self._key = key
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._by_position: dict[int, _Call] = {}
        self._miscounted: _Call | None = None  # begun under the index of another one
        self._chars = 0
        self._extra_bytes = 0

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, item: dict[str, Any], position: int) -> int:
        """Take one piece in; returns how many bytes of arguments it brought. Raises `ProviderBadResponse`."""
        function = item.get("function") or item.get("custom")
        function = function if isinstance(function, dict) else {}
        index = item.get("index") if isinstance(item.get("index"), int) else None
        id = item["id"] if isinstance(item.get("id"), str) else ""
        if not function and isinstance(item.get("name"), str):
            function = item  # without the object around it
        name = function["name"] if isinstance(function.get("name"), str) else ""
        arguments = _text(next((function[key] for key in ARGUMENT_KEYS if function.get(key) is not None), ""))

        call = self._known(index, id, name, position)
        if call and name and call.name and arguments and call.whole:
            # A whole call where one is already: said again at the end, or another one by a server that does not count.
            if (name, arguments) == (call.name, call.raw) and (id in ("", call.id) or not call.id):
                return 0
            if not (name == call.name and call.empty and id in ("", call.id)):
                call = None
        elif call and name and call.name and id and call.id and id != call.id:
            call = None
        if call is None:
            call = self._new()
            self._by_position[position] = call
            if index is not None:
                self._miscounted = call if index in self._by_index else None
                self._by_index[index] = call
        call.id = call.id or id
        if id:
            self._by_id[id] = call
        self._name(call, name)
        self._append(call, arguments)
        self._keep_extra(call, item)
        return len(arguments.encode(errors="replace"))

    def add_whole(self, name: str, arguments: dict[str, Any]) -> None:
        """Take in a call that came as text. Raises `ProviderBadResponse`."""
        call = self._new()
        call.name = name
        self._append(call, orjson.dumps(arguments).decode())

    def result(self, complete: bool) -> tuple[ToolCallRequest, ...]:
        """The calls in their order, each once: a model that asks for the same twice in one answer wants it once.

        Their arguments are None unless `complete` and readable as one object: what is missing is never made up.
        """
        # Arguments whose call is unknown may be the missing half of another's.
        named = [(call, call.name or self._name_within(call.id)) for call in self._calls]
        complete = complete and all(name or not call.raw.strip() for call, name in named)
        taken: set[str] = set()
        seen: set[tuple[str, bytes]] = set()
        made = []
        for number, (call, written) in enumerate(one for one in named if one[1]):
            raw = redacted(call.raw, [self._key])
            value = read_arguments(raw) if complete else None
            if value is None and complete and call.cumulative:
                value = read_arguments(redacted(call.cumulative, [self._key]))
            for name, arguments in self._read(written, value):
                encoded = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS) if arguments is not None else raw.encode()
                if (name, encoded) in seen:
                    continue
                seen.add((name, encoded))
                id = call.id if call.id and call.id not in taken else f"call_{number}"
                while id in taken:
                    id += "_"
                taken.add(id)
                extra = call.extra if self._extra_fits else {}
                made.append(ToolCallRequest(id, redacted(name, [self._key]), arguments, raw, extra))
        return tuple(made)

    def _read(self, written: str, arguments: dict[str, Any] | None) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """The name and arguments that a call means; several where it is one that makes several."""
        name = resolved(written, self._names)
        uses = arguments.get("tool_uses") if arguments and name not in self._names else None
        if not (isinstance(uses, list) and uses and all(map(_is_use, uses))):
            yield name, unwrapped(name, arguments, self._names.get(name, {})) if arguments is not None else None
            return
        for use in uses:  # `multi_tool_use.parallel`, which OpenAI's models make up
            yield from self._read(use["recipient_name"], use["parameters"])

    def _name_within(self, id: str) -> str:
        """The tool that an id of Kimi's names, which is `functions.name:0`."""
        found = re.fullmatch(r"functions\.([\w-]+):\d+", id)
        return found[1] if found and found[1] in self._names else ""

    @property
    def _extra_fits(self) -> bool:
        return self._extra_bytes <= MAX_EXTRA_BYTES

    def _known(self, index: int | None, id: str, name: str, position: int) -> _Call | None:
        if index is not None:
            counted = id in self._by_id and not name  # a server that counts pieces and not calls
            if index not in self._by_index and not (id or name) and self._miscounted and not self._miscounted.raw:
                self._by_index[index] = self._miscounted  # its head had the index of the call before
            return self._by_index.get(index) or (self._by_id[id] if counted else None)
        if id and (name or id in self._by_id):
            return self._by_id.get(id)
        return self._by_position.get(position)

    def _new(self) -> _Call:
        if len(self._calls) >= MAX_CALLS:
            raise ProviderBadResponse(TOO_MUCH)
        self._calls.append(_Call())
        return self._calls[-1]

    def _name(self, call: _Call, piece: str) -> None:
        """Some servers send the name once, some in pieces, some again with every piece of the arguments."""
        if not piece or piece == call.name:
            return
        whole = call.name + piece
        if resolved(piece, self._names) in self._names and resolved(whole, self._names) not in self._names:
            call.name = piece  # all of it so far, once more
            return
        known = call.name and resolved(call.name, self._names) in self._names
        if known and not any(name.startswith(whole) for name in self._names):
            return
        call.name = whole[:MAX_NAME_CHARS]

    def _append(self, call: _Call, arguments: str) -> None:
        call.append(arguments)
        self._chars += len(arguments)
        if self._chars > MAX_ARGUMENT_CHARS:
            raise ProviderBadResponse(TOO_MUCH)

    def _keep_extra(self, call: _Call, item: dict[str, Any]) -> None:
        """What is not of this format is its server's own, such as a signature, and goes back as it came."""
        for key, value in item.items():
            if key in FORMAT_KEYS or value is None or not self._extra_fits:
                continue
            encoded = _encoded(value)
            self._extra_bytes += len(encoded)
            if self._extra_fits and is_storable(value) and not _holds(encoded, self._key):
                known = call.extra.get(key)
                call.extra[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    whole: bool = False  # its arguments are a JSON value that has come to its end
    _pieces: list[str] = field(default_factory=list)
    _last: str = ""  # the last piece, as long as each began with the one before
    _grows: bool = True
    _end: JsonEnd = field(default_factory=JsonEnd)

    @property
    def raw(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def cumulative(self) -> str:
        """Its arguments as the last piece says them, where each piece says all of them so far; else empty."""
        return self._last if self._grows and len(self._last) < len(self.raw) else ""

    @property
    def empty(self) -> bool:
        return self.whole and self.raw.strip() == "{}"

    def append(self, piece: str) -> None:
        if not piece:
            return
        self._grows = self._grows and piece.startswith(self._last)
        self._last = piece if self._grows else ""
        self._pieces.append(piece)
        at = 0
        while at < len(piece):
            if self.whole:
                more = _NOT_SPACE.search(piece, at)
                if more is None:
                    return
                self.whole, self._end, at = False, JsonEnd(), more.start()
            end = self._end.feed(piece, at)
            if end < 0:
                return
            self.whole, at = True, end


def resolved(name: str, names: Collection[str]) -> str:
    """The offered tool that a model's `name` can only mean, else the name as the model gave it, without white space.

    Models put a namespace in front (`functions.book`, `default_api:book`, `mcp__shop__book`), a number behind
    (`functions.book:0`), leak a token of their format (`book<|channel|>json`), and take `-` for `_`.
    """
    name = name[:MAX_NAME_CHARS]
    name = name.partition("<|")[0].strip().removesuffix("()").strip("`\"'").strip() or name.strip()
    if name in names:
        return name
    plain = re.sub(r":\d+$", "", name)
    # The shortest part comes last: a tool whose name has a dot of its own is meant before one that is called as its end.
    for form in (name, plain, *(plain[match.end() :] for match in re.finditer(r"[.:/]+|\Amcp__\w+?__", plain))):
        for folded in (_folded, _joined):
            meant = [one for one in names if folded(one) == folded(form)]
            if len(meant) == 1:
                return meant[0]
            if meant:
                break
    return name


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().casefold())


def _joined(name: str) -> str:
    """The name in the form in which `find_times` and `findTimes` are one."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _is_use(use: Any) -> bool:
    return isinstance(use, dict) and isinstance(use.get("recipient_name"), str) and isinstance(use.get("parameters"), dict)


def _text(arguments: Any) -> str:
    if isinstance(arguments, dict | list):
        return orjson.dumps(arguments).decode()
    return arguments.replace("\0", "") if isinstance(arguments, str) else ""


def _encoded(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value).encode()  # half of a surrogate pair


def _holds(encoded: bytes, key: str) -> bool:
    text = encoded.decode()
    return bool(key) and redacted(text, [key]) != text
