"""Messages of a conversation: posted once per client id, appended with their event, rated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from assistant.errors import Conflict, NotFound
from assistant.models import Conversation, ConversationFile, Event, Message, Turn
from assistant.redaction import clean_name
from assistant.services.conversations import notices, unheld
from assistant.services.conversations.events import next_seq, next_seq_then, record_event, saving_events
from assistant.services.conversations.history import Earlier, as_earlier, reading_earlier
from assistant.services.conversations.leases import new_turn
from assistant.services.conversations.state import set_state
from assistant.services.files import uploads
from assistant.services.knowledge import questions
from assistant.services.notifications import queue as notifications
from assistant.services.raw_sql import insert, insertion, new, together


def append_message(
    conversation: Conversation, role: str, text: str, files: Sequence[ConversationFile] = (), **fields: Any
) -> Message:
    """Save a message and its event; the visitor's first one names the conversation. Inside the caller's transaction."""
    seq = next_seq(conversation, said_at=timezone.now(), title=_title(text) if role == Message.Role.VISITOR else "")
    shown = uploads.shown(files)
    message = new(Message, conversation=conversation, seq=seq, role=role, text=text, files=shown, **fields)
    insert(message)
    if files:
        uploads.attach(message, files)
    record_event(conversation, "message.added", message=message, seq=seq)
    return message


def _title(text: str) -> str:
    return clean_name(text.strip()[:500])[:80]


@dataclass(frozen=True)
class PostedMessage:
    """A visitor's message once posted; `turn` is None while a person holds the conversation."""

    message: Message
    turn: Turn | None
    new: bool


def post_message(
    conversation: Conversation,
    client_id: str,
    text: str,
    page: dict[str, str] | None = None,
    files: Sequence[str] = (),
    *,
    prepare: Callable[[Turn, Earlier], object] | None = None,
) -> PostedMessage:
    """Save a visitor's message and the turn that is to answer it, once per `client_id`. `files` are ids.

    With `prepare` the turn is claimed for this process, unless another one of the conversation comes first; `prepare` is
    called with it, and with what there is before it, in the same transaction. The turn is saved after that, with what
    `prepare` has reserved (`turn.reserving`).

    Raises `Conflict` when the id was used for another text, `ConsentRequired` before the visitor has agreed.
    """
    notices.require(conversation)
    try:
        with transaction.atomic():
            return _post(conversation, client_id, text, page, files, prepare)
    except IntegrityError:
        # The conversation's lock comes first: of two copies that race, the second then finds the first.
        known = Message.objects.filter(conversation=conversation, client_id=client_id).first()
        if known is None:
            raise
        if known.text != text or [file["id"] for file in known.files] != list(dict.fromkeys(files)):
            raise Conflict("This id was used for another text.") from None
        return PostedMessage(known, known.turns.order_by("created_at").first(), new=False)


def _post(
    conversation: Conversation,
    client_id: str,
    text: str,
    page: dict[str, str] | None,
    files: Sequence[str],
    prepare: Callable[[Turn, Earlier], object] | None,
) -> PostedMessage:
    role = Message.Role.VISITOR
    sent = uploads.ready(conversation, files, client_id=client_id) if files else []
    title = _title(text or "".join(file.name for file in sent[:1]))
    reads = [reading_earlier(conversation, conversation.assistant.history_messages)] if prepare else []
    seq, found = next_seq_then(conversation, reads, said_at=timezone.now(), title=title)
    earlier = as_earlier(found[0]) if found else None
    if conversation.state == Conversation.State.CLOSED:
        set_state(conversation, Conversation.State.ASSISTANT, seq=seq)
        seq = next_seq(conversation)
    message = new(Message, conversation=conversation, seq=seq, role=role, text=text, client_id=client_id, page=page or {})
    message.files = uploads.shown(sent)
    added = new(Event, conversation=conversation, seq=seq, type="message.added", message=message)
    if conversation.state == Conversation.State.STAFF:
        together(insertion(message), saving_events(added))
        if sent:
            uploads.attach(message, sent)
        if not notifications.about_message(conversation):
            unheld.wait_for_person(conversation, "A visitor writes, and the person they talked to has left")
        return PostedMessage(message, None, new=True)
    begins = prepare if earlier and not earlier.waiting else None
    turn = new_turn(message, claimed=begins is not None)
    turn.unsaved = [insertion(message), saving_events(added), insertion(turn)]
    if sent:
        together(*turn.unsaved)
        turn.unsaved = []
        uploads.attach(message, sent)
    if begins and earlier:
        begins(turn, earlier)
    _save(turn)
    return PostedMessage(message, turn, new=True)


def _save(turn: Turn) -> None:
    """Save a turn with its message, and what was reserved for it."""
    unsaved, turn.unsaved = turn.unsaved or [], None
    reserving = turn.reserving.statements() if turn.reserving else []
    found = together(*unsaved, *reserving, last=True)
    if turn.reserving:
        turn.reserving.found = found[len(unsaved) :]


def rate_message(conversation: Conversation, message_id: str, value: int) -> None:
    """Save a visitor's rating of a reply: 1, -1, or 0 for neither."""
    with transaction.atomic():
        message = conversation.messages.filter(pk=message_id, role__in=[Message.Role.ASSISTANT, Message.Role.STAFF]).first()
        if message is None:
            raise NotFound("No such message.")
        if message.rating == (value or None):
            return
        message.rating = value or None
        message.save(update_fields=["rating"])
        record_event(conversation, "message.rated", message=message, data={"value": value})
        if value < 0:
            questions.record_disliked(message)
