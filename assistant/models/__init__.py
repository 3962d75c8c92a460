"""Tables, constraints and querysets; every write goes through `services`."""

from .appointment import Appointment, Calendar, Closure, OpeningHours
from .assistant import Assistant, PromptVersion
from .card import Card
from .conversation import Conversation, ConversationNote, Event, Message, Visitor
from .delivery import Delivery
from .knowledge import Document, DocumentFile, Embedding, Passage, PassageVector, Question
from .method import Method
from .organization import Membership, Organization
from .provider import Provider, ProviderHealth, Rotation
from .replay import Replay
from .turn import ToolCall, Turn
from .usage import Budget, Price, Spending, Usage

__all__ = [
    "Appointment", "Assistant", "Budget", "Calendar", "Card", "Closure", "Conversation", "ConversationNote", "Delivery",
    "Document", "DocumentFile", "Embedding", "Event", "Membership", "Message", "Method", "OpeningHours", "Organization",
    "Passage", "PassageVector", "Price", "PromptVersion", "Provider", "ProviderHealth", "Question", "Replay", "Rotation",
    "Spending", "ToolCall", "Turn", "Usage", "Visitor",
]  # fmt: skip
