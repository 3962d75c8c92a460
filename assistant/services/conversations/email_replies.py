"""Visitors' replies to e-mails with staff's answers: read as MIME, and added to their conversation once.

What the signed address proves is that the sender has got our e-mail, and no more: who they say that they are is not
believed, changes nothing of what is known of the visitor, and is noted for staff where it is somebody else.
"""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

from django.conf import settings
from django.db import Error, transaction
from django.utils import timezone
from mailparser_reply import EmailReplyParser

from assistant.errors import TooMuch
from assistant.models import Conversation, Message
from assistant.redaction import clean
from assistant.sentences import label
from assistant.services.conversations import inbox, unheld
from assistant.services.conversations.email_answers import MARK, conversation_at
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.quoted_mail import without_quote
from assistant.services.conversations.state import leave_note
from assistant.services.notifications import queue as notifications
from assistant.services.organizations import rate_limits

log = logging.getLogger(__name__)

ACCEPTED, IGNORED, UNKNOWN, DUPLICATE, EMPTY = "accepted", "ignored", "unknown", "duplicate", "empty"
RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")
READ_CHARS = 60_000  # of a mail's text; what is quoted in it is cut off
NAMES = 10  # of attachments that are named
LANGUAGES = ["en", "de", "fr", "es"]
TOO_MANY = (
    "More e-mails have come in from this visitor than are accepted at a time. The mail service was asked to deliver the "
    "others again later. If one seems to be missing, ask the visitor to send it again."
)
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
        text, names, sender = reply_of(mail), attachments_of(mail), _sender_of(mail)
        client_id = _client_id_of(mail, raw)
    except (LookupError, UnicodeError, AttributeError, TypeError, IndexError) as error:  # of the library, for bad headers
        raise ValueError("This message cannot be read.") from error
    if not text and not names:
        return EMPTY
    try:
        rate_limits.hit("inbound-mail", visitor=str(conversation.pk))
    except TooMuch:
        _note_limit(conversation)
        raise
    return _added(conversation, sender, text, names, client_id)


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


def reply_of(mail: EmailMessage) -> str:
    """What the sender has written, without what they quote, and without their signature."""
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    text = str(part.get_content())[:READ_CHARS]
    if part.get_content_subtype() == "html":
        text = _text_of(text)
    lines = clean(text.replace("\r\n", "\n")).split("\n")
    above = next((number for number, line in enumerate(lines) if MARK in line), len(lines))
    kept = "\n".join(without_quote(lines[:above]))
    found = EmailReplyParser(languages=list(LANGUAGES)).parse_reply(kept) or ""
    return re.sub(r"\n{3,}", "\n\n", found).strip()[: settings.MESSAGE_MAX_CHARS]


class _Text(HTMLParser):
    """The text of an HTML mail, without quotes."""

    HIDDEN, BREAKS = {"script", "style", "head", "title", "blockquote"}, {"br", "p", "div", "tr", "li"}

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in self.HIDDEN
        if tag in self.BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in self.HIDDEN))

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.pieces.append(data)


def _text_of(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    reader.close()
    return "".join(reader.pieces)


def attachments_of(mail: EmailMessage) -> list[str]:
    """The names of what is attached, which is not kept."""
    names = [_line(part.get_filename()) or _line(part.get_content_type()) for part in mail.iter_attachments()]
    return [name[:80] for name in names[:NAMES]]


def _sender_of(mail: EmailMessage) -> str:
    return _line(parseaddr(str(mail.get("from", "")))[1])[:254]


def _client_id_of(mail: EmailMessage, raw: bytes) -> str:
    return f"mail:{hashlib.sha256(str(mail.get('message-id') or '').encode() or raw).hexdigest()[:48]}"


def _line(text: str | None) -> str:
    """What a header says, as one line that can be stored: encoded words hold any character, such as NUL."""
    return " ".join(clean(text or "").split())


def _added(conversation: Conversation, sender: str, text: str, names: list[str], client_id: str) -> str:
    """Add it to the conversation, which a person answers from then on; once, however often it comes in."""
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if locked.messages.filter(client_id=client_id).exists():
            return DUPLICATE
        said = text or label("no_attachments", locked.locale, names=", ".join(names))
        append_message(locked, Message.Role.VISITOR, said, client_id=client_id)
        if names and text:
            append_message(locked, Message.Role.SYSTEM, label("no_attachments", locked.locale, names=", ".join(names)))
        if sender.lower() != conversation.visitor.email.lower():
            note = f"The visitor's last message came by e-mail from {sender or 'nobody'}, which is not their own address."
            leave_note(locked, None, note)
        if locked.state != Conversation.State.STAFF or not notifications.about_message(locked):
            # An assistant's answer would be read by nobody.
            unheld.wait_for_person(locked, "A visitor has answered by e-mail")
    return ACCEPTED
