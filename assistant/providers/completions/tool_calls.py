"""Tool calls, assembled from the pieces of a stream, and repair of the names and arguments that models garble."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import orjson

from assistant.errors import ProviderBadResponse
from assistant.llm import ToolCallRequest
from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.loose_json import loose_value
from assistant.redaction import is_storable, redacted

MAX_ARGUMENT_CHARS = 65_536  # of all calls together
MAX_CALLS = 64
MAX_EXTRA_BYTES = 262_144  # of what one answer's calls carry for their server alone
MAX_NAME_CHARS = 200
TOO_MUCH = "The provider sent more tool calls, or longer ones, than anybody needs."
FORMAT_KEYS = {"index", "id", "type", "function", "name", "arguments"}
_NOT_SPACE = re.compile(r"\S")


class CallCollector:
    """The calls of one answer. `names` are those of the tools that were offered."""

    def __init__(self, names: Collection[str] = (), key: str = "") -> None:
        self._names = names
        self._key = key
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._by_position: dict[int, _Call] = {}
        self._chars = 0
        self._extra_bytes = 0

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, item: dict[str, Any], position: int) -> int:
        """Take one piece in; returns how many bytes of arguments it brought. Raises `ProviderBadResponse`."""
        function = item.get("function")
        function = function if isinstance(function, dict) else {}
        index = item.get("index") if isinstance(item.get("index"), int) else None
        id = item["id"] if isinstance(item.get("id"), str) else ""
        if not function and isinstance(item.get("name"), str):
            function = item  # without the object around it
        name = function["name"] if isinstance(function.get("name"), str) else ""
        arguments = _text(function.get("arguments"))

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
        complete = complete and all(call.name or not call.raw.strip() for call in self._calls)
        taken: set[str] = set()
        seen: set[tuple[str, bytes]] = set()
        made = []
        for number, call in enumerate(call for call in self._calls if call.name):
            raw = redacted(call.raw, [self._key])
            arguments = read_arguments(raw) if complete else None
            name = resolved(call.name, self._names)
            told = orjson.dumps(arguments, option=orjson.OPT_SORT_KEYS) if arguments is not None else raw.encode()
            if (name, told) in seen:
                continue
            seen.add((name, told))
            id = call.id if call.id and call.id not in taken else f"call_{number}"
            while id in taken:
                id += "_"
            taken.add(id)
            made.append(
                ToolCallRequest(id, redacted(name, [self._key]), arguments, raw, call.extra if self._extra_fits else {})
            )
        return tuple(made)

    @property
    def _extra_fits(self) -> bool:
        return self._extra_bytes <= MAX_EXTRA_BYTES

    def _known(self, index: int | None, id: str, name: str, position: int) -> _Call | None:
        if index is not None:
            counted = id in self._by_id and not name  # a server that counts pieces and not calls
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
    _end: JsonEnd = field(default_factory=JsonEnd)

    @property
    def raw(self) -> str:
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    @property
    def empty(self) -> bool:
        return self.whole and self.raw.strip() == "{}"

    def append(self, piece: str) -> None:
        if not piece:
            return
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


def read_arguments(raw: str) -> dict[str, Any] | None:
    """The one JSON object that `raw` can mean, or None.

    Read are: nothing or `null` for no arguments; an object that is a JSON string once more, or alone in a list; an object
    behind the empty one that some gateways send first, or said twice; one with marks of a format or a fence around it; and
    one with Python's quotes and names, a comma too many or a line break within a text. One that breaks off is none.
    """
    if "\\u0000" in raw:
        return None  # no database keeps it
    text = raw.strip()
    for _ in range(3):
        try:
            value = orjson.loads(text) if text else {}
        except orjson.JSONDecodeError:
            value = _only_object(text)
        if not isinstance(value, str):
            break
        text = value.strip()
    if value is None and text in ("null", "None"):
        return {}
    if value is None and (text := _AROUND_ARGUMENTS.sub("", text)):
        found = loose_value(text, 0) if text[0] == "{" else (None, 0)
        value = found[0] if found[1] == len(text) else None
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    return value if isinstance(value, dict) and is_storable(value) else None


# What a model or its server leaves around arguments: marks of its format, and a fence.
_AROUND_ARGUMENTS = re.compile(
    r"\A(?:\ufeff|\s|<[|｜][\w▁:]{1,40}[|｜]>|</?[a-z_]{1,40}>|```\w{0,20}|json\b|json(?=\{))+"
    r"|(?:\s|<[|｜][\w▁:]{1,40}[|｜]>|</?[a-z_]{1,40}>|```)+\Z",
    re.IGNORECASE,
)


def _only_object(text: str) -> Any:
    """The one object of several JSON values in a row, when all others are empty or the same."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    found: list[Any] = []
    at = 0
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            if not isinstance(value, dict):
                return None
            if value and value not in found:
                found.append(value)
            if len(found) > 1:
                return None
            while at < len(text) and text[at].isspace():
                at += 1
        orjson.dumps(found)  # refuses half of a surrogate pair
    except (ValueError, RecursionError, orjson.JSONEncodeError):
        return None
    return found[0] if found else {}


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN is not JSON


def resolved(name: str, names: Collection[str]) -> str:
    """The offered tool that a model's `name` can only mean, else the name as the model gave it, without white space.

    Models put a namespace in front (`functions.book`, `default_api:book`), a number behind (`functions.book:0`), leak a
    token of their format (`book<|channel|>json`), and take `-` for `_`.
    """
    name = name[:MAX_NAME_CHARS]
    name = name.partition("<|")[0].strip().removesuffix("()").strip("`\"'").strip() or name.strip()
    if name in names:
        return name
    plain = re.sub(r":\d+$", "", name)
    # The shortest part comes last: a tool whose name has a dot of its own is meant before one that is called as its end.
    for form in (name, plain, *(plain[match.end() :] for match in re.finditer(r"[.:/]+", plain))):
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
