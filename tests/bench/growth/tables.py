"""Which tables are filled, with how many rows, and in what these differ from the pattern's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models

from assistant.models import (
    Appointment,
    AppointmentNotice,
    Assistant,
    AuditEntry,
    BusyTime,
    Card,
    Conversation,
    ConversationFile,
    ConversationNote,
    ConversationRead,
    Delivery,
    Document,
    Event,
    Feedback,
    Message,
    Method,
    Notice,
    Notification,
    Organization,
    OutsideEntry,
    Passage,
    Provider,
    Question,
    Removal,
    Spending,
    ToolCall,
    Turn,
    Usage,
    Visitor,
    VoiceCall,
)  # fmt: skip
from tests.bench.growth import sql

DAYS = 400  # over which it is spread, evenly
AHEAD = 55  # days in which there are appointments to come


@dataclass(frozen=True)
class Sizes:
    messages: int = 2_000_000
    conversations: int = 200_000
    organizations: int = 10_000


Changes = dict[str, str]  # column → SQL over `n`, which counts from 1


def _newest(model: Any) -> int:
    """The number of the pattern's row: those before it may have been used up."""
    return int(model.objects.latest("pk").pk)


Plan = list[tuple[type[models.Model], int, Changes]]


SETTINGS = (Organization, Assistant, Provider, Method, Document, Passage)


