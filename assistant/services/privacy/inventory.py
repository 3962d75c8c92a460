"""The data inventory: who each stored field is about, why it is kept, for how long, and what erasure does with it.

Export and erasure walk this table, `docs/privacy.md` shows it, and a test requires an entry for every field of every model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import Field, Model, Q, QuerySet

from assistant.models import Visitor


class About(StrEnum):
    """Who a field is about."""

    VISITOR = "visitor"
    STAFF = "staff"
    ORGANIZATION = "organization"
    NOBODY = "nobody"  # how the software works: keys, leases, counters


class Erasure(StrEnum):
    """What erasing a visitor does with a table's rows about them."""

    DELETED = "rows are deleted"
    BLANKED = "the visitor's fields are emptied; the rest stays"
    COUNTED = "rows are deleted; for a day, a number without content stays, which limits count"
    UNLINKED = "stays as numbers, without the link to the visitor"
    NOT_AFFECTED = "not affected"


class Term(StrEnum):
    """How long rows are kept; the first three are settings of the organization."""

    MESSAGES = "as long as the organization keeps messages"
    LEDGER = "as long as the organization keeps the ledger"
    VISITORS = "as long as the organization keeps visitors"
    MINUTES = "some minutes"
    NUMBERS = "400 days"
    COUNTERS = "62 days"
    SESSION = "until the login expires"
    OWNER = "until staff delete it"
    EVER = "as long as the organization exists, as evidence"


@dataclass(frozen=True)
class Table:
    """A model's entry. `fields` are names by who they are about. `owner` are the lookups from a row to the visitor: where
    one of them leads to a visitor, the row is theirs."""

    why: str
    term: Term
    erasure: Erasure = Erasure.NOT_AFFECTED
    owner: tuple[str, ...] = ()
    fields: dict[About, str] = field(default_factory=dict)
    shown: str = ""  # fields that are not about the visitor, and that an export needs to be understood

    def names(self, about: About) -> list[str]:
        return self.fields.get(about, "").split()


V, S, O, N = About.VISITOR, About.STAFF, About.ORGANIZATION, About.NOBODY  # noqa: E741
IN_CONVERSATION = ("conversation__visitor",)
OF_APPOINTMENT = ("appointment__visitor", "appointment__conversation__visitor")

