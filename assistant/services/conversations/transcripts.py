"""A conversation by e-mail, to an address that its visitor has typed: what was said, and the cards they saw.

Anybody can type anybody's address, so the e-mail says why it came, and few are sent to one address in a day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.template.loader import render_to_string

from assistant.errors import InputError, ToolError
from assistant.models import Conversation, Message
from assistant.redaction import visible
from assistant.sentences import label
from assistant.services.booking.availability import wording
from assistant.services.conversations.staff_texts import public_name
from assistant.services.deliveries import outbox
from assistant.services.organizations.looks import letterhead, look_of

MOST_ENTRIES = 300  # the newest


@dataclass
class Entry:
    """A message, or a card with its lines; `day` where it is the first of a day, `by` who said it."""

    at: str
    text: str
    by: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    day: str = ""

    @property
    def in_text(self) -> str:
        """For the plain part of the e-mail."""
        return "\n".join([indented(self.text), *(f"{name}: {indented(value)}" for name, value in self.lines)])


def indented(text: str) -> str:
    """`text` with its further lines indented, so that none can pass for the first line of somebody else's message."""
    return "\n    ".join(text.splitlines())


def send(conversation: Conversation, email: str) -> str:
    """Queue the conversation so far for `email`; the same once more is the same e-mail. Returns what the visitor reads about
    it, in their language. Raises `InputError`: no address, too many e-mails to it today, or nothing to send."""
    entries = _entries(conversation)
    if not entries:
        raise InputError("Nothing has been said yet.")
    try:
        address = outbox.visitors_address(conversation.organization, email)
    except ToolError as error:
        code = "too_many_emails" if error.code == "too_many_emails" else "bad_address"
        raise InputError(str(error), code=code) from error
    locale = conversation.locale
    title = label("transcript_subject", locale, organization=conversation.organization.name)
    context = {
        **letterhead(look_of(conversation.organization, conversation.assistant), locale),
        "entries": entries,
        "why": label("transcript_why", locale, site=_site(conversation)),
        "title": title,
    }
    with transaction.atomic():
        outbox.queue_email(
            conversation.organization,
            outbox.Email(
                title,
                text=render_to_string("assistant/transcript.txt", context),
                html=render_to_string("assistant/transcript.html", context),
            ),
            to=address,
            key=f"transcript:{conversation.pk}:{conversation.last_seq}:{address}"[:120],
            conversation=conversation,
        )
    # Where no mail server is set up, nothing will leave this machine.
    is_sent = outbox.leaves()
    return label("mail_queued" if is_sent else "mail_not_mailed", locale, to=address)


def _site(conversation: Conversation) -> str:
    return conversation.origin.partition("://")[2] or conversation.organization.name


def _entries(conversation: Conversation) -> list[Entry]:
    """In the order in which the visitor saw them, on the clock of their time zone."""
    locale = conversation.locale
    zone = wording.known_zone(conversation.visitor.timezone) or ZoneInfo(conversation.organization.timezone)
    shown = conversation.events.filter(type__in=["message.added", "card.added"]).select_related("message__staff", "card")
    entries, day = [], None
    for event in reversed(shown.order_by("-seq")[:MOST_ENTRIES]):
        entry = _entry(conversation, event, event.at.astimezone(zone), locale)
        if entry is None:
            continue
        if (today := event.at.astimezone(zone).date()) != day:
            day, entry.day = today, wording.day_label(today, locale=locale)
        entries.append(entry)
    return entries


def _entry(conversation: Conversation, event: Any, at: datetime, locale: str) -> Entry | None:
    clock = wording.clock(at, locale)
    if event.message is not None:
        return Entry(clock, event.message.text, _who(conversation, event.message, locale))
    if event.card is None or not event.card.content.get("title"):
        return None
    content = event.card.content
    lines = [(name, visible(value)) for name, value in event.card.lines]
    if content.get("reference"):
        lines.append((label("reference", locale), content["reference"]))
    return Entry(clock, content["title"], lines=lines)


def _who(conversation: Conversation, message: Message, locale: str) -> str:
    match message.role:
        case Message.Role.VISITOR:
            return label("transcript_you", locale)
        case Message.Role.SYSTEM:
            return ""
        case Message.Role.STAFF:  # whose account may have been deleted since
            name = public_name(message.staff) if message.staff else conversation.organization.name
        case _:
            name = conversation.assistant.title or conversation.assistant.name
    return label("answer_by", locale, name=name)
