"""Requests to the JSON interfaces of Google and Microsoft in the name of an account, and what their refusals mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import async_to_sync
from django.utils import timezone

from assistant import outbound
from assistant.errors import OutboundError
from assistant.models import CalendarAccount
from assistant.services.booking.calendar_sync import accounts
from assistant.services.booking.calendar_sync.remote import RemoteError, wait_asked_for

MAX_BYTES = 5_000_000
MOST_EVENTS = 20_000
RATE_REASONS = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "calendarUsageLimitsExceeded"}


class TooMany(RemoteError):
    """The provider limits how often it is asked."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]

    def items(self, name: str) -> list[dict[str, Any]]:
        found = self.body.get(name)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class Api:
    """An account's interface at one server: `base` is where it begins, and the token goes nowhere else."""

    def __init__(self, account: CalendarAccount, base: str, headers: Mapping[str, str] | None = None) -> None:
        self.account, self.base, self.headers = account, base, dict(headers or {})

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        content: object = None,
        but: tuple[int, ...] = (),
    ) -> Answer:
        """The answer, which is a success or one of the statuses `but`. Raises `RemoteError`.

        A token that is refused although it should be good is renewed once: a clock may be wrong, on either side.
        """
        address = f"{self.base}{path}" + (f"?{urlencode(query)}" if query else "")
        token = accounts.access_token(self.account.pk)
        answer = self._send(method, address, token, content)
        if answer.status == 401:
            answer = self._send(method, address, accounts.access_token(self.account.pk, instead_of=token), content)
        body = _json(answer)
        if 200 <= answer.status < 300 or answer.status in but:
            return Answer(answer.status, body)
        raise self._refusal(answer, body)

    def pages(
        self, path: str, query: Mapping[str, str], following: Callable[[Answer], str | Mapping[str, str]]
    ) -> list[Answer]:
        """All pages of a list: `following` gives the next one's path, or its query, or nothing. Raises `RemoteError`."""
        found: list[Answer] = []
        next_query: Mapping[str, str] | None = query
        while True:
            found.append(self.ask("GET", path, query=next_query))
            if sum(len(page.items("items")) + len(page.items("value")) for page in found) > MOST_EVENTS:
                raise RemoteError(f"The calendar has more than {MOST_EVENTS:,} events in the next two years.")
            match following(found[-1]):
                case "":
                    return found
                case str(address):
                    if not address.startswith(self.base + "/"):
                        raise RemoteError("The provider's list goes on at another address, which is not followed.")
                    path, next_query = address.removeprefix(self.base), None
                case more:
                    next_query = {**query, **more}

    def _send(self, method: str, address: str, token: str, content: object) -> outbound.Response:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", **self.headers}
        if content is not None:
            headers["Content-Type"] = "application/json"
        body = json.dumps(content).encode() if content is not None else None
        try:
            return async_to_sync(outbound.fetch)(
                method, address, reach=outbound.Reach.TENANT, headers=headers, content=body, max_bytes=MAX_BYTES
            )
        except OutboundError as error:
            raise RemoteError(str(error)) from error

    def _refusal(self, answer: outbound.Response, body: Mapping[str, Any]) -> RemoteError:
        name, status = self.account.get_provider_display(), answer.status
        wait = wait_asked_for(answer.headers, timezone.now())
        if status == 429 or (status == 403 and _reasons(body) & RATE_REASONS):
            return TooMany(f"{name} limits how often it is asked ({status}).", wait=wait)
        if status == 401:
            return RemoteError(f"{name} refused a token that it has just issued. Connect the account again.")
        if status == 403:
            return RemoteError(f"{name} does not allow this account to do that (403). Check who may use the calendar.")
        if status in (404, 410):
            return RemoteError(f"{name} no longer has that calendar ({status}). Choose another one.")
        return RemoteError(f"{name} answered with {status}.", wait=wait)


def _reasons(body: Mapping[str, Any]) -> set[str]:
    error = body.get("error")
    listed = error.get("errors") if isinstance(error, dict) else None
    return {str(one.get("reason")) for one in listed if isinstance(one, dict)} if isinstance(listed, list) else set()


def _json(answer: outbound.Response) -> dict[str, Any]:
    if not answer.body.strip():
        return {}
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        if 200 <= answer.status < 300:
            raise RemoteError("The provider's answer is not valid JSON.") from error
        return {}
    return found if isinstance(found, dict) else {}
