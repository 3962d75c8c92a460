"""Busy times in iCalendar text: recurrences expanded, zones resolved, free and cancelled events left out.

    expanded(data, zone, since, until) -> Expansion     in a child process, from anywhere

The text is anybody's, and a rule of one line can stand for millions of events: the child has bounds of memory and
processor. It imports nothing of ours but this file, so that it starts quickly and knows no secret.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from assistant.child_limits import bound_this_process

SECONDS = 20  # of the processor
MEMORY_BYTES = 1_000_000_000
MOST_SPANS = 20_000
OWN = "@interworky"  # how the UIDs of our own appointments end
DAY = timedelta(days=1)
ROOT = Path(__file__).parents[4]
CHILD = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from assistant.services.booking.calendar_sync.busy_expansion import main; main()"
)


class CalendarUnreadable(Exception):
    """The text is no calendar, or more than can be read; `str(error)` says so to staff."""


@dataclass(frozen=True)
class Span:
    """A busy time, in UTC. `uid` is given only where it may be the UID of an appointment of ours."""

    start: datetime
    end: datetime
    uid: str = ""


@dataclass(frozen=True)
class Expansion:
    spans: tuple[Span, ...]
    unreadable: int = 0  # events without a usable start, length or rule
    unknown_zones: int = 0  # events in a zone that nobody knows, read as if in the calendar's own


def expanded(
    data: bytes, zone: str, since: datetime, until: datetime, *, program: str = CHILD, wait_seconds: float = SECONDS + 15
) -> Expansion:
    """`expand` in a child process. Raises `CalendarUnreadable`."""
    command = [sys.executable, "-I", "-c", program, str(ROOT), zone, since.isoformat(), until.isoformat()]
    try:
        child = subprocess.run(command, input=data, capture_output=True, timeout=wait_seconds, check=False)
    except subprocess.TimeoutExpired:
        raise CalendarUnreadable(_TOO_MUCH) from None
    if child.returncode < 0:  # the system ended it, at one of its bounds
        raise CalendarUnreadable(_TOO_MUCH)
    if child.returncode:
        raise RuntimeError(child.stderr.decode(errors="replace")[-2000:])
    answer: dict[str, Any] = json.loads(child.stdout)
    if "problem" in answer:
        raise CalendarUnreadable(answer["problem"])
    spans = (Span(_at(start), _at(end), uid) for start, end, uid in answer["spans"])
    return Expansion(tuple(spans), answer["unreadable"], answer["unknown_zones"])


_TOO_MUCH = "Its events repeat so often, or are so many, that they could not be expanded in the time allowed."


def expand(data: bytes, zone: str, since: datetime, until: datetime) -> Expansion:
    """The busy times from `since` to `until`, here and now; those that overlap are joined. Raises `CalendarUnreadable`.

    Floating times and whole days are those of `zone`, the calendar's own.
    """
    local = ZoneInfo(zone)
    found: list[Span] = []
    unreadable = unknown_zones = 0
    for calendar in _calendars(data):
        for events in _series(calendar):
            unknown_zones += any(_zone_is_unknown(event) for event in events)
            try:
                found += _busy(calendar, events, local, since, until)
            except (MemoryError, RecursionError):
                raise
            except Exception:  # the packages raise whatever a malformed value leads to; it is counted, and staff are told
                unreadable += 1
            if len(found) > MOST_SPANS:
                raise CalendarUnreadable(f"The calendar has more than {MOST_SPANS:,} busy times in the next two years.")
    own = [span for span in found if span.uid]
    return Expansion(tuple([*joined([span for span in found if not span.uid]), *own]), unreadable, unknown_zones)


def _calendars(data: bytes) -> list[icalendar.Calendar]:
    text = data.decode("utf-8-sig", errors="replace")
    begun = text.upper().count("BEGIN:VCALENDAR")
    if not begun:
        raise CalendarUnreadable("The server did not answer with a calendar. Check the address.")
    try:
        found: Any = icalendar.Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise CalendarUnreadable("The calendar is not valid iCalendar, so none of it was used.") from error
    if len(found) != begun:
        raise CalendarUnreadable("The calendar is incomplete: it ends in the middle.")
    if any(one.walk("VFREEBUSY") and not one.walk("VEVENT") for one in found):
        raise CalendarUnreadable("The calendar has no events, only a free/busy list. Use the address of the events.")
    return list(found)


def _series(calendar: icalendar.Calendar) -> list[list[Any]]:
    """The events by UID: a recurring one stands together with its exceptions."""
    series: dict[object, list[Any]] = defaultdict(list)
    for number, event in enumerate(calendar.walk("VEVENT")):
        series[str(event.get("UID") or "") or number].append(event)
    return list(series.values())


def _busy(whole: icalendar.Calendar, events: list[Any], zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[Span]:
    # One series at a time, so that one which cannot be read is counted and hides no other.
    calendar = icalendar.Calendar()
    if "X-WR-TIMEZONE" in whole:
        calendar["X-WR-TIMEZONE"] = whole["X-WR-TIMEZONE"]
    for event in events:
        event["DTSTART"].dt  # noqa: B018 - raises where it is missing or malformed, which the package would pass over
        calendar.add_component(event)
    uid = str(events[0].get("UID") or "")
    # A day more on each side: floating times are expanded before they get their zone.
    for event in recurring_ical_events.of(calendar).between(since - DAY, until + DAY):
        if _is_free(event):
            continue
        start, end = _instant(event["DTSTART"].dt, zone), _instant(_end_of(event), zone)
        if start < end and since < end and start < until:
            yield Span(max(start, since), min(end, until), uid if uid.endswith(OWN) else "")


def _is_free(event: Any) -> bool:
    """Cancelled, or marked as free: by RFC 5545, or by the property in which Outlook keeps what it shows."""
    says = {name: str(event.get(name) or "").upper() for name in ("STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")}
    return says["STATUS"] == "CANCELLED" or says["TRANSP"] == "TRANSPARENT" or says["X-MICROSOFT-CDO-BUSYSTATUS"] == "FREE"


def _end_of(event: Any) -> date:
    start: date = event["DTSTART"].dt
    if "DTEND" in event:
        end: date = event["DTEND"].dt
    else:
        end = start + event["DURATION"].dt if "DURATION" in event else start
    whole_day = not isinstance(start, datetime)
    return start + DAY if whole_day and end <= start else end


def _instant(value: date, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), zone)
    elif value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return value.astimezone(UTC)


def _zone_is_unknown(event: Any) -> bool:
    start = event.get("DTSTART")
    value = getattr(start, "dt", None) if getattr(start, "params", {}).get("TZID") else None
    return isinstance(value, datetime) and value.tzinfo is None


def joined(spans: list[Span]) -> list[Span]:
    """The same times in order, with those that touch or overlap made one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def main() -> None:
    """The child: its arguments are the zone and the two ends of the time to expand."""
    bound_this_process(MEMORY_BYTES, SECONDS)
    zone, since, until = sys.argv[1:4]
    answer: dict[str, Any]
    try:
        found = expand(sys.stdin.buffer.read(), zone, datetime.fromisoformat(since), datetime.fromisoformat(until))
    except CalendarUnreadable as error:
        answer = {"problem": str(error)}
    except (MemoryError, RecursionError):
        answer = {"problem": _TOO_MUCH}
    else:
        spans = [(int(one.start.timestamp()), int(one.end.timestamp()), one.uid) for one in found.spans]
        answer = {"spans": spans, "unreadable": found.unreadable, "unknown_zones": found.unknown_zones}
    sys.stdout.write(json.dumps(answer))
