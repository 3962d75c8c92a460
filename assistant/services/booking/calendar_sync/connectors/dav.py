"""iCalendar addresses, which are read, and CalDAV calendars, which are asked, written and deleted from.

Sources: RFC 4791 (CalDAV) sections 5.3.2 and 7.8, RFC 4918 (WebDAV).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NoReturn
from uuid import UUID

import icalendar
from asgiref.sync import async_to_sync
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.conf import settings
from django.utils import timezone

from assistant import outbound
from assistant.errors import OutboundError
from assistant.models import OutsideCalendar
from assistant.secrets import SecretUnreadable
from assistant.services.booking.calendar_sync import feeds
from assistant.services.booking.calendar_sync.busy_expansion import CalendarUnreadable, Expansion, expanded
from assistant.services.booking.calendar_sync.remote import Connector, ReadResult, RemoteError, wait_asked_for

MAX_BYTES = 5_000_000
QUERY = """<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="{since}" end="{until}"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""
DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"
EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Interworky//Nothing//EN\r\nEND:VCALENDAR\r\n"


def normal_address(text: str, kind: str) -> str:
    """The address as it is called: `webcal:` is HTTPS, and a CalDAV calendar is a folder."""
    address = text.strip()
    scheme, colon, rest = address.partition(":")
    if colon and scheme.lower() in ("webcal", "webcals"):
        address = "https:" + rest
    if kind == OutsideCalendar.Kind.CALDAV and "?" not in address and not address.endswith("/"):
        address += "/"
    return address


def is_private(address: str) -> bool:
    """Whether a password may be sent there: encrypted, or to a server that the operator has allowed by name."""
    origin = outbound.origin
    return address.lower().startswith("https:") or origin(address) in map(origin, settings.OUTBOUND_ALLOWED_ORIGINS)


class Feed(Connector):
    """An iCalendar address."""

    def read(self, since: datetime, until: datetime, *, whole: bool) -> ReadResult:
        known = {"If-None-Match": self.outside.etag, "If-Modified-Since": self.outside.last_modified}
        conditions = {} if whole else {name: value for name, value in known.items() if value}
        headers = {"Accept": "text/calendar, */*;q=0.5", **conditions}
        answer = _ask(self.outside, "GET", headers=headers, max_redirects=5)
        if answer.status == 304 and conditions:
            return ReadResult(None)
        if answer.status != 200:
            _refuse(answer, "Check the address; its owner may have renewed it.")
        found = _expanded(self.outside, answer.body, since, until)
        return ReadResult(found, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))

    def write(self, appointment_id: UUID, event: icalendar.Event) -> None:
        raise RemoteError("Bookings cannot be entered through an iCalendar address, which is for reading only.")

    def remove(self, appointment_id: UUID) -> None:
        raise RemoteError("Bookings cannot be removed through an iCalendar address, which is for reading only.")


class CalDAV(Connector):
    """A calendar on a CalDAV server; the entry of an appointment has an address made of its id."""

    def read(self, since: datetime, until: datetime, *, whole: bool) -> ReadResult:
        times = {name: f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for name, at in (("since", since), ("until", until))}
        query, headers = QUERY.format(**times), {"Depth": "1"}
        answer = _ask(self.outside, "REPORT", content=query, headers=headers, kind="application/xml")
        if answer.status != 207:
            _refuse(answer, "Enter the address of the calendar itself.")
        return ReadResult(_expanded(self.outside, _events_in(answer.body), since, until))

    def write(self, appointment_id: UUID, event: icalendar.Event) -> None:
        text = feeds.as_calendar([event])
        answer = _ask(self.outside, "PUT", name=f"{appointment_id}.ics", content=text, kind="text/calendar")
        if answer.status not in (200, 201, 204):
            _refuse(answer, "The entry could not be written.")

    def remove(self, appointment_id: UUID) -> None:
        answer = _ask(self.outside, "DELETE", name=f"{appointment_id}.ics")
        if answer.status not in (200, 202, 204, 404, 410):
            _refuse(answer, "The entry could not be removed.")


def _ask(
    outside: OutsideCalendar,
    method: str,
    *,
    name: str = "",
    content: str | None = None,
    kind: str = "",
    headers: Mapping[str, str] | None = None,
    max_redirects: int = 0,
) -> outbound.Response:
    sent = dict(headers or {})
    if kind:
        sent["Content-Type"] = f"{kind}; charset=utf-8"
    try:
        address, password = outside.address() + name, outside.password()
    except SecretUnreadable as error:
        raise RemoteError("Its address or password can no longer be decrypted. Enter both again.") from error
    if outside.username and password:
        if not is_private(address):
            raise RemoteError("The password is not sent to an address without https. Enter one with https.")
        sent["Authorization"] = "Basic " + base64.b64encode(f"{outside.username}:{password}".encode()).decode()
    body = content.encode() if content is not None else None
    try:
        return async_to_sync(outbound.fetch)(
            method, address, reach=outbound.Reach.TENANT, headers=sent, content=body, max_bytes=MAX_BYTES,
            max_redirects=max_redirects,
        )  # fmt: skip
    except OutboundError as error:
        raise RemoteError(str(error)) from error


def _expanded(outside: OutsideCalendar, body: bytes, since: datetime, until: datetime) -> Expansion:
    try:
        return expanded(body, outside.calendar.timezone, since, until)
    except CalendarUnreadable as error:
        raise RemoteError(str(error)) from error


def _events_in(body: bytes) -> bytes:
    """The calendars in an answer to a query, one after the other."""
    try:
        found = ElementTree.fromstring(body, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise RemoteError("The server's answer is not valid XML.") from error
    if found.tag != "{DAV:}multistatus":
        raise RemoteError("This does not seem to be a CalDAV server. Enter the address of the calendar itself.")
    texts = [(one.text or "").strip() for one in found.iter(DATA)]
    return "\r\n".join(text for text in texts if text).encode() or EMPTY


def _refuse(answer: outbound.Response, otherwise: str) -> NoReturn:
    status = answer.status
    if status in (401, 403):
        said = f"The server refused access ({status}). Check the user name, the password and who may use the calendar."
    elif status in (301, 302, 303, 307, 308):
        said = f"The server answered with a redirect ({status}), which is not followed. Enter the address it leads to."
    else:
        said = f"The server answered with {status}. {otherwise}"
    raise RemoteError(said, wait=wait_asked_for(answer.headers, timezone.now()))
