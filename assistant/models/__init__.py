"""Tables, constraints and querysets; every write goes through `services`."""

from .appointment import Appointment, Calendar, Closure, OpeningHours
from .assistant import Assistant
from .card import Card
from .conversation import Conversation, Event, Message, Visitor
from .delivery import Delivery
from .method import Method
from .organization import Membership, Organization
from .turn import ToolCall, Turn

__all__ = [
    "Appointment", "Assistant", "Calendar", "Card", "Closure", "Conversation", "Delivery", "Event", "Membership",
    "Message", "Method", "OpeningHours", "Organization", "ToolCall", "Turn", "Visitor",
]  # fmt: skip
