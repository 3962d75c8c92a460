"""What every kind of outside calendar can do: be read for busy times, and have bookings entered, changed and removed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import icalendar

from assistant.models import OutsideCalendar
from assistant.services.booking.calendar_sync.busy_expansion import Expansion

LONGEST_WAIT = timedelta(hours=6)  # that a server is believed when it asks to be left alone


class RemoteError(Exception):
    """The server did not do what was asked of it; `str(error)` says so to staff, without an address or a secret.

    `wait` is how long it asked to be left alone.
    """

    def __init__(self, text: str, *, wait: timedelta | None = None) -> None:
        super().__init__(text)
        self.wait = wait


@dataclass(frozen=True)
class ReadResult:
    """A calendar's busy times, and what to ask with next time; `found` is None where nothing has changed."""

    found: Expansion | None
    etag: str = ""
    last_modified: str = ""
    sync_token: str = ""


class Connector(ABC):
    """One outside calendar, spoken to in its own protocol. Each method raises `RemoteError`."""

    def __init__(self, outside: OutsideCalendar) -> None:
        self.outside = outside

    @abstractmethod
    def read(self, since: datetime, until: datetime, *, whole: bool) -> ReadResult:
        """Its busy times between the two; unless `whole`, it may find that nothing has changed since they were last read."""

    @abstractmethod
    def write(self, appointment_id: UUID, event: icalendar.Event) -> None:
        """Make `event` the entry of that appointment. Idempotent."""

    @abstractmethod
    def remove(self, appointment_id: UUID) -> None:
        """Remove the entry of that appointment, if it is there."""


def instant_in(event: icalendar.Event, name: str) -> datetime:
    """The time of "dtstart" or "dtend" of an entry of ours, in UTC."""
    value: Any = event[name]
    at: datetime = value.dt.astimezone(UTC)
    return at


def wait_asked_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What Retry-After says (RFC 9110, section 10.2.3): seconds, or a date."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text[:9]), 10**6))
    else:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return None
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST_WAIT)
