"""Turns out of memory: what the visitor writes chooses what the assistant does."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

from .conversation import Conversation, day_of_slots
from .loop import LoopThread

LONG = """Of course. Here is what a **first visit** is like:

1. We talk about your *history* and what brings you here.
2. A gentle check-up, usually with two small X-rays.
3. You leave with a plan and a price, in writing.

It takes about 45 minutes. Please bring:

- your insurance card
- a list of medicines, if you take any

More on [our site](https://www.example.com/first-visit), or write to [us](mailto:hello@example.com).

Opening hours are `Mon–Fri 9–18`. A code block, because someone always asks:

```
POST /appointments
{"when": "2030-01-08T14:00:00Z", "note": "a rather long line that has to scroll sideways"}
```

""" + "\n\n".join(
    f"Paragraph {n}: we look forward to seeing you and will take all the time that you need." for n in range(8)
)


BEGINNING = 203  # characters, which come in small pieces; each more costs the page a drawing


class Turns(LoopThread):
    """Replies and tools, typed as a model types them."""

    _go: asyncio.Event  # set once what waits to be told is to come to its end

    def __init__(self) -> None:
        super().__init__()
        self.delay_seconds = 0.004  # between two pieces of a reply
        self.holds_receipts = False  # True: what was confirmed is done when `hurry` says so
        self._waits = False

    def hurry(self) -> None:
        """Lets a reply, a tool or a receipt go on that waits for it, or the next that does."""
        self._loop.call_soon_threadsafe(self._go.set)

    async def _told(self) -> None:
        self._waits = True
        await self._go.wait()
        self._waits = False
        self._go.clear()

    def _stop_turn(self, turn: dict[str, Any]) -> None:
        turn["stopped"] = True
        if self._waits:
            self._go.set()

    async def _answer(self, conversation: Conversation, frame: dict[str, Any]) -> None:
        card = conversation.cards[frame["card"]]
        await asyncio.sleep(self.delay_seconds * 10)
        conversation.update_card(card["id"], state="answered", choice=frame["choice"])
        if card["kind"] == "slots":
            conversation.card("confirm")
        elif frame["choice"] == "confirm":
            receipt = conversation.card("receipt", status="sending")
            await (self._told() if self.holds_receipts else asyncio.sleep(self.delay_seconds * 40))
            conversation.update_card(receipt["id"], status="done")

    async def _reply(self, conversation: Conversation, text: str, message: str) -> None:
        async with conversation.answering:  # one message after the other, as the product does
            await self._take_turn(conversation, text, message)

    async def _take_turn(self, conversation: Conversation, text: str, message: str) -> None:
        turn = f"turn-{len(conversation.events)}"
        conversation.turn = {"id": turn, "message": message, "text": "", "offset": 0, "tools": []}
        conversation.say({"type": "turn.started", "turn": turn, "message": message})
        ended: dict[str, Any] = {"outcome": "done"}
        await (self._told() if text == "think" else asyncio.sleep(self.delay_seconds * 5))
        if text in ("tool", "slots") or "Tuesday" in text:
            await self._work(conversation, turn, wait=text == "tool")
        if text == "fail":
            ended = {
                "outcome": "failed", "code": "not_available", "retryable": True,
                "text": "The assistant cannot answer just now. Please try again in a moment.",
            }  # fmt: skip
        elif text == "person":
            conversation.become("staff", "Grace")
            conversation.message("staff", "Hello, this is Grace from the front desk. How can I help?")
        else:
            if text in ("slots", "confirm", "receipt", "contact", "verify"):
                conversation.card(text)
            elif text == "slots-many":
                conversation.card("slots", days=[day_of_slots(day) for day in (8, 15, 22)])
            elif "Tuesday" in text:
                conversation.card("slots")
            await self._speak(conversation, turn, text)
        conversation.turn = None
        conversation.say({"type": "turn.ended", "turn": turn, **ended}, durable=True)

    async def _work(self, conversation: Conversation, turn: str, *, wait: bool) -> None:
        tool = {"turn": turn, "call": "call-1", "label": "Looking for free times…"}
        assert conversation.turn is not None
        conversation.turn["tools"] = [tool["label"]]
        conversation.say({"type": "tool.started", **tool})
        await (self._told() if wait else asyncio.sleep(self.delay_seconds * 40))
        conversation.turn["tools"] = []
        conversation.say({"type": "tool.finished", **tool, "ok": True})

    async def _speak(self, conversation: Conversation, turn: str, text: str) -> None:
        words = (
            LONG if text in ("long", "slow") else "These times are free on Tuesday afternoon. Pick the one that suits you."
        )
        if text in ("again", "hello"):
            words = "Here I am again 👋 – thank you for your patience."
        state = "complete"
        now_running = conversation.turn
        assert now_running is not None
        for at, end in pairwise([*range(0, min(BEGINNING, len(words)), 7), *range(BEGINNING, len(words), 70), len(words)]):
            if text == "slow" and at == BEGINNING and not now_running.get("stopped"):
                await self._told()
            if now_running.get("stopped"):
                state = "stopped"
                break
            piece = words[at:end]
            now_running["text"] = words[:end]
            now_running["offset"] = len(now_running["text"])
            conversation.say({"type": "reply.delta", "turn": turn, "offset": at, "text": piece})
            await asyncio.sleep(self.delay_seconds)
        conversation.message("assistant", now_running["text"], turn=turn, state=state)
