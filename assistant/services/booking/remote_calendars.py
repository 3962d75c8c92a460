"""Requests to outside calendars: an iCalendar address is read; a CalDAV calendar is asked, written and deleted from.

Sources: RFC 4791 (CalDAV) sections 5.3.2 and 7.8, RFC 4918 (WebDAV).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from asgiref.sync import async_to_sync
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from django.conf import settings

from assistant import outbound
from assistant.errors import OutboundError
from assistant.models import OutsideCalendar
from assistant.secrets import SecretUnreadable

MAX_BYTES = 5_000_000
QUERY = """<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range start="{since}" end="{until}"/>
</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"""
DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"


class RemoteError(Exception):
    """The server did not do what was asked of it; `str(error)` says so to staff, without an address or a password."""


@dataclass(frozen=True)
class Read:
    """A calendar's text; `body` is None where its server says that nothing has changed."""

    body: bytes | None
    etag: str = ""
    last_modified: str = ""


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


def read(outside: OutsideCalendar, since: datetime, until: datetime, conditions: Mapping[str, str]) -> Read:
    """Its events. Raises `RemoteError`."""
    if outside.kind == OutsideCalendar.Kind.CALDAV:
        times = {name: f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for name, at in (("since", since), ("until", until))}
        answer = _ask(outside, "REPORT", content=QUERY.format(**times), headers={"Depth": "1"}, kind="application/xml")
        if answer.status != 207:
            raise RemoteError(_refusal(answer.status, "Enter the address of the calendar itself."))
        return Read(_events_in(answer.body))
    answer = _ask(outside, "GET", headers={"Accept": "text/calendar, */*;q=0.5", **conditions}, max_redirects=5)
    if answer.status == 304 and conditions:
        return Read(None)
    if answer.status != 200:
        raise RemoteError(_refusal(answer.status, "Check the address; its owner may have renewed it."))
    return Read(answer.body, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))


def write(outside: OutsideCalendar, appointment_id: UUID, text: str) -> None:
    """Make `text` the entry of that appointment; without text, remove it. Twice is as good as once. Raises `RemoteError`."""
    name = f"{appointment_id}.ics"
    if not text:
        answer = _ask(outside, "DELETE", name=name)
        if answer.status not in (200, 202, 204, 404, 410):
            raise RemoteError(_refusal(answer.status, "The entry could not be removed."))
        return
    answer = _ask(outside, "PUT", name=name, content=text, kind="text/calendar")
    if answer.status not in (200, 201, 204):
        raise RemoteError(_refusal(answer.status, "The entry could not be written."))


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


def _events_in(body: bytes) -> bytes:
    """The calendars in an answer to a query, one after the other."""
    try:
        found = ElementTree.fromstring(body, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise RemoteError("The server's answer is not valid XML.") from error
    if found.tag != "{DAV:}multistatus":
        raise RemoteError("The server did not answer as a CalDAV server does. Enter the address of the calendar itself.")
    texts = [(one.text or "").strip() for one in found.iter(DATA)]
    return "\r\n".join(text for text in texts if text).encode() or EMPTY


EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Interworky//Nothing//EN\r\nEND:VCALENDAR\r\n"


def _refusal(status: int, otherwise: str) -> str:
    if status in (401, 403):
        return f"The server refused access ({status}). Check the user name, the password and who may use the calendar."
    if status in (301, 302, 303, 307, 308):
        return f"The server answered with a redirect ({status}), which is not followed. Enter the address it leads to."
    return f"The server answered with {status}. {otherwise}"
