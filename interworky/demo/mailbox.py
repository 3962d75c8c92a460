"""The demonstration's mailbox: e-mails of an embedded installation are kept as files, to be read in a browser."""

from __future__ import annotations

import contextlib
import email
import email.policy
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from email.message import EmailMessage as StoredMessage
from email.utils import parseaddr, parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import date_format

from assistant.models import Delivery

ID = re.compile(r"[0-9a-f]{24}")
OF_OUTBOX = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@interworky>")


def in_use() -> bool:
    backend = f"{__name__}.{MailboxBackend.__name__}"
    return backend == settings.EMAIL_BACKEND


def key() -> str:
    """The key in the link to the mailbox that `manage.py up` prints. It is the same after every start."""
    return salted_hmac("interworky.demo.mailbox", "key").hexdigest()[:32]


def is_key(text: str) -> bool:
    return constant_time_compare(text, key())


def folder() -> Path:
    return Path(settings.DATA_DIR) / "mail"


class MailboxBackend(BaseEmailBackend):
    """Keeps each e-mail as one file, named after its Message-ID, so that an e-mail sent twice is kept once."""

    delivery_state = "kept"  # the state that the outbox records: nothing was sent

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            _keep(message)
        return len(email_messages)

    def forget(self, message_ids: Sequence[str]) -> None:
        """Delete e-mails whose visitor was erased."""
        for message_id in message_ids:
            (folder() / f"{id_of(message_id)}.eml").unlink(missing_ok=True)


def _keep(message: EmailMessage) -> None:
    mime = message.message()
    path = folder() / f"{id_of(mime['Message-ID'])}.eml"
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    draft.write_bytes(mime.as_bytes())
    os.replace(draft, path)  # atomic: the complete file or none


def id_of(message_id: str) -> str:
    """A safe file name for any Message-ID, which may contain characters that a file name must not."""
    return hashlib.sha256(message_id.strip().encode()).hexdigest()[:24]


# --- Reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Invitation:
    """The event in an e-mail, with its times in the zone of the e-mail."""

    cancelled: bool
    summary: str
    start_at: datetime
    end_at: datetime | None
    location: str
    organizer: str
    sequence: int


@dataclass(frozen=True)
class Attachment:
    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """An e-mail, on the clock of the place that its appointment is at, else of its organization, else of this machine."""

    id: str
    received_at: datetime
    message: StoredMessage
    zone: tzinfo

    def header(self, name: str) -> str:
        return " ".join(str(self.message.get(name, "")).split())

    @property
    def addressee(self) -> str:
        return parseaddr(self.header("To"))[1] or "nobody"

    @property
    def subject(self) -> str:
        return self.header("Subject") or "(no subject)"

    @property
    def headers(self) -> list[tuple[str, str]]:
        shown = ("From", "To", "Cc", "Reply-To", "Date", "Message-ID")
        read = {name: self.header(name) for name in shown}
        return [(name, self._date() if name == "Date" else value) for name, value in read.items() if value]

    def _date(self) -> str:
        """When it was sent; as it stands where it is no date."""
        try:
            sent_at = parsedate_to_datetime(self.header("Date"))
        except ValueError:
            return self.header("Date")
        return date_format(sent_at.astimezone(self.zone), "l j F Y, H:i (e)")

    @cached_property
    def text(self) -> str:
        return self._body("plain")

    @cached_property
    def html(self) -> str:
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""

    @cached_property
    def attachments(self) -> list[Attachment]:
        found = []
        for number, part in enumerate(self.message.iter_attachments(), 1):
            content = part.get_payload(decode=True)
            name = Path(part.get_filename() or f"attachment-{number}").name
            found.append(Attachment(name, part.get_content_type(), content if isinstance(content, bytes) else b""))
        return found

    @cached_property
    def invitation(self) -> Invitation | None:
        """The first event of the e-mail's calendar part, or None if there is none or it is invalid."""
        for part in self.message.walk():
            if part.get_content_type() in ("text/calendar", "application/ics"):
                content = part.get_payload(decode=True)
                with contextlib.suppress(ValueError, KeyError, IndexError):
                    return _invitation(content if isinstance(content, bytes) else b"", self.zone)
        return None


def _invitation(content: bytes, zone: tzinfo) -> Invitation:
    calendar = icalendar.Calendar.from_ical(content.decode())
    event = calendar.walk("VEVENT")[0]
    cancelled = "CANCEL" in (str(calendar.get("METHOD", "")).upper(), str(event.get("STATUS", ""))[:6].upper())
    return Invitation(
        cancelled=cancelled,
        summary=str(event.get("SUMMARY", "")),
        start_at=_local(event.decoded("DTSTART"), zone),
        end_at=_local(event.decoded("DTEND"), zone) if "DTEND" in event else None,
        location=str(event.get("LOCATION", "")),
        organizer=str(event.get("ORGANIZER", "")).removeprefix("mailto:"),
        sequence=int(event.get("SEQUENCE", 0)),
    )


def _local(moment: object, zone: tzinfo) -> datetime:
    if not isinstance(moment, date):
        raise ValueError("not a date")
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=UTC)


def newest(limit: int = 200) -> list[Mail]:
    files = sorted(_files(), key=lambda found: found[0], reverse=True)[:limit]
    return _on_their_clocks([mail for _, path in files if (mail := _read(path)) is not None])


def _files() -> Iterable[tuple[float, Path]]:
    for path in folder().glob("*.eml"):
        with contextlib.suppress(FileNotFoundError):
            yield path.stat().st_mtime, path


def get(id: str) -> Mail | None:
    found = _read(folder() / f"{id}.eml") if ID.fullmatch(id) else None
    return _on_their_clocks([found])[0] if found else None


def _read(path: Path) -> Mail | None:
    try:
        received_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, StoredMessage)
    return Mail(path.stem, received_at, message, timezone.get_current_timezone())


def _on_their_clocks(mails: Sequence[Mail]) -> list[Mail]:
    """The e-mails, each in the zone that its own text names."""
    zones = _zones([mail.header("Message-ID") for mail in mails])
    return [replace(mail, zone=zones.get(mail.header("Message-ID"), mail.zone)) for mail in mails]


def _zones(message_ids: Iterable[str]) -> Mapping[str, ZoneInfo]:
    """The zones of the outbox's e-mails; not of those that it has forgotten, or that were sent past it."""
    found = [OF_OUTBOX.fullmatch(message_id) for message_id in message_ids]
    rows = Delivery.objects.filter(pk__in=[one[1] for one in found if one])
    named = rows.annotate(zone=Coalesce("appointment__timezone", "organization__timezone")).exclude(zone=None)
    return {row.message_id: ZoneInfo(row.zone) for row in named.only("pk")}
