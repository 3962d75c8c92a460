"""Conversations, their messages and their durable events: `seq` is given out here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from assistant import chat, events, live
from assistant.errors import Conflict, InputError, NotAllowed, NotFound
from assistant.models import Assistant, Card, Conversation, ConversationNote, Event, Message, ToolCall, Turn, Visitor
from assistant.models.organization import is_timezone
from assistant.services import organizations, usage
from assistant.services.knowledge import questions

TOKEN_SALT = "visitor"
WAITED = "The visitor was shown a card to confirm this, and had not answered yet."
SHORT_RESULT_CHARS = 400  # that is left of an older tool result where the model's context is short
SHORTENED = " … (shortened)"
MESSAGE_TOKENS = 4  # that a message takes beside its text
RESUME_LIMIT = 400  # durable events given at once; older ones are only in the admin

# --- Who may --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Session:
    conversation: Conversation
    token: str
    expires_at: datetime


def open_session(
    assistant: Assistant, origin: str, *, token: str = "", locale: str = "", zone: str = "", address: str = ""
) -> Session:
    """A conversation to talk in: the one of `token` while that is good and open, else a new one.

    An unknown or spent token is no error here; the visitor simply starts anew. Of the visitor's IP `address` only a
    keyed hash is kept, which limits are counted by. Nor is a time zone that nobody knows an error: the visitor did not
    choose what his browser says.
    """
    try:
        conversation = for_visitor(token, origin) if token else None
    except NotAllowed:
        conversation = None
    if conversation is not None and conversation.assistant_id != assistant.pk:
        conversation = None
    if conversation is None or conversation.state == Conversation.State.CLOSED:
        visitor = conversation.visitor if conversation else Visitor.objects.create(organization=assistant.organization)
        conversation = Conversation.objects.create(
            organization=assistant.organization, assistant=assistant, visitor=visitor, origin=origin[:300]
        )
    network = usage.network_of(address)
    if network and network != conversation.network:
        conversation.network = network
        conversation.save(update_fields=["network"])
    update_visitor(conversation, locale=locale, zone=zone if is_timezone(zone) else "")
    claims = {"v": str(conversation.visitor_id), "c": str(conversation.pk), "a": assistant.pk, "o": origin}
    return Session(conversation, signing.dumps(claims, salt=TOKEN_SALT), timezone.now() + token_age())


def token_age() -> timedelta:
    return timedelta(days=settings.VISITOR_TOKEN_DAYS)


def for_visitor(token: str, origin: str) -> Conversation:
    """The conversation that `token` authorises from `origin`.

    Raises `NotAllowed` with code token_required, token_expired or token_invalid; not_allowed where the assistant, the
    organization or the origin has been shut out since.
    """
    if not token:
        raise NotAllowed("No token.", code="token_required")
    try:
        claims = signing.loads(token, salt=TOKEN_SALT, max_age=token_age())
    except signing.SignatureExpired as error:
        raise NotAllowed("The token is spent.", code="token_expired") from error
    except signing.BadSignature as error:
        raise NotAllowed("The token is not ours.", code="token_invalid") from error
    conversation = (
        Conversation.objects.select_related("assistant__organization", "visitor")
        .filter(pk=claims["c"], visitor=claims["v"], assistant=claims["a"])
        .first()
    )
    if conversation is None or claims["o"] != origin:
        raise NotAllowed("The token belongs elsewhere.", code="token_invalid")
    if not organizations.admits(conversation.assistant, origin):
        raise NotAllowed("The assistant is not offered there.")
    return conversation


# --- Events ---------------------------------------------------------------------------------------------------------


def record(
    conversation: Conversation,
    type: str,
    *,
    message: Message | None = None,
    turn: Turn | None = None,
    card: Card | None = None,
    data: dict[str, Any] | None = None,
) -> Event:
    """Give the next `seq` to a durable event, and announce it once the transaction is through."""
    event = Event.objects.create(
        conversation=conversation,
        seq=next_seq(conversation),
        type=type,
        message=message,
        turn=turn,
        card=card,
        data=data or {},
    )
    transaction.on_commit(lambda: live.announce(conversation.pk, render(event)))
    return event


def next_seq(conversation: Conversation, **changes: Any) -> int:
    """The next number of this conversation, and `changes` to its row. The row stays locked until the transaction ends, so
    numbers are committed in the order in which they were given out."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A seq is given out inside the transaction that uses it.")
    Conversation.objects.filter(pk=conversation.pk).update(last_seq=F("last_seq") + 1, **changes)
    conversation.last_seq = Conversation.objects.values_list("last_seq", flat=True).get(pk=conversation.pk)
    return conversation.last_seq


