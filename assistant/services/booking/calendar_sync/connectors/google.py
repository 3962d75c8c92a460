"""Google Calendar, by its API version 3.

The entry of an appointment has the appointment's id for its own, so that one sent twice is one entry. Source: the reference
of `events` and `calendarList`, and "Synchronize resources efficiently".
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
from assistant.services.booking.calendar_sync.busy_expansion import Span
from assistant.services.booking.calendar_sync.connectors.json_api import Answer, Api
from assistant.services.booking.calendar_sync.connectors.spans import expanded_of
from assistant.services.booking.calendar_sync.remote import Connector, ReadResult, RemoteError, instant_in

BASE = "https://www.googleapis.com/calendar/v3"
OUR_UID = "interworkyUid"  # a private extended property of our entries
FIELDS = (
    "items(id,status,start,end,transparency,attendees(self,responseStatus),extendedProperties/private),"
    "nextPageToken,nextSyncToken"
)
PAGE = "2500"


class Google(Connector):
    def __init__(self, outside: OutsideCalendar) -> None:
        super().__init__(outside)
        self.api = _api(outside.account)
        self.path = f"/calendars/{quote(outside.remote_id, safe='')}/events"

    def read(self, since: datetime, until: datetime, *, whole: bool) -> ReadResult:
        if not whole and self.outside.sync_token and not self._has_changed():
            return ReadResult(None)
        # Those of a first question and of one with its sync token have to be the same, but for the times.
        query = {**_ALWAYS, "timeMin": since.isoformat(), "timeMax": until.isoformat()}
        pages = self.api.pages(self.path, query, _next_page)
        events = [event for page in pages for event in page.items("items")]
        zone = ZoneInfo(self.outside.calendar.timezone)
        found = expanded_of(events, lambda event: _span(event, zone), since, until)
        return ReadResult(found, sync_token=str(pages[-1].body.get("nextSyncToken") or ""))

    def write(self, appointment_id: UUID, event: icalendar.Event) -> None:
        content = _as_google(appointment_id, event)
        silent = {"sendUpdates": "none"}
        answer = self.api.ask("PUT", self._entry(appointment_id), query=silent, content=content, but=(404,))
        if answer.status == 404:
            answer = self.api.ask("POST", self.path, query=silent, content=content, but=(409,))
            if answer.status == 409:
                raise RemoteError("The entry was made by another request at the same moment.")

    def remove(self, appointment_id: UUID) -> None:
        self.api.ask("DELETE", self._entry(appointment_id), query={"sendUpdates": "none"}, but=(404, 410))

    def _has_changed(self) -> bool:
        """Whether anything has, since its sync token was given; a token that is too old (410) says that it may have."""
        answer = self.api.ask("GET", self.path, query={**_ALWAYS, "syncToken": self.outside.sync_token}, but=(400, 410))
        return answer.status != 200 or bool(answer.items("items")) or "nextPageToken" in answer.body

    def _entry(self, appointment_id: UUID) -> str:
        return f"{self.path}/{appointment_id.hex}"


_ALWAYS = {"singleEvents": "true", "maxResults": PAGE, "maxAttendees": "1", "fields": FIELDS}


def calendars(account: CalendarAccount) -> tuple[str, list[dict[str, Any]]]:
    """The account's address, and its calendars as {"id", "name", "writable"}. Raises `RemoteError`."""
    pages = _api(account).pages("/users/me/calendarList", {"maxResults": "250"}, _next_page)
    items = [one for page in pages for one in page.items("items") if one.get("id")]
    address = next((str(one["id"]) for one in items if one.get("primary")), "")
    return address, [
        {
            "id": str(one["id"]),
            "name": str(one.get("summaryOverride") or one.get("summary") or one["id"]),
            "writable": one.get("accessRole") in ("owner", "writer"),
        }
        for one in items
    ]


def _api(account: CalendarAccount | None) -> Api:
    if account is None:
        raise RemoteError("No calendar of an account is chosen. Choose one.")
    return Api(account, BASE)


def _next_page(page: Answer) -> str | Mapping[str, str]:
    token = page.body.get("nextPageToken")
    return {"pageToken": str(token)} if token else ""


def _span(event: Mapping[str, Any], zone: ZoneInfo) -> Span | None:
    """When it makes its owner busy; None where it does not. Raises `KeyError`, `TypeError` or `ValueError`."""
    declined = any(one.get("self") and one.get("responseStatus") == "declined" for one in event.get("attendees") or [])
    if event.get("status") == "cancelled" or event.get("transparency") == "transparent" or declined:
        return None
    private = (event.get("extendedProperties") or {}).get("private") or {}
    return Span(_instant(event["start"], zone), _instant(event["end"], zone), str(private.get(OUR_UID) or ""))


def _instant(value: Mapping[str, str], zone: ZoneInfo) -> datetime:
    if "dateTime" in value:
        at = datetime.fromisoformat(value["dateTime"])
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(value.get("timeZone") or zone.key))).astimezone(UTC)
    return datetime.combine(date.fromisoformat(value["date"]), time(), zone).astimezone(UTC)


def _as_google(appointment_id: UUID, event: icalendar.Event) -> dict[str, Any]:
    return {
        "id": appointment_id.hex,  # letters a to v and digits alone, as the API asks
        "status": str(event["status"]).lower(),
        "summary": str(event["summary"]),
        "description": str(event["description"]),
        "location": str(event.get("location", "")),
        "start": {"dateTime": instant_in(event, "dtstart").isoformat(), "timeZone": "UTC"},
        "end": {"dateTime": instant_in(event, "dtend").isoformat(), "timeZone": "UTC"},
        "transparency": "opaque",
        "extendedProperties": {"private": {OUR_UID: str(event["uid"])}},
    }
