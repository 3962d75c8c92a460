"""Calendars of Microsoft 365 and Outlook.com, by Microsoft Graph version 1.0.

The entry of an appointment has the appointment's UID in an extended property and is looked up by it, so that one sent twice
is one entry; `transactionId` covers the moment in which the look-up does not find it yet. Source: the reference of
`calendarView`, `event` and `singleValueLegacyExtendedProperty`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar

from assistant.models import CalendarAccount, OutsideCalendar
from assistant.services.booking.calendar_sync.busy_expansion import OWN, Span
from assistant.services.booking.calendar_sync.connectors.json_api import Answer, Api
from assistant.services.booking.calendar_sync.connectors.spans import expanded_of
from assistant.services.booking.calendar_sync.remote import Connector, ReadResult, RemoteError, instant_in

BASE = "https://graph.microsoft.com/v1.0"
# A name of our own in the set of public strings, as Graph wants a property to be named.
OUR_UID = "String {00020329-0000-0000-C000-000000000046} Name interworkyUid"
PAGE = "500"
FREE = {"free", "workingElsewhere"}  # neither keeps anybody from an appointment


class Microsoft(Connector):
    def __init__(self, outside: OutsideCalendar) -> None:
        super().__init__(outside)
        self.api = _api(outside.account)
        self.path = f"/me/calendars/{quote(outside.remote_id, safe='')}"

    def read(self, since: datetime, until: datetime, *, whole: bool) -> ReadResult:
        # Always whole: a delta of a calendar view gives occurrences without what says whether they are busy.
        query = {
            "startDateTime": _utc(since), "endDateTime": _utc(until), "$top": PAGE,
            "$select": "id,start,end,isAllDay,isCancelled,showAs,responseStatus",
            "$expand": f"singleValueExtendedProperties($filter=id eq '{OUR_UID}')",
        }  # fmt: skip
        pages = self.api.pages(f"{self.path}/calendarView", query, _next_page)
        zone = ZoneInfo(self.outside.calendar.timezone)
        events = [event for page in pages for event in page.items("value")]
        return ReadResult(expanded_of(events, lambda event: _span(event, zone), since, until))

    def write(self, appointment_id: UUID, event: icalendar.Event) -> None:
        content = _as_microsoft(event)
        known, *doubles = self._entries(appointment_id) or [""]
        if known:
            self.api.ask("PATCH", f"/me/events/{quote(known, safe='')}", content=content)
        else:
            # The same for a repeated request, another one for a later change.
            transaction = f"{appointment_id}-{event['sequence']}"
            self.api.ask("POST", f"{self.path}/events", content={**content, "transactionId": transaction})
        for double in doubles:
            self._delete(double)

    def remove(self, appointment_id: UUID) -> None:
        for entry in self._entries(appointment_id):
            self._delete(entry)

    def _entries(self, appointment_id: UUID) -> list[str]:
        wanted = f"ep/id eq '{OUR_UID}' and ep/value eq '{appointment_id}{OWN}'"
        query = {"$filter": f"singleValueExtendedProperties/Any(ep: {wanted})", "$select": "id"}
        return [
            str(one["id"]) for one in self.api.ask("GET", f"{self.path}/events", query=query).items("value") if one.get("id")
        ]

    def _delete(self, entry: str) -> None:
        self.api.ask("DELETE", f"/me/events/{quote(entry, safe='')}", but=(404, 410))


def calendars(account: CalendarAccount) -> tuple[str, list[dict[str, Any]]]:
    """The account's address, and its calendars as {"id", "name", "writable"}. Raises `RemoteError`."""
    query = {"$top": "100", "$select": "id,name,canEdit,isDefaultCalendar,owner"}
    items = [one for page in _api(account).pages("/me/calendars", query, _next_page) for one in page.items("value")]
    owners = [(one.get("owner") or {}).get("address") for one in items if one.get("isDefaultCalendar")]
    return str(next(filter(None, owners), "")), [
        {"id": str(one["id"]), "name": str(one.get("name") or one["id"]), "writable": bool(one.get("canEdit"))}
        for one in items
        if one.get("id")
    ]


def _api(account: CalendarAccount | None) -> Api:
    if account is None:
        raise RemoteError("No calendar of an account is chosen. Choose one.")
    return Api(account, BASE, {"Prefer": 'outlook.timezone="UTC"'})


def _next_page(page: Answer) -> str | Mapping[str, str]:
    return str(page.body.get("@odata.nextLink") or "")


def _span(event: Mapping[str, Any], zone: ZoneInfo) -> Span | None:
    """When it makes its owner busy; None where it does not. Raises `KeyError`, `TypeError` or `ValueError`."""
    declined = (event.get("responseStatus") or {}).get("response") == "declined"
    if event.get("isCancelled") or declined or event.get("showAs") in FREE:
        return None
    kept = event.get("singleValueExtendedProperties") or []
    uid = next((str(one["value"]) for one in kept if str(one.get("id", "")).lower() == OUR_UID.lower()), "")
    whole_day = bool(event.get("isAllDay"))
    return Span(_instant(event["start"], zone, whole_day), _instant(event["end"], zone, whole_day), uid)


def _instant(value: Mapping[str, str], zone: ZoneInfo, whole_day: bool) -> datetime:
    text = value["dateTime"][:19]  # Graph writes seven digits of fractions
    if whole_day:  # a date, whatever the zone that it is written in
        return datetime.combine(date.fromisoformat(text[:10]), time(), zone).astimezone(UTC)
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(value.get("timeZone") or "UTC")).astimezone(UTC)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _as_microsoft(event: icalendar.Event) -> dict[str, Any]:
    times = {
        name: {"dateTime": f"{instant_in(event, of):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}
        for name, of in (("start", "dtstart"), ("end", "dtend"))
    }
    return {
        **times,
        "subject": str(event["summary"]),
        "body": {"contentType": "text", "content": str(event["description"])},
        "location": {"displayName": str(event.get("location", ""))},
        "showAs": "tentative" if event["status"] == "TENTATIVE" else "busy",
        "isReminderOn": False,
        "singleValueExtendedProperties": [{"id": OUR_UID, "value": str(event["uid"])}],
    }
