"""A database filled with years of use, by a few statements of bulk SQL.

Every table has one row made by the models, the pattern; the others are copies of it that differ in what is written here.
So a column that is added later needs no change, and has a value that the product itself would give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from assistant.models import (
    Appointment,
    Assistant,
    Card,
    Conversation,
    Delivery,
    Document,
    Event,
    Message,
    Method,
    Organization,
    Passage,
    Provider,
    Question,
    Spending,
    ToolCall,
    Turn,
    Usage,
    Visitor,
)
from tests import make

DAYS = 400  # over which it is spread, evenly


@dataclass(frozen=True)
class Sizes:
    messages: int = 2_000_000
    conversations: int = 200_000
    organizations: int = 10_000


@dataclass(frozen=True)
class Filled:
    """The pattern's rows: its organization has a twentieth of everything, and its conversation five thousand messages."""

    conversation: Conversation
    rows: dict[str, int]  # by table


def fill(sizes: Sizes, say: Callable[[str], None] = lambda text: None) -> Filled:
    conversation = _pattern()
    with connection.cursor() as cursor:  # a check per row and reference would take most of the time
        off = "SET session_replication_role = replica" if connection.vendor == "postgresql" else "PRAGMA foreign_keys = OFF"
        cursor.execute(off)
    for model, count, changes in _plan(sizes, conversation):
        say(f"{count:,} rows of {model._meta.db_table}")
        with transaction.atomic():
            _copy(model, count, changes)
    say("statistics of the tables")
    with connection.cursor() as cursor:
        cursor.execute(off.replace("= replica", "= DEFAULT").replace("= OFF", "= ON"))
        if connection.vendor == "postgresql":  # as its autovacuum does; nothing analyzes SQLite
            cursor.execute("VACUUM ANALYZE")
        tables = sorted(name for name in connection.introspection.table_names(cursor) if name.startswith("assistant_"))
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT COUNT(*) FROM "{table}"')
            rows[table] = int(cursor.fetchone()[0])
    return Filled(conversation, rows)


def _pattern() -> Conversation:
    now = timezone.now()
    organization = make.organization(website="https://www.example.com")
    assistant = make.assistant(organization)
    Provider.objects.create(organization=organization, name="Own", base_url="https://llm.example.com/v1", smart="big")
    method = Method.objects.create(organization=organization, name="look", kind="http", description="Looks.", risk="read")
    assistant.methods.add(method)
    document = Document.objects.create(organization=organization, title="Prices", state="ready", words_version=1)
    Passage.objects.create(document=document, position=0, text="It costs 5.", words="cost five")
    conversation = make.conversation(assistant, last_message_at=now, titled_at=now, last_seq=20_000)
    said = {"conversation": conversation, "seq": 1, "text": "When are you open?"}
    message = Message.objects.create(**said, role=Message.Role.VISITOR, client_id="c-1")
    turn = Turn.objects.create(conversation=conversation, message=message, state="done", deadline_at=now, ended_at=now)
    Event.objects.create(conversation=conversation, seq=1, type="message.added", message=message)
    call = ToolCall.objects.create(
        organization=organization,
        conversation=conversation,
        turn=turn,
        method=method,
        name="look",
        state="done",
        idempotency_key="call-0",
    )
    Card.objects.create(conversation=conversation, call=call, kind="receipt", state="closed")
    booked = make.pick(make.calendar(organization), now - timedelta(days=2 * DAYS))
    Appointment.objects.create(
        organization=organization,
        calendar=booked.calendar,
        service=booked.service,
        conversation=conversation,
        visitor=conversation.visitor,
        state="confirmed",
        start_at=booked.start_at,
        busy_from=booked.start_at,
        end_at=booked.start_at + timedelta(minutes=1),
        busy_until=booked.start_at + timedelta(minutes=1),
        timezone="UTC",
    )
    Delivery.objects.create(
        organization=organization,
        conversation=conversation,
        key="key-0",
        to="a@example.com",
        subject="Yours",
        text="Hello.",
        state="sent",
        sent_at=now,
    )
    Question.objects.create(
        organization=organization,
        conversation=conversation,
        key="0",
        text="Do you sell socks?",
        reason="unsure",
        state="answered",
        first_at=now,
        last_at=now,
    )
    Spending.objects.create(organization=organization, scope="visitor", subject="0", period="2026-01-01")
    Usage.objects.create(
        organization=organization,
        assistant=assistant,
        conversation=conversation,
        turn=turn,
        provider_name="Own",
        model="big",
        source="organization",
        health_key="k",
        task="reply",
        prompt_tokens=9,
        completion_tokens=9,
        first_token_ms=9,
        total_ms=9,
    )
    return conversation


