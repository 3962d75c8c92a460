"""Frames that a widget may send: one class per type, checked here and nowhere else.

`parse` refuses whatever docs/protocol.md does not describe. What a frame holds after it is safe to store on either
database: no NUL, no lone surrogates, nothing that is too long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.conf import settings

from assistant.errors import InputError

MAX_FRAME_BYTES = 16_384
MAX_FILES = 20  # ids in a frame; how many a message may have is a setting
MAX_SEQ = 2**53  # what a browser's number holds exactly

_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,64}")
# Controls have no business in text, and PostgreSQL refuses NUL; line breaks and tabs stay.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*")


@dataclass(frozen=True)
class Frame:
    type: ClassVar[str] = ""


@dataclass(frozen=True)
class SessionOpen(Frame):
    type: ClassVar[str] = "session.open"
    token: str = field(metadata={"max": 1000})
    after: int = 0


@dataclass(frozen=True)
class MessageSend(Frame):
    type: ClassVar[str] = "message.send"
    id: str = field(metadata={"check": "client_id"})
    text: str = field(metadata={"check": "message"})
    page: dict[str, Any] = field(default_factory=dict, metadata={"check": "page"})
    files: list[str] = field(default_factory=list, metadata={"check": "files"})

    def __post_init__(self) -> None:
        if not self.text and not self.files:
            raise InputError("The message is empty.")


@dataclass(frozen=True)
class TurnStop(Frame):
    type: ClassVar[str] = "turn.stop"
    turn: str = field(metadata={"check": "uuid"})


@dataclass(frozen=True)
class TurnRetry(Frame):
    type: ClassVar[str] = "turn.retry"
    turn: str = field(metadata={"check": "uuid"})


@dataclass(frozen=True)
class CardAnswer(Frame):
    type: ClassVar[str] = "card.answer"
    card: str = field(metadata={"check": "uuid"})
    choice: str = field(metadata={"max": 200})
    fields: dict[str, Any] = field(default_factory=dict, metadata={"check": "fields"})


@dataclass(frozen=True)
class SlotsBrowse(Frame):
    """What to show on a slots card, by ids that it has shown: services.booking.availability.browsing checks them."""

    type: ClassVar[str] = "slots.browse"
    card: str = field(metadata={"check": "uuid"})
    day: str = field(default="", metadata={"max": 10})
    after: str = field(default="", metadata={"max": 10})
    before: str = field(default="", metadata={"max": 10})
    month: str = field(default="", metadata={"max": 7})
    service: str = field(default="", metadata={"max": 20})
    calendar: str = field(default="", metadata={"max": 20})


@dataclass(frozen=True)
class MessageRate(Frame):
    type: ClassVar[str] = "message.rate"
    message: str = field(metadata={"check": "uuid"})
    value: int = field(metadata={"among": (-1, 0, 1)})


@dataclass(frozen=True)
class HumanRequest(Frame):
    type: ClassVar[str] = "human.request"


@dataclass(frozen=True)
class VisitorUpdate(Frame):
    type: ClassVar[str] = "visitor.update"
    name: str = field(default="", metadata={"max": 120})
    email: str = field(default="", metadata={"check": "email"})
    locale: str = field(default="", metadata={"max": 12})
    timezone: str = field(default="", metadata={"max": 60})
    attributes: dict[str, Any] = field(default_factory=dict, metadata={"check": "attributes"})

    def said(self) -> dict[str, Any]:
        """As `services.conversations.sessions.update_visitor` takes it."""
        about = ("name", "email", "locale", "attributes")
        return {"zone": self.timezone, **{name: getattr(self, name) for name in about}}


@dataclass(frozen=True)
class ConsentGive(Frame):
    """The text that the visitor has agreed to, as it was shown."""

    type: ClassVar[str] = "consent.give"
    text: str = field(metadata={"max": 1000})


@dataclass(frozen=True)
class ConversationClose(Frame):
    type: ClassVar[str] = "conversation.close"


@dataclass(frozen=True)
class ConversationNew(Frame):
    type: ClassVar[str] = "conversation.new"


@dataclass(frozen=True)
class ConversationSeen(Frame):
    """How far the visitor has read, while a person answers."""

    type: ClassVar[str] = "conversation.seen"
    seq: int


@dataclass(frozen=True)
class Typing(Frame):
    type: ClassVar[str] = "typing"


@dataclass(frozen=True)
class Ping(Frame):
    type: ClassVar[str] = "ping"


FRAMES: dict[str, type[Frame]] = {frame.type: frame for frame in Frame.__subclasses__()}  # those above


def load(raw: str | bytes) -> dict[str, Any]:
    """`raw` as a JSON object. orjson refuses what Python's own parser lets through: NaN, lone surrogates, any depth."""
    try:
        value = orjson.loads(raw)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise InputError("Not JSON.") from error
    if not isinstance(value, dict):
        raise InputError("Not a JSON object.")
    return value