def render(event: Event) -> events.WidgetEvent:
    """A row as a widget may see it; cards as they are now."""
    match event.type:
        case "message.added":
            assert event.message is not None
            return events.MessageAdded(event.seq, render_message(event.message))
        case "message.rated":
            return events.MessageRated(event.seq, str(event.message_id), event.data["value"])
        case "turn.ended":
            return events.TurnEnded(event.seq, str(event.turn_id), **event.data)
        case "card.added" | "card.updated":
            assert event.card is not None
            kind = events.CardAdded if event.type == "card.added" else events.CardUpdated
            return kind(event.seq, render_card(event.card))
        case "conversation.updated":
            return events.ConversationUpdated(event.seq, **event.data)
    raise ValueError(event.type)


def render_message(message: Message) -> dict[str, Any]:
    shown = {
        "id": str(message.pk),
        "client_id": message.client_id,
        "role": message.role,
        "text": message.text,
        "at": moment(message.at),
        "state": message.state,
        "turn": str(message.turn_id) if message.turn_id else None,
        "rating": message.rating,
        "sources": message.sources or None,
    }
    return {key: value for key, value in shown.items() if value is not None}


def render_card(card: Card) -> dict[str, Any]:
    shown = {"id": str(card.pk), "kind": card.kind, "state": card.state, "at": moment(card.created_at), **card.content}
    if card.expires_at:
        shown["expires_at"] = moment(card.expires_at)
    if card.choice:
        shown["choice"] = card.choice
    return shown


def moment(at: datetime) -> str:
    """A UTC instant as the wire writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def resume(conversation: Conversation, after: int) -> events.SessionReady:
    """Everything durable after `after`, and the reply in the making."""
    conversation.refresh_from_db(fields=["state", "last_seq", "staff"])
    rows = list(
        conversation.events.filter(seq__gt=after)
        .select_related("message", "card", "turn")
        .order_by("-seq")[: RESUME_LIMIT + 1]
    )
    more = len(rows) > RESUME_LIMIT
    shown = [render(row).payload() for row in reversed(rows[:RESUME_LIMIT])]
    running = conversation.turns.open().order_by("created_at").first()
    turn = None
    if running is not None:
        draft = live.draft(running.pk)
        turn = {
            "id": str(running.pk),
            "message": str(running.message_id),
            "text": draft.text,
            "offset": len(draft.text),
            "tools": list(draft.tools),
        }
    about = {"id": str(conversation.pk), "state": conversation.state}
    if conversation.staff:
        about["staff"] = conversation.staff.get_short_name() or conversation.staff.get_username()
    # The newest seq that this answer accounts for: what is committed meanwhile is announced, or seen as a gap.
    seq = rows[0].seq if rows else max(after, 0)
    return events.SessionReady(about, shown, seq, more, turn)


# --- Messages -------------------------------------------------------------------------------------------------------


def append(conversation: Conversation, role: str, text: str, **fields: Any) -> Message:
    """Save a message and its event; the visitor's first one names the conversation. Inside the caller's transaction."""
    message = Message(conversation=conversation, role=role, text=text, **fields)
    changes: dict[str, Any] = {"last_message_at": timezone.now()}
    if role == Message.Role.VISITOR and not conversation.title:
        changes["title"] = " ".join(text.split())[:80]
    message.seq = next_seq(conversation, **changes)
    message.save(force_insert=True)
    event = Event.objects.create(conversation=conversation, seq=message.seq, type="message.added", message=message)
    transaction.on_commit(lambda: live.announce(conversation.pk, render(event)))
    return message


@dataclass(frozen=True)
class Posted:
    """What became of a visitor's message; `turn` is None while a person holds the conversation."""

    message: Message
    turn: Turn | None
    new: bool


def post(conversation: Conversation, client_id: str, text: str, page: dict[str, str] | None = None) -> Posted:
    """Save a visitor's message and the turn that is to answer it, once per `client_id`.

    Raises `Conflict` when the id was used for another text.
    """
    with transaction.atomic():
        # The conversation's lock first: of two copies that race, the second then finds the first.
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        known = Message.objects.filter(conversation=locked, client_id=client_id).first()
        if known is not None:
            if known.text != text:
                raise Conflict("This id was used for another text.")
            return Posted(known, known.turns.order_by("created_at").first(), new=False)
        if locked.state == Conversation.State.CLOSED:
            set_state(locked, Conversation.State.ASSISTANT)
        message = append(locked, Message.Role.VISITOR, text, client_id=client_id, page=page or {})
        turn = None if locked.state == Conversation.State.STAFF else begin_turn(message)
        return Posted(message, turn, new=True)


