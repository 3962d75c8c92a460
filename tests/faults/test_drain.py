"""Rolling restarts of web processes while visitors write: no message is lost."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from assistant.services import renewal

from .production import Production, Redis, Web
from .sockets import Socket
from .visitor import Visitor, until

# Of three web processes the last plays the model server, and stays.
CLIENTS = int(os.environ.get("CLIENTS", "8"))
RESTARTS = int(os.environ.get("RESTARTS", "2"))


class Client:
    """A visitor whose widget reconnects to any server, and resends what was not acknowledged."""

    def __init__(self, here: Production, number: int) -> None:
        self.here, self.number = here, number
        self.visitor = Visitor(here.webs[0].url, origin=here.origin)
        self.seq = 0
        self.acknowledged: list[str] = []
        self.codes: Counter[int] = Counter()
        self.random = random.Random(number)

    async def talk(self, done: asyncio.Event) -> None:
        saying = ""
        while not done.is_set():
            port = self.random.choice(self.here.webs[:2]).port
            with suppress(OSError, TimeoutError):
                try:
                    async with connect(
                        f"ws://127.0.0.1:{port}/ws/v1/chat", additional_headers={"Origin": self.here.origin}, proxy=None
                    ) as wire:
                        await self.tell(wire, type="session.open", token=self.visitor.token, after=self.seq)
                        while not done.is_set():
                            saying = saying or f"m-{self.number}-{len(self.acknowledged)}"
                            await self.tell(wire, type="message.send", id=saying, text="Hi!")
                            while saying not in self.acknowledged:
                                await self.hear(wire)
                            saying = ""
                            with suppress(TimeoutError):
                                async with asyncio.timeout(self.random.uniform(0.3, 1.2)):
                                    while True:
                                        await self.hear(wire)
                except ConnectionClosed as closed:
                    self.codes[closed.rcvd.code if closed.rcvd else 1006] += 1
            await asyncio.sleep(self.random.uniform(0.1, 0.4))

    async def tell(self, wire: Any, **frame: Any) -> None:
        await wire.send(json.dumps(frame))

    async def hear(self, wire: Any) -> None:
        event = json.loads(await wire.recv())
        for row in event["events"] if event["type"] == "session.ready" else [event]:
            self.seq = max(self.seq, row.get("seq", 0))
            id = row["message"].get("client_id") if row["type"] == "message.added" else None
            if id and id not in self.acknowledged:
                self.acknowledged.append(id)


async def restart(web: Web) -> float:
    began = time.monotonic()
    web.terminate()
    assert web.process
    while web.process.poll() is None:
        await asyncio.sleep(0.05)
    took = time.monotonic() - began
    await asyncio.to_thread(web.start)
    return took


def test_rolling_restarts_lose_no_acknowledged_message_and_answer_each_once(
    production: Callable[..., Production], redis: Redis
):
    redis.start()
    here = production(webs=3, RATE_LIMITS="false", ASSISTANT_DRAIN_SECONDS="2", DEMO_MODEL_DELAY_MS="20")
    clients = [Client(here, number) for number in range(CLIENTS)]

    async def run() -> list[float]:
        done = asyncio.Event()
        talking = [asyncio.create_task(client.talk(done)) for client in clients]
        took = []
        for number in range(RESTARTS):
            await asyncio.sleep(1)
            took.append(await restart(here.webs[number % 2]))
        done.set()
        await asyncio.gather(*talking)
        return took

    took = asyncio.run(run())
    open_turns = "SELECT 1 FROM assistant_turn WHERE state IN ('queued', 'running')"
    until(lambda: not here.sql(open_turns), 40)
    said = sum(len(client.acknowledged) for client in clients)
    for client in clients:
        events = client.visitor.events()
        messages = [event["message"] for event in events if event["type"] == "message.added"]
        kept = [message["client_id"] for message in messages if message["role"] == "visitor"]
        replies = [message for message in messages if message["role"] == "assistant"]
        assert set(client.acknowledged) <= set(kept) and len(set(kept)) == len(kept)
        assert len(replies) == len(kept) and all(reply["state"] == "complete" for reply in replies)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    codes: Counter[int] = sum((client.codes for client in clients), Counter())
    assert codes[1012] >= RESTARTS and set(codes) <= {1012}
    assert said >= CLIENTS * RESTARTS / 2
    sys.stdout.write(f"{said} messages; {dict(codes)}; stopping took {[round(one, 1) for one in took]} s\n")


def test_a_reply_in_the_making_is_handed_over_and_finished_elsewhere(production: Callable[..., Production], redis: Redis):
    redis.start()
    here = production(webs=3, ASSISTANT_DRAIN_SECONDS="0", DEMO_MODEL_DELAY_MS="150")
    visitor = Visitor(here.webs[0].url, origin=here.origin)
    with Socket(visitor) as socket:
        socket.tell("message.send", id="only", text="Where can I park?")
        socket.hear("reply.delta")
        here.webs[0].terminate()
        with pytest.raises(ConnectionClosed) as closed:
            socket.hear("never")
    assert closed.value.rcvd and closed.value.rcvd.code == 1012
    began = time.monotonic()
    visitor.url = here.webs[1].url
    with Socket(visitor, after=1) as socket:
        if not any(event["type"] == "turn.ended" for event in socket.ready["events"]):
            socket.hear("turn.ended", outcome="done")
    assert time.monotonic() - began < renewal.LEASE.seconds
    here.webs[0].stop()
    messages = [event["message"] for event in visitor.events() if event["type"] == "message.added"]
    assert [(message["role"], message["state"]) for message in messages] == [
        ("visitor", "complete"),
        ("assistant", "complete"),
    ]