def plan(sizes: Sizes, conversation: Conversation, *, filled: int = 0, own: bool = False) -> Plan:
    """The rows by which a database with the pattern's comes to its sizes. Once it is `filled`, as often as that: those that
    come on top over the same time, all of the pattern's organization or none; their appointments are over."""
    first, mia = conversation.organization_id, conversation.assistant_id
    calls, few = sizes.conversations, max(sizes.conversations // 10, 1)
    turns = sizes.messages // 2
    others = f"1 + n % {sizes.organizations - 1}"
    here = ("0" if own else others) if filled else f"CASE WHEN n % 20 = 0 THEN 0 ELSE n % {sizes.organizations} END"
    home, asked = f"{first} + {here}", f"{mia} + {here}"
    # Five thousand of the messages are the pattern's conversation's; the others have ten each.
    long = min(5000, sizes.messages // 10)

    def talk(number: str) -> str:
        other = sql.uuid("conversation", f"{sizes.conversations * filled + 1} + ({number}) % {sizes.conversations}")
        return f"CASE WHEN ({number}) <= {long} THEN {sql.key(conversation)} ELSE {other} END"

    own = f"CASE WHEN n <= {long} THEN n + 1 ELSE 1 + (n / {sizes.conversations}) END"
    of_talk = {"conversation_id": sql.uuid("conversation", "n"), "organization_id": home}
    place = f"(n - {{count}} * {filled})"
    age = sql.ago(f"({place} * {DAYS * 86400.0} / {{count}})")
    spread = f"-{place} * {DAYS * 86400.0} / {{count}}" if filled else _spread()
    found: Plan = [
        (
            Organization,
            sizes.organizations - 1,
            {"id": f"{first} + n", "slug": sql.text("'o-'", "n"), "name": sql.text("'O '", "n")},
        ),
        (
            Assistant,
            sizes.organizations - 1,
            {
                "id": f"{mia} + n",
                "organization_id": f"{first} + n",
                "public_key": sql.text("'pk_'", "n"),
            },
        ),
        (Provider, sizes.organizations // 10, {"id": sql.uuid("provider", "n"), "organization_id": f"{first} + n"}),
        (Method, sizes.organizations - 1, {"id": sql.uuid("method", "n"), "organization_id": f"{first} + n"}),
        (Document, sizes.organizations - 1, {"id": sql.uuid("document", "n"), "organization_id": f"{first} + n"}),
        (Passage, sizes.organizations - 1, {"id": f"{_newest(Passage)} + n", "document_id": sql.uuid("document", "n")}),
        (
            Visitor,
            sizes.conversations,
            {
                "id": sql.uuid("visitor", "n"),
                "organization_id": home,
                "created_at": age,
                "last_seen_at": age,
                "external_id": "CASE WHEN n % 3 = 0 THEN 'u-' || (n) END",
                "email": sql.text("'v-'", "n") + " || '@example.com'",
            },
        ),
        (
            Conversation,
            sizes.conversations,
            {
                "id": sql.uuid("conversation", "n"),
                "organization_id": home,
                "assistant_id": asked,
                "visitor_id": sql.uuid("visitor", "n"),
                "created_at": age,
                "last_message_at": age,
                "titled_at": age,
                "last_seq": "30",
                "summary_seq": "30",
                "title": sql.text("'Talk '", "n"),
            },
        ),
        (
            Message,
            sizes.messages,
            {
                "id": sql.uuid("message", "n"),
                "conversation_id": talk("n"),
                "seq": own,
                "at": age,
                "client_id": sql.text("'m-'", "n"),
                "role": "CASE WHEN n % 2 = 0 THEN 'visitor' ELSE 'assistant' END",
                "text": sql.text("'About the words of '", "n"),
                "turn_id": f"CASE WHEN n % 2 = 1 THEN {sql.uuid('turn', '(n + 1) / 2')} END",
            },
        ),
        (
            Turn,
            turns,
            {
                "id": sql.uuid("turn", "n"),
                "message_id": sql.uuid("message", "n * 2"),
                "conversation_id": talk("n * 2"),
                "created_at": age,
                "ended_at": age,
                "started_at": age,
                "state": "CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'done' END",
            },
        ),
        (
            Event,
            sizes.messages,
            {
                "id": f"{_newest(Event)} + n",
                "conversation_id": talk("n"),
                "seq": own,
                "message_id": sql.uuid("message", "n"),
                "type": "CASE WHEN n % 10 = 0 THEN 'card.added' ELSE 'message.added' END",
                "card_id": f"CASE WHEN n % 10 = 0 THEN {sql.uuid('card', 'n / 10')} END",
                "turn_id": f"CASE WHEN n % 3 = 0 THEN {sql.uuid('turn', 'n / 2')} END",
                "at": age,
            },
        ),
        (
            ToolCall,
            calls,
            {
                **of_talk,
                "id": sql.uuid("call", "n"),
                "turn_id": sql.uuid("turn", "n"),
                "idempotency_key": sql.text("'k-'", "n"),
                "created_at": age,
                "finished_at": age,
                "state": "CASE WHEN n % 40 = 0 THEN 'unknown' ELSE 'done' END",
            },
        ),
        (
            Card,
            calls,
            {
                "id": sql.uuid("card", "n"),
                "conversation_id": sql.uuid("conversation", "n"),
                "call_id": sql.uuid("call", "n"),
                "created_at": age,
            },
        ),
        (
            Delivery,
            few,
            {
                **of_talk,
                "id": sql.uuid("delivery", "n"),
                "key": sql.text("'key-'", "n"),
                "call_id": sql.uuid("call", "n"),
                "created_at": age,
                "sent_at": age,
                "next_attempt_at": age,
            },
        ),
        (
            Appointment,
            few,
            {
                **of_talk,
                "id": sql.uuid("appointment", "n"),
                "reference": sql.text("'R'", "n"),
                "call_id": sql.uuid("call", "n"),
                "created_at": age,
                "confirmed_at": age,
                "visitor_id": sql.uuid("visitor", "n"),
                **{name: sql.later(name, spread) for name in ("start_at", "busy_from", "end_at", "busy_until")},
            },
        ),
        (Question, few, {**of_talk, "key": sql.text("'q-'", "n"), "last_at": age, "first_at": age}),
        (Spending, calls, {"organization_id": home, "subject": sql.text("'v-'", "n"), "created_at": age}),
        (
            Usage,
            turns,
            {
                "organization_id": home,
                "assistant_id": asked,
                "conversation_id": talk("n * 2"),
                "turn_id": sql.uuid("turn", "n"),
                "at": age,
            },
        ),
    ]
    found += _beside(sizes, of_talk, age, spread)
    return [
        (model, count, {k: v.replace("{count}", str(count)) for k, v in made.items()})
        for model, count, made in found
        if not (filled and model in SETTINGS)
    ]


def _spread() -> str:
    """Seconds after the pattern's appointment: most are over, and a twentieth is still to come, in the next weeks."""
    over = "{count} * 0.95"
    coming = f"{(DAYS + 1) * 86400.0} + (n - {over}) * {AHEAD * 86400.0} / ({{count}} * 0.05)"
    return f"CASE WHEN n <= {over} THEN n * {DAYS * 86400.0} / ({over}) ELSE {coming} END"


def _beside(sizes: Sizes, of_talk: Changes, age: str, spread: str) -> Plan:
    """What comes with conversations and appointments, and what is written of staff."""
    many, few = sizes.conversations, max(sizes.conversations // 10, 1)
    talk = {"conversation_id": of_talk["conversation_id"]}
    visit = {"appointment_id": sql.uuid("appointment", "n")}
    told = {"id": sql.uuid("notification", "n"), "key": sql.text("'told-'", "n"), "created_at": age, "next_attempt_at": age}
    sent = {"id": sql.uuid("file", "n"), "message_id": sql.uuid("message", "n"), "place": sql.text("'place-'", "n")}
    called = {"id": sql.uuid("voice", "n"), "created_at": age, "ended_at": age}
    gone = {"organization_id": of_talk["organization_id"], "visitor": sql.uuid("removal", "n"), "at": age}
    return [
        (Notice, many, {**talk, "shown_at": age}),
        (Notification, many, {**of_talk, **told}),
        (AuditEntry, many, {"organization_id": of_talk["organization_id"], "at": age}),
        (Removal, many, {**gone, "finished_at": age}),
        (ConversationRead, few, talk),
        (ConversationNote, few, {**talk, "at": age}),
        (ConversationFile, few, {**of_talk, **sent, "at": age}),
        (VoiceCall, few, {**of_talk, **called}),
        (AppointmentNotice, few, {**visit, "covers_until": sql.later("covers_until", spread)}),
        (Feedback, few, {**visit, "created_at": age}),
        (OutsideEntry, few, {**visit, "next_attempt_at": age}),
        (BusyTime, few, {name: sql.later(name, spread) for name in ("start_at", "end_at")}),
    ]
