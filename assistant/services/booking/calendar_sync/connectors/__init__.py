"""Connections to outside calendars: one class for each kind, and which it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant.models import CalendarAccount, CalendarProvider, OutsideCalendar
from assistant.services.booking.calendar_sync.connectors import google, microsoft
from assistant.services.booking.calendar_sync.connectors.dav import CalDAV, Feed
from assistant.services.booking.calendar_sync.remote import Connector

KINDS: dict[str, type[Connector]] = {
    OutsideCalendar.Kind.ICS: Feed,
    OutsideCalendar.Kind.CALDAV: CalDAV,
    OutsideCalendar.Kind.GOOGLE: google.Google,
    OutsideCalendar.Kind.MICROSOFT: microsoft.Microsoft,
}
CALENDARS: dict[str, Callable[[CalendarAccount], tuple[str, list[dict[str, Any]]]]] = {
    CalendarProvider.GOOGLE: google.calendars,
    CalendarProvider.MICROSOFT: microsoft.calendars,
}


def to(outside: OutsideCalendar) -> Connector:
    """The connector of an outside calendar. Raises `RemoteError` where it cannot be used as it is."""
    return KINDS[outside.kind](outside)


def list_calendars(account: CalendarAccount) -> None:
    """Ask the provider for the account's calendars and keep them. Raises `RemoteError`."""
    address, found = CALENDARS[account.provider](account)
    account.address, account.calendars = address[:200], found
    CalendarAccount.objects.filter(pk=account.pk).update(address=account.address, calendars=found)