def begin_turn(message: Message, opening_call: ToolCall | None = None) -> Turn:
    """Queue the answer to `message`. Inside the caller's transaction."""
    return Turn.objects.create(
        conversation_id=message.conversation_id,
        message=message,
        opening_call=opening_call,
        deadline_at=timezone.now() + timedelta(seconds=settings.ASSISTANT_TURN_SECONDS),
    )


def rate(conversation: Conversation, message_id: str, value: int) -> None:
    """Keep a visitor's opinion of a reply: 1, -1, or 0 for neither."""
    with transaction.atomic():
        message = conversation.messages.filter(pk=message_id, role__in=[Message.Role.ASSISTANT, Message.Role.STAFF]).first()
        if message is None:
            raise NotFound("No such message.")
        if message.rating == (value or None):
            return
        message.rating = value or None
        message.save(update_fields=["rating"])
        record(conversation, "message.rated", message=message, data={"value": value})
        if value < 0:
            questions.disliked(message)


def history(turn: Turn, limit: int, tokens: int | None = None) -> list[chat.ChatMessage]:
    """What was said before `turn`, and its own message: at most `limit` messages, whole exchanges only.

    Where they would take more than `tokens`, roughly, long results of tools are shortened first and the oldest exchanges
    left out then; the newest stays as it was. A reply that failed leaves no trace, what its turn did does. Staff's words
    are the assistant's side.
    """
    earlier = list(
        Message.objects.filter(Q(seq__lt=turn.message.seq) | Q(turn__created_at__lt=turn.created_at))
        .filter(conversation_id=turn.conversation_id)
        .exclude(role=Message.Role.SYSTEM)
        .exclude(turn__state=Turn.State.FAILED)
        .exclude(turn__message=turn.message_id)
        .select_related("turn")
        .order_by("-seq")[:limit]
    )
    asked = {message.pk: message.seq for message in earlier if message.role == Message.Role.VISITOR}
    calls = _calls_by_message(turn, set(asked))
    # A reply stands with the message that it answers, wherever it came in: visitors write on while it is being written.
    exchanges: dict[int, list[chat.ChatMessage]] = {}
    for message in reversed(earlier):
        place = asked.get(message.turn.message_id, message.seq) if message.turn else message.seq
        exchange = exchanges.setdefault(place, [])
        exchange.append(_as_chat(message))
        if message.role == Message.Role.VISITOR:
            exchange += as_rounds(calls.get(message.pk, []))
    kept: list[list[chat.ChatMessage]] = []
    for place in sorted(exchanges, reverse=True):
        if sum(map(len, kept)) + len(exchanges[place]) >= limit:
            break
        kept.insert(0, exchanges[place])
    asking = _as_chat(turn.message)
    if tokens is not None:
        kept = _within(kept, tokens - estimated_tokens([asking]))
    return [*chain.from_iterable(kept), asking]


def _within(exchanges: list[list[chat.ChatMessage]], tokens: int) -> list[list[chat.ChatMessage]]:
    """As much of `exchanges`, oldest first, as fits into `tokens`."""
    if sum(map(estimated_tokens, exchanges)) <= tokens:
        return exchanges
    kept = [[_shortened(message) for message in exchange] for exchange in exchanges[:-1]] + exchanges[-1:]
    sizes = [estimated_tokens(exchange) for exchange in kept]
    while len(kept) > 1 and sum(sizes) > tokens:
        del kept[0], sizes[0]
    return kept


def _shortened(message: chat.ChatMessage) -> chat.ChatMessage:
    if message.role != "tool" or len(message.text) <= SHORT_RESULT_CHARS:
        return message
    return replace(message, text=message.text[:SHORT_RESULT_CHARS] + SHORTENED)


