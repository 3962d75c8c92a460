"""What a turn costs outside the tokens: statements, write transactions and hops, held exactly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from django import forms
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from assistant.async_db import in_db
from assistant.llm import ToolResult
from assistant.models import Card, Method, ToolCall, Turn
from assistant.services.conversations.sessions import Session, open_session
from assistant.tools import KINDS
from assistant.tools.kind import Context, Kind, Operation
from assistant.turns.runner import running_tasks
from tests import make
from tests.assistant.meter import metered
from tests.assistant.providers.stub import Stub, calls, says
from tests.assistant.talking import Widget, connected

pytestmark = pytest.mark.django_db(transaction=True)


async def settled() -> None:
    """Until the runner has nothing left to do for a turn that has ended."""
    await asyncio.gather(*running_tasks(), return_exceptions=True)


@asynccontextmanager
async def opened(settings, **fields: object) -> AsyncIterator[tuple[Widget, Session, Stub]]:
    async with Stub() as stub:
        settings.AI_ENVIRONMENT = {"AI_API_KEY": "sk-1", "AI_BASE_URL": stub.url, "AI_MODEL": "big"}
        assistant = await in_db(make.assistant)(**fields)
        session = await in_db(open_session)(assistant, make.ORIGIN)
        async with connected(session, make.ORIGIN) as widget:
            yield widget, session, stub


async def test_a_plain_turn_costs_so_many_statements_transactions_and_hops(settings, monkeypatch):
    async with opened(settings) as (widget, _, _stub):
        assert (await widget.ask("When are you open?"))["outcome"] == "done"
        await settled()
        async with metered(monkeypatch) as cost:
            assert (await widget.ask("And on Sunday?"))["outcome"] == "done"
            await settled()
        assert (cost.statements, cost.transactions, cost.hops) == (14, 2, 2), str(cost)
        assert await in_db(Turn.objects.filter(state="done").count)() == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is asked without a round trip")
async def test_a_plain_turn_takes_so_many_round_trips(settings, tmp_path):
    async with opened(settings) as (widget, _, _stub):
        taken = []
        # Statements are sent in another way once they are prepared. A minute's first turn makes the minute's row, and on a
        # slow machine a lease is renewed meanwhile.
        for number in range(8):
            await in_db(trace)(tmp_path / str(number))
            assert (await widget.ask("When are you open?"))["outcome"] == "done"
            await settled()
            await in_db(trace)(None)
            taken.append((tmp_path / str(number)).read_bytes().count(b"ReadyForQuery"))
        assert min(taken[:4]) == min(taken[4:]) == 5, taken


def trace(path: Path | None) -> None:
    """Have libpq write down what it exchanges with the server from now on, in `path`."""
    pgconn = connection.connection.pgconn
    pgconn.untrace()
    if path:
        traces.append(path.open("wb"))
        pgconn.trace(traces[-1].fileno())


traces: list[BinaryIO] = []  # libpq writes into them until it is told not to


async def test_opening_a_widget_again_costs_so_much(settings, monkeypatch):
    async with opened(settings) as (widget, session, _):
        await widget.ask("When are you open?")
        await settled()
        async with metered(monkeypatch) as cost:
            await widget.send("session.open", token=session.token, after=0)
            await widget.receive("session.ready")
        assert (cost.statements, cost.transactions, cost.hops) == (4, 0, 2), str(cost)


async def test_a_new_session_costs_so_much(monkeypatch):
    assistant = await in_db(make.assistant)()
    await in_db(open_session)(assistant, make.ORIGIN)
    async with metered(monkeypatch) as cost:
        await in_db(open_session)(assistant, make.ORIGIN, address="203.0.113.7")
    assert (cost.statements, cost.transactions, cost.hops) == (5, 4, 1), str(cost)


@pytest.fixture
def kind(monkeypatch) -> None:
    """A kind of method that reads something and is done; with the risk "irreversible", it asks the visitor before."""

    async def run(context: Context, arguments: dict) -> ToolResult:
        return ToolResult("It is open.")

    operation = Operation(run, risk=None, idempotent=True)
    monkeypatch.setitem(KINDS, "reading", Kind("Reading", "Reads.", "bolt", forms.Form, (operation,)))


@asynccontextmanager
async def with_method(settings, risk: str) -> AsyncIterator[tuple[Widget, Stub]]:
    """A widget whose assistant may call `look`, after a first turn."""

    def set_up(session: Session) -> None:
        method = Method.objects.create(
            organization=session.conversation.organization, name="look", kind="reading", description="Looks.", risk=risk
        )
        session.conversation.assistant.methods.add(method)

    async with opened(settings) as (widget, session, stub):
        await in_db(set_up)(session)
        await widget.ask("Hello?")
        await settled()
        yield widget, stub


async def test_a_turn_with_a_call_costs_so_much(settings, monkeypatch, kind):
    async with with_method(settings, "read") as (widget, stub):
        stub.script(calls("look", "{}"), says("It is open."))
        async with metered(monkeypatch) as cost:
            assert (await widget.ask("Are you open?"))["outcome"] == "done"
            await settled()
        assert len(stub.requests) == 3
        assert (cost.statements, cost.transactions, cost.hops) == (24, 5, 5), str(cost)


async def test_a_turn_that_ends_in_a_card_and_the_answer_to_it_cost_so_much(settings, monkeypatch, kind):
    async with with_method(settings, "irreversible") as (widget, stub):
        stub.script(calls("look", "{}"), says("Shall I?"))
        async with metered(monkeypatch) as asking:
            await widget.ask("Change it, please.")
            await settled()
        card = await in_db(Card.objects.get)()
        stub.script(says("It is open."))
        async with metered(monkeypatch) as answering:
            await widget.send("card.answer", card=str(card.pk), choice="confirm")
            assert (await widget.receive("turn.ended"))["outcome"] == "done"
            await settled()
        assert (await in_db(ToolCall.objects.get)()).state == "done"
        assert (asking.statements, asking.transactions, asking.hops) == (28, 5, 5), str(asking)
        assert (answering.statements, answering.transactions, answering.hops) == (34, 6, 10), str(answering)


async def test_the_list_of_conversations_costs_staff_so_much(settings, monkeypatch):
    async with opened(settings) as (widget, _, _stub):
        await widget.ask("When are you open?")
        await settled()

        def entered() -> Client:
            client = Client()
            client.force_login(User.objects.create_superuser("boss"))
            client.get("/admin/assistant/conversation/")
            return client

        boss = await in_db(entered)()
        async with metered(monkeypatch) as cost:
            assert (await in_db(boss.get)("/admin/assistant/conversation/")).status_code == 200
        # Two of them are of their login: whether the session is still listed, and whether a second factor is missing.
        assert (cost.statements, cost.transactions) == (12, 0), str(cost)
