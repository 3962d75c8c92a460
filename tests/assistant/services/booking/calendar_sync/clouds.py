"""Google and Microsoft for tests: their documented token endpoints and calendars, strict about what they are sent."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx

from assistant import outbound

CLIENT = ("client-1", "hush-hush")
Times = tuple[datetime, datetime]


class Cloud:
    """A provider: one client, one account, one calendar. `trouble` may answer a request before it is looked at."""

    token_path: str
    revoke_path = "/revoke"
    rotates = False

    def __init__(self) -> None:
        self.code, self.challenge, self.redirect_uri = "code-1", "", ""
        self.numbers = itertools.count(1)
        self.refresh_tokens: set[str] = set()
        self.access_tokens: set[str] = set()
        self.events: dict[str, dict[str, Any]] = {}
        self.seen: list[httpx.Request] = []
        self.trouble: Callable[[httpx.Request], httpx.Response | None] = lambda request: None
        self.scope: str | None = None
        self.lifetime = 3600

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if (answer := self.trouble(request)) is not None:
            return answer
        if request.url.path == self.token_path:
            return self.token(dict(parse_qsl(request.content.decode())))
        if request.url.path == self.revoke_path:
            self.refresh_tokens.discard(dict(parse_qsl(request.content.decode()))["token"])
            return httpx.Response(200)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.access_tokens:
            return httpx.Response(401, json={"error": {"code": 401}})
        return self.answer(request)

    def consent(self, address: str) -> dict[str, str]:
        """What the owner's browser is sent to; they agree. Gives what it comes back with."""
        asked = dict(httpx.URL(address).params)
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256", asked
        self.challenge, self.redirect_uri = asked["code_challenge"], asked["redirect_uri"]
        return {"state": asked["state"], "code": self.code}

    def token(self, form: dict[str, str]) -> httpx.Response:
        if (form.get("client_id"), form.get("client_secret")) != CLIENT:
            return httpx.Response(401, json={"error": "invalid_client"})
        if form["grant_type"] == "authorization_code":
            hashed = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
            if form["code"] != self.code or form["redirect_uri"] != self.redirect_uri or challenge != self.challenge:
                return httpx.Response(400, json={"error": "invalid_grant"})
            self.code = ""  # good once
            return self.issue(new_refresh=True)
        if form["refresh_token"] not in self.refresh_tokens:
            return httpx.Response(
                400, json={"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
            )
        if self.rotates:
            self.refresh_tokens.discard(form["refresh_token"])
        return self.issue(new_refresh=self.rotates)

    def issue(self, *, new_refresh: bool) -> httpx.Response:
        number = next(self.numbers)
        self.access_tokens = {f"access-{number}"}
        found: dict[str, Any] = {"access_token": f"access-{number}", "expires_in": self.lifetime, "token_type": "Bearer"}
        if new_refresh:
            self.refresh_tokens.add(f"refresh-{number}")
            found["refresh_token"] = f"refresh-{number}"
        return httpx.Response(200, json=found | ({"scope": self.scope} if self.scope else {}))

    def asked(self, method: str = "", path: str = "") -> list[httpx.Request]:
        return [one for one in self.seen if method in ("", one.method) and re.search(path, str(one.url))]

    def answer(self, request: httpx.Request) -> httpx.Response:
        raise NotImplementedError

    def add(self, id: str, *span: datetime, **fields: Any) -> None:
        raise NotImplementedError


class Google(Cloud):
    token_path = "/token"
    provider = "google"
    remote_id = "mira@example.com"

    def __init__(self) -> None:
        super().__init__()
        self.version, self.page_size, self.oldest_token = 0, 2, 0
        self.changed: dict[str, int] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, query = unquote(request.url.path), dict(request.url.params)
        if path == "/calendar/v3/users/me/calendarList":
            return self.listed(query)
        _, at, entry = path.partition(f"/calendar/v3/calendars/{self.remote_id}/events")
        if not at:
            return httpx.Response(404)
        entry = entry.strip("/")
        if request.method == "GET":
            return self.list(query)
        if request.method == "DELETE":
            if entry not in self.events:
                return httpx.Response(404)
            if self.events[entry]["status"] == "cancelled":
                return httpx.Response(410)
            return self.put(entry, {**self.events[entry], "status": "cancelled"}, 204)
        body = json.loads(request.content)
        if request.method == "POST":
            if not re.fullmatch("[a-v0-9]{5,1024}", body["id"]):
                return httpx.Response(400)
            return httpx.Response(409) if body["id"] in self.events else self.put(body["id"], body, 200)
        return self.put(entry, body, 200) if entry in self.events else httpx.Response(404)

    def put(self, entry: str, body: dict[str, Any], status: int) -> httpx.Response:
        self.version += 1
        self.events[entry], self.changed[entry] = body, self.version
        return httpx.Response(status, json={} if status == 200 else None)

    def list(self, query: dict[str, str]) -> httpx.Response:
        assert query["singleEvents"] == "true"
        token = query.get("syncToken")
        if token:
            if {"timeMin", "timeMax", "orderBy", "q"} & set(query):
                return httpx.Response(400, json={"error": {"errors": [{"reason": "syncTokenWithRequestRestrictions"}]}})
            if int(token) < self.oldest_token:
                return httpx.Response(410, json={"error": {"errors": [{"reason": "fullSyncRequired"}]}})
            found = [event for id, event in self.events.items() if self.changed[id] > int(token)]
        else:
            found = [event for event in self.events.values() if event["status"] != "cancelled"]
        at = int(query.get("pageToken", "0"))
        page, left = found[at : at + self.page_size], found[at + self.page_size :]
        more = {"nextPageToken": str(at + self.page_size)} if left else {"nextSyncToken": str(self.version)}
        return httpx.Response(200, json={"items": page, **more})

    def listed(self, query: dict[str, str]) -> httpx.Response:
        own = {"id": self.remote_id, "summary": "Mira", "primary": True, "accessRole": "owner"}
        other = {"id": "holidays", "summary": "Holidays", "accessRole": "reader"}
        if "pageToken" in query:
            return httpx.Response(200, json={"items": [other]})
        return httpx.Response(200, json={"items": [own], "nextPageToken": "2"})

    def add(self, id: str, *span: datetime, **fields: Any) -> None:
        times = {name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"} for name, at in zip(("start", "end"), span, strict=False)}
        self.put(id, {"id": id, "status": "confirmed", "summary": "Dentist", **times, **fields}, 200)

    def kept(self) -> dict[str, tuple[datetime, datetime]]:
        """Entries of ours by their UID."""
        return {
            one["extendedProperties"]["private"]["interworkyUid"]: tuple(
                datetime.fromisoformat(one[name]["dateTime"]) for name in ("start", "end")
            )
            for one in self.events.values()
            if "extendedProperties" in one and one["status"] != "cancelled"
        }


class Microsoft(Cloud):
    token_path = "/common/oauth2/v2.0/token"
    revoke_path = "nowhere"
    provider = "microsoft"
    remote_id = "AAMkAD=/x"
    rotates = True

    def __init__(self) -> None:
        super().__init__()
        self.transactions: dict[str, str] = {}
        self.late = False  # a new event is not found at once
        self.page_size = 2

    def answer(self, request: httpx.Request) -> httpx.Response:
        raw, query = request.url.raw_path.decode().partition("?")[0], dict(request.url.params)
        parts = [unquote(part) for part in raw.split("/")[2:]]  # without /v1.0
        match request.method, parts:
            case "GET", ["me", "calendars"]:
                own = {"id": self.remote_id, "name": "Calendar", "canEdit": True, "isDefaultCalendar": True}
                other = {"id": "holidays", "name": "Holidays", "canEdit": False, "isDefaultCalendar": False}
                return httpx.Response(200, json={"value": [own | {"owner": {"address": "mira@example.com"}}, other]})
            case "GET", ["me", "calendars", self.remote_id, "calendarView"]:
                assert request.headers["prefer"] == 'outlook.timezone="UTC"'
                return self.view(query)
            case "GET", ["me", "calendars", self.remote_id, "events"]:
                uid = re.search(r"ep/value eq '([^']+)'", query["$filter"])
                found = [id for id, one in self.events.items() if uid and uid[1] == self.uid_of(one)]
                return httpx.Response(200, json={"value": [] if self.late else [{"id": id} for id in found]})
            case "POST", ["me", "calendars", self.remote_id, "events"]:
                body = json.loads(request.content)
                id = self.transactions.get(body["transactionId"]) or f"event/{next(self.numbers)}"
                self.transactions[body["transactionId"]] = id
                self.events.setdefault(id, body)
                return httpx.Response(201, json={"id": id})
            case "PATCH" | "DELETE", ["me", "events", id]:
                if id not in self.events:
                    return httpx.Response(404)
                if request.method == "DELETE":
                    del self.events[id]
                    return httpx.Response(204)
                self.events[id] |= json.loads(request.content)
                return httpx.Response(200, json={"id": id})
        return httpx.Response(404)

    def view(self, query: dict[str, str]) -> httpx.Response:
        at = int(query.get("$skip", "0"))
        found = list(self.events.values())
        page, left = found[at : at + self.page_size], found[at + self.page_size :]
        address = f"https://graph.microsoft.com/v1.0/me/calendars/{self.remote_id.replace('/', '%2F')}/calendarView"
        more = {"@odata.nextLink": f"{address}?$skip={at + self.page_size}"} if left else {}
        return httpx.Response(200, json={"value": page, **more})

    def uid_of(self, event: dict[str, Any]) -> str:
        return next((one["value"] for one in event.get("singleValueExtendedProperties", [])), "")

    def add(self, id: str, *span: datetime, **fields: Any) -> None:
        times = {
            name: {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
            for name, at in zip(("start", "end"), span, strict=False)
        }
        self.events[id] = {"id": id, "subject": "Dentist", "showAs": "busy", **times, **fields}

    def kept(self) -> dict[str, tuple[datetime, datetime]]:
        return {
            self.uid_of(one): tuple(
                datetime.fromisoformat(one[name]["dateTime"][:19]).replace(tzinfo=UTC) for name in ("start", "end")
            )
            for one in self.events.values()
            if self.uid_of(one)
        }


@contextmanager
def behind(cloud: Cloud) -> Iterator[None]:
    """All requests that leave us are answered by `cloud`."""
    with outbound.transport_for_tests(httpx.MockTransport(cloud)):
        yield
