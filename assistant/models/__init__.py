"""Tables, constraints and querysets; every write goes through `services`."""

from assistant.models.audit import AuditEntry
from assistant.models.booking import (
    Appointment,
    AppointmentNotice,
    BlockedTime,
    BusyTime,
    Calendar,
    CalendarAccount,
    CalendarFeed,
    CalendarProvider,
    Closure,
    Feedback,
    FormField,
    MessageChannel,
    MessageTemplate,
    OAuthClient,
    Offering,
    OpeningHours,
    OutsideCalendar,
    OutsideEntry,
    Service,
    SpecialHours,
)
from assistant.models.conversations.card import Card
from assistant.models.conversations.conversation import Conversation, ConversationNote, Event, Message, Visitor
from assistant.models.conversations.file import ConversationFile, DroppedFile, FileTotal
from assistant.models.conversations.inbox import CannedReply, ConversationRead, Tag
from assistant.models.conversations.notices import Notice, NoticeText
from assistant.models.conversations.turn import ToolCall, Turn
from assistant.models.conversations.voice_call import HangUp, VoiceCall
from assistant.models.deliveries import Delivery
from assistant.models.methods.method import Method
from assistant.models.methods.replay import Replay
from assistant.models.notifications import (
    Notification,
    NotificationChoice,
    PushKey,
    PushSubscription,
    StaffEvent,
    TeamWebhook,
)
from assistant.models.organizations.assistant import Assistant, RefusedOrigin
from assistant.models.organizations.identity import IdentityKey, VisitorAttribute
from assistant.models.organizations.invitation import Invitation
from assistant.models.organizations.office_hours import OfficeClosure, OfficeHours
from assistant.models.organizations.organization import Membership, Organization
from assistant.models.organizations.picture import Picture
from assistant.models.organizations.prompt import PromptDraft, PromptVersion
from assistant.models.privacy import Removal
from assistant.models.providers.provider import Provider, ProviderHealth, Rotation
from assistant.models.providers.usage import Budget, Price, Spending, Usage

from .knowledge import Document, DocumentFile, Embedding, Passage, PassageVector, Question

__all__ = [
    "Appointment", "AppointmentNotice", "Assistant", "AuditEntry", "BlockedTime", "Budget", "BusyTime", "Calendar",
    "CalendarAccount", "CalendarFeed", "CalendarProvider", "CannedReply", "Card", "Closure", "Conversation",
    "ConversationFile", "ConversationNote", "ConversationRead", "Delivery", "Document", "DocumentFile", "DroppedFile",
    "Embedding", "Event", "Feedback", "FileTotal", "FormField", "HangUp", "IdentityKey", "Invitation", "Membership",
    "Message", "MessageChannel", "MessageTemplate", "Method", "Notice", "NoticeText", "Notification",
    "NotificationChoice", "OAuthClient", "Offering", "OfficeClosure", "OfficeHours", "OpeningHours", "Organization",
    "OutsideCalendar", "OutsideEntry", "Passage", "PassageVector", "Picture", "Price", "PromptDraft", "PromptVersion",
    "Provider", "ProviderHealth", "PushKey", "PushSubscription", "Question", "RefusedOrigin", "Removal", "Replay",
    "Rotation", "Service", "SpecialHours", "Spending", "StaffEvent", "Tag", "TeamWebhook", "ToolCall", "Turn", "Usage",
    "Visitor", "VisitorAttribute", "VoiceCall",
]  # fmt: skip