def parse(raw: str) -> Frame:
    """One frame from its text. Raises `InputError`."""
    if len(raw.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise InputError("The frame is too large.", code="message_too_long")
    value = load(raw)
    kind = value.pop("type", None)
    if not isinstance(kind, str) or kind not in FRAMES:
        raise InputError("Unknown type of frame.")
    return build(FRAMES[kind], value)


def build(cls: type[Frame], value: dict[str, Any]) -> Any:
    """A frame of `cls` from its fields, each checked; unknown ones are refused."""
    known = {f.name: f for f in fields(cls)}
    if unknown := set(value) - set(known):
        raise InputError(f"Unknown field {sorted(unknown)[0][:40]!r} in {cls.type}.")
    checked = {}
    for name, spec in known.items():
        if name not in value or value[name] is None:
            if spec.default is MISSING and spec.default_factory is MISSING:
                raise InputError(f"{cls.type} needs {name!r}.")
            continue
        checked[name] = _check(cls, spec, value[name])
    return cls(**checked)


def _check(cls: type[Frame], spec: Any, given: Any) -> Any:
    wanted = {"str": str, "int": int, "list": list}.get(spec.type.split("[")[0], dict)
    if not isinstance(given, wanted) or isinstance(given, bool):
        raise InputError(f"{spec.name!r} of {cls.type} has the wrong type.")
    if isinstance(given, int):
        allowed = spec.metadata.get("among", range(MAX_SEQ))
        if given not in allowed:
            raise InputError(f"{spec.name!r} of {cls.type} is out of range.")
        return given
    if check := spec.metadata.get("check"):
        return _CHECKS[check](given)
    text = clean(str(given))
    if len(text) > spec.metadata["max"]:
        raise InputError(f"{spec.name!r} of {cls.type} is too long.")
    return text


def clean(text: str) -> str:
    """Text without control characters."""
    return _CONTROLS.sub("", text)


def _client_id(text: str) -> str:
    if not _CLIENT_ID.fullmatch(text):
        raise InputError("An id is 1 to 64 visible ASCII characters.")
    return text


def _message(text: str) -> str:
    text = clean(text).strip()
    if _INVISIBLE.fullmatch(text):
        return ""  # as good as nothing: then the message is its files
    if len(text) > settings.MESSAGE_MAX_CHARS:
        raise InputError("The message is too long.", code="message_too_long")
    return text


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise InputError("That is not an id.") from error


def _files(ids: list[Any]) -> list[str]:
    if len(ids) > MAX_FILES or not all(isinstance(id, str) for id in ids):
        raise InputError(f"Files are at most {MAX_FILES} ids.")
    return [_uuid(id) for id in ids]


def _email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text.strip(), check_deliverability=False, strict=True).normalized if text.strip() else ""
    except EmailNotValidError as error:
        raise InputError("That is not an e-mail address.") from error


def _page(given: dict[str, Any]) -> dict[str, str]:
    return {key: clean(str(given[key]))[:500] for key in ("url", "title") if isinstance(given.get(key), str)}


def _fields(given: dict[str, Any]) -> dict[str, str]:
    if len(given) > 12 or not all(isinstance(value, str) for value in given.values()):
        raise InputError("Fields are at most twelve texts.")
    if any(len(value) > 2000 for value in given.values()):
        raise InputError("A field has at most 2,000 characters.", code="message_too_long")
    return {clean(key)[:40]: clean(value) for key, value in given.items()}


def _attributes(given: dict[str, Any]) -> dict[str, Any]:
    if len(given) > 30 or not all(len(name) <= 40 for name in given):
        raise InputError("Attributes are at most thirty, with names of at most 40 characters.")
    if not all(value is None or isinstance(value, (str, int, float)) for value in given.values()):
        raise InputError("An attribute is a text, a number, true or false, or null to remove it.")
    if any(isinstance(value, str) and len(value) > 255 for value in given.values()):
        raise InputError("An attribute has at most 255 characters.", code="message_too_long")
    return {clean(name): clean(value) if isinstance(value, str) else value for name, value in given.items()}


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "client_id": _client_id,
    "message": _message,
    "uuid": _uuid,
    "files": _files,
    "email": _email,
    "page": _page,
    "fields": _fields,
    "attributes": _attributes,
}
