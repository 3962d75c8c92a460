"""Outside calendars for tests: a source, the text of a calendar, and a server that is asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from assistant import outbound
from assistant.models import Calendar, OutsideCalendar
from assistant.tasks import read_outside_calendar

ADDRESS = "https://calendar.example.com/private-4f1a/basic.ics"


def source(calendar: Calendar, address: str = ADDRESS, password: str = "", **fields: Any) -> OutsideCalendar:
    made = OutsideCalendar(organization=calendar.organization, calendar=calendar, **{"name": "Mira's own", **fields})
    made.set_address(address)
    if password:
        made.set_password(password)
    made.save()
    return made


def text(*spans: tuple[datetime, datetime], uid: str = "") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for number, (start, end) in enumerate(spans):
        times = [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}"]
        lines += ["BEGIN:VEVENT", f"UID:{uid or number}", *times, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


@contextmanager
def served(answer: Callable[[httpx.Request], httpx.Response]) -> Iterator[list[httpx.Request]]:
    """All requests that leave us are answered by `answer`; gives those that were made."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    with outbound.transport_for_tests(httpx.MockTransport(handle)):
        yield seen


def read(outside: OutsideCalendar, status: int = 200, body: str = "", **headers: str) -> httpx.Request:
    """Read the source once, from a server that answers so; gives the request."""
    make_due(outside)
    with served(lambda request: httpx.Response(status, text=body, headers=headers)) as seen:
        read_outside_calendar(str(outside.pk))
    outside.refresh_from_db()
    return seen[0]


def make_due(outside: OutsideCalendar) -> None:
    OutsideCalendar.objects.filter(pk=outside.pk).update(next_read_at=datetime.now().astimezone() - timedelta(minutes=1))
