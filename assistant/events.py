"""Events that the server sends to widgets: one class per type. `docs/protocol.md` and `tests/wire/` hold an example of each.

Durable events carry a `seq` and are rendered from rows, so a reader who missed one can ask again. Losing one of the others
costs nothing that `session.ready` does not give back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class WidgetEvent:
    """`from_row` says which fields of a durable event are rendered from what its row refers to: by field, "message" or
    "card" for that as a widget sees it, "message_id" or "turn_id" for its id. All others are in the row's `data`."""

    type: ClassVar[str] = ""
    durable: ClassVar[bool] = False
    from_row: ClassVar[Mapping[str, str]] = {}

    def payload(self) -> dict[str, Any]:
        """The event as JSON-ready values; fields that are None are left out."""
        return {"type": self.type, **{name: value for name, value in vars(self).items() if value is not None}}


@dataclass(frozen=True)
class SessionReady(WidgetEvent):
    """`turn` is `{id, fence, text, offset, tools}` while one is running; `more` says that older events were left out."""

    type: ClassVar[str] = "session.ready"
    conversation: dict[str, Any]
    events: list[dict[str, Any]]
    seq: int
    more: bool = False
    turn: dict[str, Any] | None = None


@dataclass(frozen=True)
class MessageAdded(WidgetEvent):
    type: ClassVar[str] = "message.added"
    durable: ClassVar[bool] = True
    from_row: ClassVar[Mapping[str, str]] = {"message": "message"}
    seq: int
    message: dict[str, Any]


@dataclass(frozen=True)
class MessageRated(WidgetEvent):
    type: ClassVar[str] = "message.rated"
    durable: ClassVar[bool] = True
    from_row: ClassVar[Mapping[str, str]] = {"message": "message_id"}
    seq: int
    message: str
    value: int


@dataclass(frozen=True)
class TurnStarted(WidgetEvent):
    """`message` is the id of the visitor's message that the turn answers.

    `fence` is the number of the turn's runner, as in every event about a reply in the making: what one with a smaller
    number says, or anybody says after the turn has ended, came late and is dropped.
    """

    type: ClassVar[str] = "turn.started"
    turn: str
    message: str
    fence: int = 0


@dataclass(frozen=True)
class ReplyDelta(WidgetEvent):
    """Text of the reply in the making. `offset` counts code points from its start: what is beyond it gives way."""

    type: ClassVar[str] = "reply.delta"
    turn: str
    offset: int
    text: str
    fence: int = 0


@dataclass(frozen=True)
class ToolStarted(WidgetEvent):
    type: ClassVar[str] = "tool.started"
    turn: str
    call: str
    label: str
    fence: int = 0


@dataclass(frozen=True)
class ToolFinished(WidgetEvent):
    type: ClassVar[str] = "tool.finished"
    turn: str
    call: str
    label: str
    ok: bool
    fence: int = 0


@dataclass(frozen=True)
class TurnEnded(WidgetEvent):
    """Exactly one per turn. `text` is the sentence to show when it failed."""

    type: ClassVar[str] = "turn.ended"
    durable: ClassVar[bool] = True
    from_row: ClassVar[Mapping[str, str]] = {"turn": "turn_id"}
    seq: int
    turn: str
    outcome: str
    code: str | None = None
    text: str | None = None
    retryable: bool | None = None


@dataclass(frozen=True)
class CardAdded(WidgetEvent):
    type: ClassVar[str] = "card.added"
    durable: ClassVar[bool] = True
    from_row: ClassVar[Mapping[str, str]] = {"card": "card"}
    seq: int
    card: dict[str, Any]


@dataclass(frozen=True)
class CardUpdated(WidgetEvent):
    type: ClassVar[str] = "card.updated"
    durable: ClassVar[bool] = True
    from_row: ClassVar[Mapping[str, str]] = {"card": "card"}
    seq: int
    card: dict[str, Any]


@dataclass(frozen=True)
class SlotsShown(WidgetEvent):
    """What a visitor has asked to see on a slots card; for them alone, and in place of what it showed."""

    type: ClassVar[str] = "slots.shown"
    card: str
    view: dict[str, Any]


@dataclass(frozen=True)
class ConversationUpdated(WidgetEvent):
    type: ClassVar[str] = "conversation.updated"
    durable: ClassVar[bool] = True
    seq: int
    state: str
    staff: str | None = None
    notified: bool | None = None  # of one that waits for a person: whether somebody was told
    opens_at: str | None = None  # likewise, outside office hours: when the team is back, in UTC


@dataclass(frozen=True)
class ConversationRead(WidgetEvent):
    """A member of staff has had the conversation open up to the number `upto`. `session.ready` says the last."""

    type: ClassVar[str] = "conversation.read"
    upto: int


@dataclass(frozen=True)
class StaffTyping(WidgetEvent):
    type: ClassVar[str] = "staff.typing"


@dataclass(frozen=True)
class ConsentSaved(WidgetEvent):
    """The visitor may write now."""

    type: ClassVar[str] = "consent.saved"


@dataclass(frozen=True)
class Pong(WidgetEvent):
    type: ClassVar[str] = "pong"
    seq: int


@dataclass(frozen=True)
class Error(WidgetEvent):
    """`of` names what was refused: a frame's client id, or its type."""

    type: ClassVar[str] = "error"
    code: str
    text: str
    of: str | None = None
    retry_after: int | None = None


EVENTS: dict[str, type[WidgetEvent]] = {event.type: event for event in WidgetEvent.__subclasses__()}  # those above