INVENTORY = {
    "Visitor": Table(
        "To address a visitor, in their language and time zone, and to recognise them when they return.",
        Term.VISITORS, Erasure.DELETED, ("pk",),
        {
            V: "id external_id identified_at name name_verified_at email email_verified_at phone locale timezone attributes "
               "created_at last_seen_at",
            O: "organization",
        },
    ),
    "Conversation": Table(
        "To continue a conversation and show it to staff. The network is a keyed hash of an IP address, for limits.",
        Term.MESSAGES, Erasure.DELETED, ("visitor",),
        {
            V: "id visitor title language summary origin network created_at last_message_at state waiting_since reach "
               "note_to_assistant",
            O: "organization assistant", S: "staff assigned",
            N: "titled_at summary_seq thinking_until last_seq snoozed_until snoozed_seq seen_seq "
               "mailed_seq mail_due_at",
        },
    ),
    "Message": Table(
        "What was said: the conversation itself.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "id conversation seq role text state page sources files rating at", S: "staff", N: "client_id turn"},
    ),
    "ConversationFile": Table(
        "Files that were sent in a conversation. Their contents are sealed in a storage, and deleted with the row.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "id conversation message name type size at", S: "by_staff", N: "from_staff state place"},
    ),
    "DroppedFile": Table(
        "Contents of deleted files, until they are deleted too.", Term.MINUTES, fields={N: "id place at deleted_at"}
    ),
    "ConversationNote": Table(
        "What staff note about a conversation for each other.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "conversation text at", S: "by", N: "id"},
    ),
    "ConversationRead": Table(
        "How far each member of staff has read a conversation.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "conversation", S: "user", N: "id seq"},
    ),
    "Notification": Table(
        "What staff are told of, and whether it was sent.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {
            V: "conversation title created_at", O: "organization webhook", S: "user",
            N: "id event key seq link state fence leased_until attempts next_attempt_at last_error sent_at",
        },
    ),
    "NotificationChoice": Table(
        "What each member of staff wants to be told of.", Term.OWNER, fields={S: "user event in_page email", N: "id"}
    ),
    "TeamWebhook": Table(
        "Addresses of teams that are told of events.", Term.OWNER,
        fields={O: "organization name kind enabled events origin sealed_address", N: "id last_error"},
    ),
    "Tag": Table("Words by which staff sort conversations.", Term.OWNER, fields={O: "organization name", N: "id"}),
    "CannedReply": Table("Replies that staff have prepared.", Term.OWNER, fields={O: "organization shortcut text", N: "id"}),
    "Event": Table(
        "To bring a widget up to date after a reconnect.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "conversation type data at", N: "id seq message turn card"},
    ),
    "Turn": Table(
        "How a reply was produced: its state, model, tokens and times.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {
            V: "id conversation message state code detail created_at started_at ended_at", O: "provider model",
            N: "opening_call fence leased_until deadline_at attempts stop_requested_at retryable rounds prompt_tokens "
               "completion_tokens first_token_ms total_ms",
        },
    ),
    "Card": Table(
        "What a visitor could choose from, and their receipts.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "id conversation kind state content choice created_at", N: "call action expires_at"},
    ),
    "Question": Table(
        "Questions without a good answer, for staff to answer.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {V: "conversation text last_at", O: "organization document", N: "id key reason state times first_at"},
    ),
    "Replay": Table(
        "To compare what was answered with what would be answered now.",
        Term.MESSAGES, Erasure.DELETED, IN_CONVERSATION,
        {
            V: "conversation results created_at", O: "organization", S: "by",
            N: "id state total problem fence attempts leased_until ended_at",
        },
    ),
    "ToolCall": Table(
        "The ledger: what was done for a visitor, with what and to what effect. Limits are counted from it.",
        Term.LEDGER, Erasure.COUNTED, (*IN_CONVERSATION, "turn__conversation__visitor"),
        {
            V: "id conversation arguments result sources receipt created_at started_at finished_at state",
            O: "organization method risk name",
            N: "turn model_call_id opaque round ordinal initiator dry_run code idempotency_key attempts",
        },
        "name",
    ),
    "Delivery": Table(
        "The outbox: messages to visitors and about them, and what became of each. Limits are counted from it.",
        Term.LEDGER, Erasure.COUNTED, (*IN_CONVERSATION, "appointment__visitor", "call__conversation__visitor"),
        {
            V: "id conversation appointment kind to reply_to subject text html ics state created_at sent_at",
            O: "organization channel",
            N: "call key ics_method send_before fence leased_until attempts next_attempt_at last_error",
        },
    ),
    "Appointment": Table(
        "Who comes when and for what. Without the person, it still says when a calendar was taken.",
        Term.VISITORS, Erasure.BLANKED, ("visitor", *IN_CONVERSATION),
        {
            V: "visitor conversation call reference visitor_timezone name email phone reason answers cancel_reason",
            O: "id organization calendar service state start_at end_at busy_from busy_until session seat timezone price",
            N: "held_until confirmed_at sequence created_at updated_at",
        },
        "id state start_at end_at timezone price created_at",
    ),
    "AppointmentNotice": Table(
        "Which reminders and follow-ups an appointment has had, so that each is sent once.",
        Term.VISITORS, Erasure.DELETED, OF_APPOINTMENT,
        {V: "appointment created_at", N: "id name covers_until"},
    ),
    "Feedback": Table(
        "What a visitor said of their appointment afterwards.",
        Term.VISITORS, Erasure.DELETED, OF_APPOINTMENT,
        {V: "appointment score comment created_at updated_at", N: "id"},
    ),
    "OutsideEntry": Table(
        "Whether an appointment is entered in an outside calendar. Erasure has the entry rewritten without the person.",
        Term.VISITORS, Erasure.UNLINKED, OF_APPOINTMENT,
        {V: "appointment", N: "id outside wanted written fence leased_until attempts next_attempt_at last_error"},
    ),
    "Usage": Table(
        "What models used and cost: budgets, statistics and invoices.",
        Term.NUMBERS, Erasure.UNLINKED, IN_CONVERSATION,
        {
            V: "conversation turn", O: "organization assistant provider provider_name source model",
            N: "id health_key task reserved cause prompt_tokens completion_tokens tokens_are prompt_price completion_price "
               "micros cost_is first_token_ms total_ms at",
        },
    ),
    "Spending": Table(
        "Counters of budgets. A visitor's is named by their id, a network's by its keyed hash.",
        Term.COUNTERS, Erasure.DELETED, (),
        {V: "subject", O: "organization", N: "id scope period tokens micros requests warned created_at"},
    ),
    "Removal": Table(
        "What was removed, when and on whose request: the tombstone of an erased visitor, by a random id alone.",
        Term.EVER, fields={O: "organization", S: "by", N: "id visitor reason counts pending at finished_at"},
    ),
    "AuditEntry": Table(
        "Who changed, looked at or exported what. Visitors appear by random ids alone; values about people are masked.",
        Term.EVER,
        fields={O: "organization", S: "by by_name network act at", N: "id model object_id name detail changes"},
    ),
    "Organization": Table(
        "The tenant and its settings.", Term.OWNER,
        fields={
            O: "name slug website team_email team_language phone timezone allowed_origins allow_any_origin "
               "use_platform_providers active require_two_factor keep_messages_days keep_visitors_days keep_ledger_days",
            N: "id revision created_at",
        },
    ),
    "OfficeHours": Table("When the team answers.", Term.OWNER, fields={O: "organization weekday opens closes", N: "id"}),
    "OfficeClosure": Table(
        "When the team is away.", Term.OWNER, fields={O: "organization first_day last_day reason", N: "id"}
    ),
    "IdentityKey": Table(
        "Keys with which an organization's server signs who a visitor is.", Term.OWNER,
        fields={O: "organization name algorithm sealed_secret public_key enabled used_at", N: "id created_at"},
    ),
    "VisitorAttribute": Table(
        "What pages may say of visitors, such as their plan.", Term.OWNER,
        fields={O: "organization name label type in_prompt", N: "id"},
    ),
    "Membership": Table(
        "Who works for an organization, and in what role.", Term.OWNER, fields={S: "user role", O: "organization", N: "id"}
    ),
    "Invitation": Table(
        "Who was invited to an organization, by whom, and whether they joined.", Term.OWNER,
        fields={
            S: "email role by accepted_by created_at accepted_at withdrawn_at", O: "organization", N: "id number expires_at"
        },
    ),
    "Calendar": Table(
        "What can be booked.", Term.OWNER,
        fields={O: "organization name timezone location hold_minutes unproven_per_day", N: "id"},
    ),
    "OpeningHours": Table("What can be booked.", Term.OWNER, fields={O: "calendar weekday opens closes", N: "id"}),
    "Closure": Table("What can be booked.", Term.OWNER, fields={O: "calendar first_day last_day reason", N: "id"}),
    "SpecialHours": Table(
        "What can be booked.", Term.OWNER, fields={O: "calendar first_day last_day opens closes reason", N: "id"}
    ),
    "Service": Table(
        "What can be booked.", Term.OWNER,
        fields={
            O: "organization name description active colour order minutes buffer_before_minutes buffer_after_minutes "
               "step_minutes price place location capacity choice notice_minutes horizon_days per_day per_visitor approval "
               "cancel_hours ask_cancel_reason ask_phone ask_notes reminder_hours remind_team follow_up_hours",
            N: "id",
        },
    ),
    "Offering": Table("What can be booked.", Term.OWNER, fields={O: "service calendar order minutes price", N: "id"}),
    "FormField": Table(
        "What visitors are asked when they book.", Term.OWNER,
        fields={O: "service label kind options required help order", N: "id"},
    ),
    "BlockedTime": Table("What can be booked.", Term.OWNER, fields={O: "calendar start_at end_at reason", N: "id"}),
    "MessageTemplate": Table(
        "The organization's own texts of messages about appointments.", Term.OWNER,
        fields={O: "organization message audience language subject text", N: "id"},
    ),
    "CalendarFeed": Table(
        "Addresses at which other calendars can subscribe to appointments.", Term.OWNER,
        fields={O: "organization calendar shows_name shows_contact shows_reason", N: "id serial read_at created_at"},
    ),
    "MessageChannel": Table(
        "Gateways and webhooks that get messages about appointments: visitors' phone numbers go to the one, all that an "
        "appointment says of them to the other.", Term.OWNER,
        fields={
            O: "organization name kind enabled format body sends_changes sends_reminders per_day origin sealed_address "
               "sealed_headers",
            N: "id created_at",
        },
    ),
    "OutsideCalendar": Table(
        "Calendars elsewhere that are read for busy times or get the bookings.", Term.OWNER,
        fields={
            O: "organization calendar name kind enabled reads_busy writes_bookings account remote_id username origin "
               "sealed_address sealed_password",
            N: "id etag last_modified sync_token full_at fence leased_until failures next_read_at tried_at read_at "
               "last_error note created_at",
        },
    ),
    "OAuthClient": Table(
        "Registrations with Google and Microsoft, through which calendar accounts are connected.", Term.OWNER,
        fields={O: "organization provider client_id sealed_secret tenant", N: "id created_at"},
    ),
    "CalendarAccount": Table(
        "Accounts at Google and Microsoft that staff have connected: tokens, and the names of their calendars.", Term.OWNER,
        fields={
            O: "organization provider name address state client_id sealed_access sealed_refresh calendars",
            S: "connected_by",
            N: "id problem pending expires_at fence leased_until connected_at created_at",
        },
    ),
    "BusyTime": Table(
        "When an outside calendar is busy: times alone, no titles.", Term.OWNER,
        fields={O: "source calendar start_at end_at", N: "id"},
    ),
    "Method": Table(
        "What assistants can do.", Term.OWNER,
        fields={
            O: "organization name kind enabled description instruction public_label parameters translations fixed config "
               "secrets risk confirm per_visitor_per_day per_day per_network_per_day source",
            N: "id created_at updated_at",
        },
    ),
    "Assistant": Table(
        "Assistants and their settings.", Term.OWNER,
        fields={
            O: "organization name public_key enabled instructions knowledge title greeting starters disclosure translations "
               "accent position locale provider model fast_model fallback_model temperature max_output_tokens "
               "history_messages history_tokens makes_notes reuse_answers_hours limit_sentence accepts_files seen_at "
               "seen_origin",
            N: "id created_at updated_at",
        },
    ),
    "RefusedOrigin": Table(
        "Sites that asked for the widget and may not show it.", Term.OWNER,
        fields={O: "assistant origin ignored", N: "id first_at last_at"},
    ),
    "PromptVersion": Table(
        "Earlier texts of an assistant, and who changed them.", Term.OWNER,
        fields={O: "assistant number instructions knowledge greeting restores", S: "by at", N: "id"},
    ),
    "Provider": Table(
        "Model servers and their keys.", Term.OWNER,
        fields={
            O: "organization name preset base_url api_version auth sealed_key key_origin key_hint key_set_at headers smart "
               "fast realtime fallback_model temperature max_output_tokens reasoning_effort timeout_seconds weight enabled",
            N: "id created_at updated_at",
        },
    ),
    "ProviderHealth": Table(
        "Whether model servers answer, and what they support.", Term.OWNER,
        fields={
            N: "id key model provider name failures openings cause failed_at open_until probe_until successes capabilities "
               "origins measured_at measure_after"
        },
    ),
    "Rotation": Table("Which provider is asked next.", Term.OWNER, fields={N: "key number"}),
    "Budget": Table(
        "Limits of what models may use.", Term.OWNER,
        fields={
            O: "organization visitor_day_tokens network_day_tokens day_tokens month_tokens day_dollars month_dollars "
               "requests_per_minute sentence",
            N: "id",
        },
    ),
    "Price": Table("What models cost.", Term.OWNER, fields={O: "organization model prompt completion", N: "id updated_at"}),
    "Document": Table(
        "What assistants may look up.", Term.OWNER,
        fields={
            O: "organization kind title url text refresh_hours",
            N: "id state fence leased_until attempts next_read_at read_at code problem note etag last_modified "
               "words_version created_at updated_at",
        },
    ),
    "DocumentFile": Table(
        "An uploaded file, until it has been read.", Term.OWNER, fields={O: "document name data encoding", N: "id"}
    ),
    "Passage": Table(
        "The search index of documents.", Term.OWNER, fields={O: "document position title text words", N: "id"}
    ),
    "PassageVector": Table(
        "The search index of documents.", Term.OWNER, fields={O: "passage model dimension numbers"}
    ),
    "Embedding": Table(
        "How far the search index has come.", Term.OWNER,
        fields={O: "organization", N: "version fence leased_until failures next_at problem"},
    ),
    "User": Table(
        "Accounts of staff.", Term.OWNER,
        fields={
            S: "username first_name last_name email password last_login date_joined is_staff is_superuser is_active", N: "id"
        },
    ),
    "LogEntry": Table(
        "What staff changed in the admin. The names of an erased visitor's rows are emptied.", Term.OWNER, Erasure.BLANKED,
        fields={S: "user action_time action_flag change_message", V: "object_repr", N: "id content_type object_id"},
    ),
    "Authenticator": Table(
        "Second factors of staff: secrets are sealed, passkeys are public keys.", Term.OWNER,
        fields={S: "user type data created_at last_used_at", N: "id"},
    ),
    "UserSession": Table(
        "Logins of staff, for them to see and end: from which address and browser.", Term.SESSION,
        fields={S: "user ip user_agent created_at last_seen_at session_key data", N: "id"},
    ),
    "EmailAddress": Table(
        "Part of django-allauth; not used.", Term.OWNER, fields={S: "user email verified primary", N: "id"}
    ),
    "EmailConfirmation": Table(
        "Part of django-allauth; not used.", Term.OWNER, fields={S: "email_address created sent key", N: "id"}
    ),
    "Session": Table("Logins of staff.", Term.SESSION, fields={S: "session_key session_data expire_date"}),
    "Group": Table("Part of Django; not used.", Term.OWNER, fields={N: "id name"}),
    "Permission": Table("Part of Django; not used.", Term.OWNER, fields={N: "id name content_type codename"}),
    "ContentType": Table("Part of Django.", Term.OWNER, fields={N: "id app_label model"}),
}  # fmt: skip


