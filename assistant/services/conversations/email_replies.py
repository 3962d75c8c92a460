"""Visitors' replies to e-mails with staff's answers: read as MIME, and added to their conversation once.

What the signed address proves is that the sender has got our e-mail, and no more: who they say that they are is not
believed, changes nothing of what is known of the visitor, and is noted for staff where it is somebody else.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr

from django.conf import settings
from django.db import Error, transaction
from django.utils import timezone

from assistant.errors import TooMuch
from assistant.models import Conversation, Delivery, Message
from assistant.redaction import clean
from assistant.sentences import label
from assistant.services.conversations import inbox, unheld
from assistant.services.conversations.email_answers import conversation_at
from assistant.services.conversations.mail_text import html_as_text, text_of, texts_below
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.quoted_mail import Sent, split_reply
from assistant.services.conversations.state import leave_note
from assistant.services.notifications import queue as notifications
from assistant.services.organizations import rate_limits

log = logging.getLogger(__name__)

ACCEPTED, IGNORED, UNKNOWN, DUPLICATE, EMPTY = "accepted", "ignored", "unknown", "duplicate", "empty"
RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")
MESSAGES = 15  # that one mail may become, where it is longer than a message may be
OUR_MAILS, OUR_MESSAGES = 10, 50  # the newest, by whose lines what is quoted of them is known
NOTE_CHARS = 3800  # of what a note shows of a mail, below its first words
NAMES = 10  # of attachments that are named
TOO_MANY = (
    "More e-mails have come in from this visitor than are accepted at a time. The mail service was asked to deliver the "
    "others again later. If one seems to be missing, ask the visitor to send it again."
)
WHOLE = (
    "The visitor's last message came by e-mail, and nothing but a quoted e-mail was found in it. So it is shown whole: look "
    "for their answer within it."
)
BELOW = "The visitor's last message came by e-mail. Below it, the e-mail holds more that may be theirs:\n\n"
CUT = "The visitor's last message came by e-mail and is longer than can be shown. Ask them for the rest."
NOTED_EVERY = timedelta(hours=1)


def receive(raw: bytes) -> str:
    """Take in one mail; what became of it, as one of the words above. Raises `ValueError` for what is no mail, and `TooMuch`
    for one that is to come again later: the conversation has a note of that.
    """
    try:
        mail = message_from_bytes(raw, policy=policy.default)
        if not isinstance(mail, EmailMessage) or not mail.keys():
            raise ValueError("This is not a MIME message.")
        conversation = _addressed(mail)
        if conversation is None:
            return UNKNOWN
        if is_automatic(mail):
            return IGNORED
        reply, names, sender = read_reply(mail, _sent_in(conversation)), attachments_of(mail), _sender_of(mail)
        client_id = _client_id_of(mail, raw)
    except (LookupError, UnicodeError, AttributeError, TypeError, IndexError) as error:  # of the library, for bad headers
        raise ValueError("This message cannot be read.") from error
    if not reply.texts and not names:
        return EMPTY
    try:
        rate_limits.hit("inbound-mail", visitor=str(conversation.pk))
    except TooMuch:
        _note_limit(conversation)
        raise
    return _added(conversation, sender, reply, names, client_id)


def _note_limit(conversation: Conversation) -> None:
    """For staff, since not every sender tries again: SendGrid, for one, drops what is refused with 429."""
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
        if locked and not locked.notes.filter(text=TOO_MANY, at__gt=timezone.now() - NOTED_EVERY).exists():
            leave_note(locked, None, TOO_MANY)
            inbox.publish(locked)


def is_limited(headers: bytes) -> bool:
    """Whether the mail that begins with these headers would be `TooMuch`, so that the rest of it need not be fetched."""
    try:
        conversation = _addressed(message_from_bytes(headers, policy=policy.default))
    except Error:  # of the database
        raise
    except Exception:  # of the library, for bad headers: `receive` says it of the whole mail
        return False
    try:
        if conversation is not None:
            rate_limits.look("inbound-mail", visitor=str(conversation.pk))
    except TooMuch:
        return True
    return False


def _addressed(mail: EmailMessage) -> Conversation | None:
    values = [str(value) for name in RECIPIENTS for value in mail.get_all(name, [])]
    return next((found for _, address in getaddresses(values) if (found := conversation_at(address))), None)


def is_automatic(mail: EmailMessage) -> bool:
    """Whether a machine has written it (RFC 3834), a list has passed it on, or it is one of our own."""
    submitted = str(mail.get("auto-submitted", "no")).partition(";")[0].strip().lower()
    precedence = str(mail.get("precedence", "")).strip().lower()
    ours = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(), settings.INBOUND_EMAIL_ADDRESS.lower()}
    return (
        submitted != "no"
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(mail.get(name) for name in ("list-id", "x-autoreply", "x-autorespond", "x-auto-response-suppress"))
        or mail.get_content_type() == "multipart/report"
        or str(mail.get("return-path", "x")).strip() == "<>"
        or parseaddr(str(mail.get("from", "")))[1].lower() in ours
    )


@dataclass(frozen=True)
class Reply:
    """What the sender has written, as messages, and what staff are to know about how it was read."""

    texts: list[str]
    notes: list[str] = field(default_factory=list)


def read_reply(mail: EmailMessage, sent: Iterable[str] = ()) -> Reply:
    """What the sender has written, as messages. There are none only where the mail has no text at all."""
    read = text_of(mail)
    found = split_reply(read.text.split("\n"), Sent(sent), is_cited=read.is_cited)
    text, below, notes = _tidied(found.reply), _tidied(found.below), list[str]()
    if not text and (text := _tidied(read.text.split("\n"))):
        notes.append(WHOLE)
    elif below:
        notes += [f"{BELOW}{piece}" for piece in in_pieces(below, NOTE_CHARS)][:MESSAGES]
    texts = in_pieces(text, settings.MESSAGE_MAX_CHARS)
    if len(texts) > MESSAGES or not read.is_whole:
        notes.append(CUT)
    return Reply(texts[:MESSAGES], notes)


def _tidied(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in lines)).strip()


def in_pieces(text: str, most: int) -> list[str]:
    """The text in pieces of at most so many characters, which end with a paragraph, else with a line, else with a word."""
    pieces = list[str]()
    while len(text) > most:
        ends = (text.rfind(end, most // 2, most + 1) for end in ("\n\n", "\n", " "))
        end = next((one for one in ends if one > 0), most)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text] if text else pieces


def _sent_in(conversation: Conversation) -> list[str]:
    """What we have sent the visitor: e-mails as they are, and what was said in the widget."""
    said = conversation.messages.exclude(role=Message.Role.VISITOR).order_by("-seq").values_list("text", flat=True)
    mails = Delivery.objects.filter(conversation=conversation, kind=Delivery.Kind.EMAIL).exclude(reply_to="")
    newest = mails.order_by("-created_at").values_list("subject", "text", "html")[:OUR_MAILS]
    return [
        *said[:OUR_MESSAGES],
        *(part for subject, text, html in newest for part in (subject, text, html_as_text(html)[0])),
    ]


def attachments_of(mail: EmailMessage) -> list[str]:
    """The names of what is attached, which is not kept."""
    text = texts_below(mail)
    parts = [part for part in mail.iter_attachments() if all(part is not one for one in text)]
    names = [_line(part.get_filename()) or _line(part.get_content_type()) for part in parts]
    return [name[:80] for name in names[:NAMES]]


def _sender_of(mail: EmailMessage) -> str:
    return _line(parseaddr(str(mail.get("from", "")))[1])[:254]


def _client_id_of(mail: EmailMessage, raw: bytes) -> str:
    return f"mail:{hashlib.sha256(str(mail.get('message-id') or '').encode() or raw).hexdigest()[:48]}"


def _line(text: str | None) -> str:
    """What a header says, as one line that can be stored: encoded words hold any character, such as NUL."""
    return " ".join(clean(text or "").split())


def _added(conversation: Conversation, sender: str, reply: Reply, names: list[str], client_id: str) -> str:
    """Add it to the conversation, which a person answers from then on; once, however often it comes in."""
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if locked.messages.filter(client_id=client_id).exists():
            return DUPLICATE
        refused = label("no_attachments", locked.locale, names=", ".join(names)) if names else ""
        for number, text in enumerate(reply.texts or [refused]):
            append_message(locked, Message.Role.VISITOR, text, client_id=f"{client_id}:{number}" if number else client_id)
        if refused and reply.texts:
            append_message(locked, Message.Role.SYSTEM, refused)
        for note in reply.notes:
            leave_note(locked, None, note)
        if sender.lower() != conversation.visitor.email.lower():
            note = f"The visitor's last message came by e-mail from {sender or 'nobody'}, which is not their own address."
            leave_note(locked, None, note)
        if locked.state != Conversation.State.STAFF or not notifications.about_message(locked):
            # An assistant's answer would be read by nobody.
            unheld.wait_for_person(locked, "A visitor has answered by e-mail")
    return ACCEPTED