Changes = dict[str, str]  # column → SQL over `n`, which counts from 1


def _newest(model: Any) -> int:
    """The number of the pattern's row: those before it may have been used up."""
    return int(model.objects.latest("pk").pk)


def _plan(sizes: Sizes, conversation: Conversation) -> list[tuple[type[models.Model], int, Changes]]:
    first, mia = conversation.organization_id, conversation.assistant_id
    calls, few = sizes.conversations, max(sizes.conversations // 10, 1)
    turns = sizes.messages // 2
    here = f"CASE WHEN n % 20 = 0 THEN 0 ELSE n % {sizes.organizations} END"
    home, asked = f"{first} + {here}", f"{mia} + {here}"
    # Five thousand of the messages are the pattern's conversation's; the others have ten each.
    long = min(5000, sizes.messages // 10)

    def talk(number: str) -> str:
        other = _uuid("conversation", f"1 + ({number}) % {sizes.conversations}")
        return f"CASE WHEN ({number}) <= {long} THEN {_key(conversation)} ELSE {other} END"

    own = f"CASE WHEN n <= {long} THEN n + 1 ELSE 1 + (n / {sizes.conversations}) END"
    of_talk = {"conversation_id": _uuid("conversation", "n"), "organization_id": home}
    age = f"{_ago(f'(n * {DAYS * 86400.0} / {{count}})')}"
    plan: list[tuple[type[models.Model], int, Changes]] = [
        (
            Organization,
            sizes.organizations - 1,
            {"id": f"{first} + n", "slug": _text("'o-'", "n"), "name": _text("'O '", "n")},
        ),
        (
            Assistant,
            sizes.organizations - 1,
            {
                "id": f"{mia} + n",
                "organization_id": f"{first} + n",
                "public_key": _text("'pk_'", "n"),
            },
        ),
        (Provider, sizes.organizations // 10, {"id": _uuid("provider", "n"), "organization_id": f"{first} + n"}),
        (Method, sizes.organizations - 1, {"id": _uuid("method", "n"), "organization_id": f"{first} + n"}),
        (Document, sizes.organizations - 1, {"id": _uuid("document", "n"), "organization_id": f"{first} + n"}),
        (Passage, sizes.organizations - 1, {"id": f"{_newest(Passage)} + n", "document_id": _uuid("document", "n")}),
        (
            Visitor,
            sizes.conversations,
            {
                "id": _uuid("visitor", "n"),
                "organization_id": home,
                "created_at": age,
                "last_seen_at": age,
            },
        ),
        (
            Conversation,
            sizes.conversations,
            {
                "id": _uuid("conversation", "n"),
                "organization_id": home,
                "assistant_id": asked,
                "visitor_id": _uuid("visitor", "n"),
                "created_at": age,
                "last_message_at": age,
                "titled_at": age,
                "last_seq": "30",
                "summary_seq": "30",
                "title": _text("'Talk '", "n"),
            },
        ),
        (
            Message,
            sizes.messages,
            {
                "id": _uuid("message", "n"),
                "conversation_id": talk("n"),
                "seq": own,
                "at": age,
                "client_id": _text("'m-'", "n"),
                "role": "CASE WHEN n % 2 = 0 THEN 'visitor' ELSE 'assistant' END",
                "text": _text("'About the words of '", "n"),
                "turn_id": f"CASE WHEN n % 2 = 1 THEN {_uuid('turn', '(n + 1) / 2')} END",
            },
        ),
        (
            Turn,
            turns,
            {
                "id": _uuid("turn", "n"),
                "message_id": _uuid("message", "n * 2"),
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
                "message_id": _uuid("message", "n"),
                "turn_id": f"CASE WHEN n % 3 = 0 THEN {_uuid('turn', 'n / 2')} END",
                "at": age,
            },
        ),
        (
            ToolCall,
            calls,
            {
                **of_talk,
                "id": _uuid("call", "n"),
                "turn_id": _uuid("turn", "n"),
                "idempotency_key": _text("'k-'", "n"),
                "created_at": age,
                "finished_at": age,
                "state": "CASE WHEN n % 40 = 0 THEN 'unknown' ELSE 'done' END",
            },
        ),
        (
            Card,
            calls,
            {
                "id": _uuid("card", "n"),
                "conversation_id": _uuid("conversation", "n"),
                "call_id": _uuid("call", "n"),
                "created_at": age,
            },
        ),
        (
            Delivery,
            few,
            {
                **of_talk,
                "id": _uuid("delivery", "n"),
                "key": _text("'key-'", "n"),
                "call_id": _uuid("call", "n"),
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
                "id": _uuid("appointment", "n"),
                "reference": _text("'R'", "n"),
                "call_id": _uuid("call", "n"),
                "created_at": age,
                "visitor_id": _uuid("visitor", "n"),
                **{name: _later(name, "n * 240.0") for name in ("start_at", "busy_from", "end_at", "busy_until")},
            },
        ),
        (Question, few, {**of_talk, "key": _text("'q-'", "n"), "last_at": age, "first_at": age}),
        (Spending, calls, {"organization_id": home, "subject": _text("'v-'", "n"), "created_at": age}),
        (
            Usage,
            turns,
            {
                "organization_id": home,
                "assistant_id": asked,
                "conversation_id": talk("n * 2"),
                "turn_id": _uuid("turn", "n"),
                "at": age,
            },
        ),
    ]
    return [(model, count, {k: v.replace("{count}", str(count)) for k, v in made.items()}) for model, count, made in plan]


def _copy(model: type[models.Model], count: int, changes: Changes) -> None:
    """Insert `count` copies of the table's oldest row."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields]
    generated = isinstance(model._meta.pk, models.AutoField) and "id" not in changes
    kept = [column for column in columns if not (generated and column == model._meta.pk.column)]
    once = {f.column for f in model._meta.concrete_fields if isinstance(f, models.OneToOneField)} - {"id"}
    chosen = ", ".join(changes.get(c, "NULL" if c in once else f'pattern."{c}"') for c in kept)
    names = ", ".join(f'"{column}"' for column in kept)
    pattern = f'(SELECT * FROM "{table}" LIMIT 1) AS pattern'
    if connection.vendor == "postgresql":
        sql = f'INSERT INTO "{table}" ({names}) SELECT {chosen} FROM generate_series(1, {count}) AS n, {pattern}'
    else:
        series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count})"
        sql = f'INSERT INTO "{table}" ({names}) {series} SELECT {chosen} FROM series, {pattern}'
    with connection.cursor() as cursor:
        if count > 0:
            cursor.execute(sql)
        if connection.vendor == "postgresql" and isinstance(model._meta.pk, models.AutoField):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM \"{table}\"))")


# --- SQL of both databases --------------------------------------------------------------------------------------------

_PLACES = [
    "organization",
    "visitor",
    "conversation",
    "message",
    "turn",
    "call",
    "card",
    "delivery",
    "appointment",
    "document",
    "provider",
    "method",
]


def _uuid(kind: str, number: str) -> str:
    if connection.vendor == "postgresql":
        return f"md5('{kind}' || ({number}))::uuid"
    # Scattered as random ones are, and still found again: n times a prime, within a power of two.
    return f"printf('%08x%08x%016x', (({number}) * 2654435761) & 4294967295, {_PLACES.index(kind)}, {number})"


def _key(row: Any) -> str:
    return f"'{row.pk}'::uuid" if connection.vendor == "postgresql" else f"'{row.pk.hex}'"


def _text(prefix: str, number: str) -> str:
    return f"{prefix} || ({number})"


def _ago(seconds: str) -> str:
    if connection.vendor == "postgresql":
        return f"now() - ({seconds}) * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({seconds}) || ' seconds')"


def _later(column: str, seconds: str) -> str:
    if connection.vendor == "postgresql":
        return f"pattern.\"{column}\" + ({seconds}) * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', pattern.\"{column}\", '+' || ({seconds}) || ' seconds')"