def models() -> Iterator[tuple[type[Model], Table]]:
    """Every model with its entry, in the order of the inventory."""
    found = {model.__name__: model for model in apps.get_models()}
    return ((found[name], table) for name, table in INVENTORY.items())


def unclassified(inventory: dict[str, Table] = INVENTORY) -> list[str]:
    """The fields without a class, and those with several; a class without a field likewise."""
    wrong = []
    for model in apps.get_models():
        table = inventory.get(model.__name__)
        classed = sorted(name for about in About for name in (table.names(about) if table else ()))
        named = sorted(field.name for field in model._meta.concrete_fields)
        wrong += [
            f"{model.__name__}.{name}" for name in {*named, *classed} if classed.count(name) != 1 or named.count(name) != 1
        ]
    return sorted(wrong)


def rows_of(visitor: Visitor, model: type[Model], table: Table) -> QuerySet[Any]:
    """The rows of `model` about this visitor; none for a table that names no lookup to one."""
    rows = model._default_manager.all()
    if not table.owner:
        return rows.none()
    theirs = reduce(or_, (Q(**{lookup: visitor.pk}) for lookup in table.owner))
    return rows.filter(pk__in=model._default_manager.filter(theirs).values("pk"))


def visitors_fields(model: type[Model], table: Table) -> list[Field[Any, Any]]:
    return fields(model, table.names(About.VISITOR))


def fields(model: type[Model], names: list[str]) -> list[Field[Any, Any]]:
    return [model._meta.get_field(name) for name in names]  # type: ignore[misc]


def as_markdown() -> str:
    """The inventory as `docs/privacy.md` shows it: `python manage.py shell -c` prints it, and a test compares."""
    lines = ["| Table | Why | Kept | On erasure | Fields about the visitor | about staff |", "|---|---|---|---|---|---|"]
    for name, table in INVENTORY.items():
        visitor, staff = (", ".join(table.names(about)) for about in (About.VISITOR, About.STAFF))
        lines.append(f"| {name} | {table.why} | {table.term} | {table.erasure} | {visitor} | {staff} |")
    return "\n".join(lines)
