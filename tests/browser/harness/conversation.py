"""A conversation out of memory: its events, cards and messages, and the pages that watch it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CARDS = Path(__file__).parents[2] / "wire" / "cards"


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_of_slots(day: int) -> dict[str, Any]:
    slots = [
        {"id": f"s-{day}-{n}", "label": f"{9 + n // 2:02}:{n % 2 * 3}0", "start_at": f"2030-01-{day:02}T10:00:00Z"}
        for n in range(8)
    ]
    return {"label": f"Tuesday, {day} January", "slots": slots}


class Conversation:
    def __init__(self, number: int) -> None:
        self.newest = 400  # events that are given at once
        self.id = f"conversation-{number}"
        self.state: dict[str, Any] = {"state": "assistant"}
        self.consent: str | None = None  # what is to be agreed to first
        self.events: list[dict[str, Any]] = []
        self.cards: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}  # by client id
        self.turn: dict[str, Any] | None = None
        self.answering = asyncio.Lock()
        self.watchers: set[asyncio.Queue[dict[str, Any]]] = set()

    def say(self, event: dict[str, Any], *, durable: bool = False) -> None:
        if durable:
            event = {"type": event["type"], "seq": len(self.events) + 1, **event}
            self.events.append(event)
        for watcher in self.watchers:
            watcher.put_nowait(event)

    def ready(self, after: int) -> dict[str, Any]:
        about = {"id": self.id, **self.state, **({"consent": self.consent} if self.consent else {})}
        ready = {
            "type": "session.ready", "conversation": about, "events": self.events[after:][-self.newest :],
            "seq": len(self.events), "more": len(self.events) - after > self.newest,
        }  # fmt: skip
        return ready | ({"turn": self.turn} if self.turn else {})

    def earlier(self, before: int) -> dict[str, Any]:
        older = self.events[: before - 1]
        return {"events": older[-self.newest :], "more": len(older) > self.newest}

    def find(self, text: str) -> dict[str, Any]:
        found = []
        for event in reversed(self.events):
            said = event.get("message", {}).get("text", "")
            if event["type"] == "message.added" and text.lower() in said.lower():
                at = said.lower().index(text.lower())
                shown = {name: event["message"][name] for name in ("id", "role", "at", "text")}
                found.append({"kind": "message", "seq": event["seq"], "marks": [[at, at + len(text)]], **shown})
        return {"found": found, "more": False}

    def message(self, role: str, text: str, **fields: Any) -> dict[str, Any]:
        message = {"id": f"m-{len(self.events) + 1}", "role": role, "text": text, "at": now(), "state": "complete", **fields}
        self.say({"type": "message.added", "message": message}, durable=True)
        return message

    def card(self, kind: str, **changes: Any) -> dict[str, Any]:
        card = (
            json.loads((CARDS / f"{kind}.json").read_text()) | {"id": f"card-{len(self.events) + 1}", "at": now()} | changes
        )
        self.cards[card["id"]] = card
        self.say({"type": "card.added", "card": card}, durable=True)
        return card

    def update_card(self, card_id: str, **changes: Any) -> None:
        self.cards[card_id] = self.cards[card_id] | changes
        self.say({"type": "card.updated", "card": self.cards[card_id]}, durable=True)

    def become(self, state: str, staff: str | None = None, *, notified: bool | None = None) -> None:
        self.state = {
            "state": state,
            **({"staff": staff} if staff else {}),
            **({"notified": notified} if notified is not None else {}),
        }
        self.say({"type": "conversation.updated", **self.state}, durable=True)
