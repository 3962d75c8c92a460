"""A visitor without a browser: the widget's HTTP API, from a script."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from itertools import count
from typing import Any

PUBLIC_KEY = "pk_bright_smile_demo"  # of the demonstration, on every installation
_ids = count()


class Visitor:
    """One visitor of the demonstration organization at `url`, on a page of `origin`, by default the server's own. With
    `address`, they seem to come from there through a proxy."""

    def __init__(self, url: str, key: str = PUBLIC_KEY, origin: str = "", address: str = "") -> None:
        self.url, self.token, self.origin = url, "", origin or url
        self.headers = {"Origin": self.origin, **({"X-Forwarded-For": address} if address else {})}
        self.token = self.ask("POST", "sessions", {"key": key, "timezone": "Europe/London"})["token"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request; its JSON answer. Raises `urllib.error.HTTPError`, `OSError`."""
        raw = self._send(method, path, body)
        return json.loads(raw) if raw else None

    def download(self, path: str) -> bytes:
        return self._send("POST", path, {})

    def _send(self, method: str, path: str, body: Any) -> bytes:
        request = urllib.request.Request(
            f"{self.url}/api/v1/widget/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                **self.headers,
                "Content-Type": "application/json",
                **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            raw: bytes = answer.read()
        return raw

    def say(self, text: str, id: str = "") -> dict[str, Any]:
        return self.ask("POST", "messages", {"id": id or f"v-{next(_ids)}", "text": text})

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        return self.ask("GET", f"events?after={after}")["events"]

    def answer(self, card: dict[str, Any], choice: str, fields: dict[str, str] | None = None) -> None:
        self.ask("POST", f"cards/{card['id']}/answer", {"choice": choice, "fields": fields or {}})

    def card(self, kind: str, seconds: float = 60) -> dict[str, Any]:
        """The newest card of a kind, once there is one."""
        return until(
            lambda: ([e["card"] for e in self.events() if e.get("card", {}).get("kind") == kind] or [None])[-1], seconds
        )

    def times(self, seconds: float = 60) -> dict[str, Any]:
        """The newest card of times, once there are some: it may show the services first."""
        return until(lambda: (card := self.card("slots", seconds))["days"] and card, seconds)

    def turns_ended(self) -> int:
        return sum(event["type"] == "turn.ended" for event in self.events())

    def book(self) -> str:
        """From the question to the receipt; returns the reference."""
        self.say("Can I come in on Tuesday afternoon?")
        slots = self.times()
        self.answer(slots, slots["days"][0]["slots"][0]["id"])
        self.answer(self.card("confirm"), "confirm", {"name": "Ada Lovelace", "email": "ada@example.com"})
        return self.card("receipt")["reference"]


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """What `condition` gives once it gives something; a server that is away is waited for."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := condition():
                return found
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