def estimated_tokens(messages: Iterable[chat.ChatMessage]) -> int:
    """Roughly, and rather too many: a token is about four bytes of English and fewer of most else; three are counted."""
    sizes = (
        len(message.text.encode()) + sum(len(json.dumps([call.name, call.arguments])) for call in message.calls)
        for message in messages
    )
    return sum(size // 3 + MESSAGE_TOKENS for size in sizes)


def _calls_by_message(turn: Turn, messages: set[UUID]) -> dict[UUID, list[ToolCall]]:
    """The ledger of earlier messages' turns. A call that waited for the visitor's word stands twice: as waiting where
    it was made, and with its result at the click that set it off."""
    if not messages and turn.opening_call_id is None:
        return {}
    opened = dict(
        Turn.objects.filter(Q(message__in=messages) | Q(pk=turn.pk), opening_call__isnull=False).values_list(
            "opening_call_id", "message_id"
        )
    )
    rows = ToolCall.objects.filter(Q(turn__message__in=messages) | Q(pk__in=opened), state__in=ToolCall.ENDED)
    calls: dict[UUID, list[ToolCall]] = {}
    for row in rows.select_related("turn").order_by("turn__created_at", "round", "ordinal"):
        assert row.turn is not None
        made, set_off = row.turn.message_id, opened.get(row.pk)
        if set_off not in (None, made):
            calls.setdefault(UUID(str(set_off)), []).insert(0, row)
            row = copy(row)
            row.result = WAITED
        calls.setdefault(made, []).append(row)
    return calls


def _as_chat(message: Message) -> chat.ChatMessage:
    return chat.ChatMessage("user" if message.role == Message.Role.VISITOR else "assistant", message.text)


def as_rounds(calls: list[ToolCall]) -> list[chat.ChatMessage]:
    """Ledger rows as the messages a model expects: each round's calls, then each call's result."""
    rounds: dict[tuple[Any, int], list[ToolCall]] = {}
    for call in calls:
        rounds.setdefault((call.turn_id, call.round), []).append(call)
    spoken: list[chat.ChatMessage] = []
    for rows in rounds.values():
        wished = tuple(
            chat.ToolCallRequest(row.model_call_id or f"call_{row.pk.hex[:12]}", row.name, row.arguments) for row in rows
        )
        spoken.append(chat.ChatMessage("assistant", "", calls=wished))
        for wish, row in zip(wished, rows, strict=True):
            spoken.append(chat.ChatMessage("tool", row.result or f"({row.state})", call_id=wish.id))
    return spoken


# --- State and visitor ----------------------------------------------------------------------------------------------


def set_state(conversation: Conversation, state: str, *, staff: Any = None) -> None:
    """Who holds the conversation from now on. Inside the caller's transaction."""
    conversation.state = state
    conversation.staff = staff
    conversation.save(update_fields=["state", "staff"])
    name = (staff.get_short_name() or staff.get_username()) if staff else None
    record(conversation, "conversation.updated", data={"state": state, **({"staff": name} if name else {})})


def change_state(conversation: Conversation, state: str, *, staff: Any = None) -> None:
    """`set_state` in a transaction of its own; the same state again changes nothing."""
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if locked.state != state or locked.staff_id != (staff.pk if staff else None):
            set_state(locked, state, staff=staff)


def leave_note(conversation: Conversation, by: Any, text: str) -> ConversationNote:
    """Keep what a member of staff says of it to the others. It cannot be changed afterwards; it has no `seq`."""
    return ConversationNote.objects.create(conversation=conversation, by=by, text=text[:4000])


def request_human(conversation: Conversation, words: str) -> Turn | None:
    """Fetch a person, as the visitor's click on "Talk to a person" asks.

    Through the assistant's handoff method where it has one, which tells the team; returns the turn that runs it.
    """
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if locked.state in (Conversation.State.WAITING, Conversation.State.STAFF):
            return None
        method = conversation.assistant.methods.filter(kind="handoff", enabled=True).first()
        if method is None:
            set_state(locked, Conversation.State.WAITING)
            return None
        message = append(locked, Message.Role.VISITOR, words)
        call = ToolCall.objects.create(
            organization_id=conversation.organization_id,
            conversation=conversation,
            name=method.name,
            arguments={"reason": "The visitor asked for a person."},
            initiator=ToolCall.Initiator.VISITOR,
            idempotency_key=f"human-{message.pk}",
        )
        return begin_turn(message, call)


def update_visitor(conversation: Conversation, *, name: str = "", email: str = "", locale: str = "", zone: str = "") -> None:
    """Keep what a visitor says about himself: data, not proof. What is empty stays as it was.

    Raises `InputError` for an unknown time zone or an address that is none.
    """
    if zone and not is_timezone(zone):
        raise InputError("Unknown time zone.")
    said = {"name": name[:120], "email": email[:254], "locale": locale[:12], "timezone": zone}
    changes: dict[str, Any] = {field: value for field, value in said.items() if value}
    # The row as it is now: another tab may have proven the address since this conversation was read.
    row = Visitor.objects.filter(pk=conversation.visitor_id)
    if email:
        row.exclude(email=email).update(email_verified_at=None)
    row.update(**changes, last_seen_at=timezone.now())
    for field, value in changes.items():
        setattr(conversation.visitor, field, value)
