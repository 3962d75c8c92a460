"""What is requested fifty times at once happens once, embedded and in production."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import servers
from tests.conftest import needed

from .conftest import Databases
from .visitor import Visitor, until


@pytest.fixture(scope="module", params=["embedded", "production"])
def app(
    request: pytest.FixtureRequest, start_app: Callable[..., servers.App], new_database: Databases
) -> Iterator[servers.App]:
    """The product on SQLite alone, and on PostgreSQL and Redis."""
    values = {"DEMO_MODEL_DELAY_MS": "0", "RATE_LIMITS": "false"}
    if request.param == "embedded":
        yield start_app(**values)
        return
    database = new_database("postgresql")
    with needed(servers.redis) as redis_url:
        app = start_app(
            Path(database.pop("DATA_DIR")), REDIS_URL=redis_url, DEMO_MODEL="true", DEMO_SITE="true", **database, **values
        )
        yield app
        app.kill()


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(act, range(count)))


def test_the_same_message_fifty_times_at_once_is_one_row_and_one_answer(app: servers.App):
    visitor = Visitor(app.url)
    answers = at_once(50, lambda _: visitor.say("Hi!", id="the-same"))
    assert all(answer == answers[0] for answer in answers)
    until(visitor.turns_ended)
    types = [event["type"] for event in visitor.events()]
    assert types == ["message.added", "message.added", "turn.ended"]


def test_the_same_confirmation_twenty_times_at_once_books_once(app: servers.App):
    visitor = Visitor(app.url)
    visitor.say("Can I come in on Tuesday afternoon?")
    slots = visitor.times()
    choice = slots["days"][0]["slots"][-1]["id"]
    at_once(20, lambda _: visitor.answer(slots, choice))
    confirm = visitor.card("confirm")
    fields = {"name": "Ada Lovelace", "email": "ada@example.com"}
    at_once(20, lambda _: visitor.answer(confirm, "confirm", fields))
    visitor.card("receipt")
    until(lambda: visitor.turns_ended() == 3)
    events = visitor.events()
    cards = [event["card"]["kind"] for event in events if event["type"] == "card.added"]
    assert cards == ["slots", "confirm", "receipt"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_messages_of_two_tabs_at_once_are_each_answered_in_order(app: servers.App):
    visitor = Visitor(app.url)
    at_once(8, lambda number: visitor.say("Hi!" if number % 2 else "Where can I park?", id=f"m-{number}"))
    until(lambda: visitor.turns_ended() == 8, 30)
    messages = [event["message"] for event in visitor.events() if event["type"] == "message.added"]
    assert sum(message["role"] == "visitor" for message in messages) == 8
    assert all(message["state"] == "complete" for message in messages) and len(messages) == 16
