"""The beginning of a turn with its message: what goes wrong in it loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from assistant import turns
from assistant.async_db import in_db
from assistant.models import Budget, Conversation, Event, Message, ProviderHealth, Spending, Turn, Usage
from assistant.services.conversations.leases import claim_turn, turns_left_behind
from assistant.services.organizations import snapshots
from assistant.services.providers import health
from assistant.turns.beginning import post_and_begin, warm_up
from assistant.turns.runner import running_tasks, stop_here
from tests import make
from tests.assistant.providers.stub import Stub, says

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def site(settings: Any) -> AsyncIterator[tuple[Conversation, Stub]]:
    async with Stub() as stub:
        settings.AI_ENVIRONMENT = {"AI_API_KEY": "sk-1", "AI_BASE_URL": stub.url, "AI_MODEL": "big"}
        yield await in_db(make.conversation)(), stub


async def ended() -> None:
    while tasks := running_tasks():
        await asyncio.gather(*tasks, return_exceptions=True)


async def all_of(rows: Any) -> list[Any]:
    return await in_db(list)(rows.all())


async def test_a_copy_of_a_message_begins_and_reserves_nothing(settings):
    async with site(settings) as (conversation, _):

        def post_twice() -> tuple[Any, Any]:
            first = post_and_begin(conversation, "c-1", "Hello", {})[1]
            Turn.objects.update(state="done")  # so that the copy would be claimed as well
            return first, post_and_begin(conversation, "c-1", "Hello", {})[1]

        first, copy = await in_db(post_twice)()
        assert first and first.prepared and copy is None
        assert len(await all_of(Usage.objects)) == len(await all_of(Message.objects)) == 1
        assert {row.requests for row in await all_of(Spending.objects)} == {1}


async def test_what_is_saved_with_a_message_is_reserved_only_as_far_as_all_limits_admit(settings):
    async with site(settings) as (conversation, _):

        def post_three() -> list[bool]:
            Budget.objects.create(organization=conversation.organization, requests_per_minute=100)
            # Of one visitor: another one's first request makes rows, and is reserved on its own.
            others = [make.conversation(conversation.assistant, visitor=conversation.visitor) for _ in range(3)]
            begun = [post_and_begin(others[0], "c-1", "Hello", {})[1]]
            used = Spending.objects.get(scope="visitor", subject=str(others[0].visitor_id)).tokens
            Budget.objects.update(day_tokens=2 * used + 1)
            for one in others[1:]:
                fresh = snapshots.conversation("conversation.id = %s", one.pk)
                begun.append(post_and_begin(fresh, "c-1", "Hello", {})[1])
            return [bool(one and one.prepared) for one in begun]

        assert await in_db(post_three)() == [True, True, False]
        assert len(await all_of(Usage.objects)) == 2
        rows = {(row.scope, row.period.count("-")): row for row in await all_of(Spending.objects) if row.scope != "visitor"}
        assert rows["organization", 1].tokens == sum(
            row.prompt_tokens + row.completion_tokens for row in await all_of(Usage.objects)
        )
        assert await in_db(Message.objects.count)() == 3


async def test_a_message_beyond_the_budget_is_saved_and_its_turn_says_so(settings):
    async with site(settings) as (conversation, stub):
        await in_db(Budget.objects.create)(organization=conversation.organization, day_tokens=1)
        await turns.post(conversation, "c-1", "Hello")
        await ended()
        [turn] = await all_of(Turn.objects)
        assert (turn.state, turn.code, stub.requests) == ("failed", "budget_exceeded", [])
        assert await in_db(Message.objects.filter(client_id="c-1").exists)()
        assert {row.tokens for row in await all_of(Spending.objects)} == {0}, "what did not fit was given back"
        assert await all_of(Usage.objects) == []


async def test_a_database_that_fails_while_a_turn_is_made_ready_loses_no_message(settings):
    failures = 0

    def fail_once(execute: Any, sql: str, *given: Any) -> Any:
        nonlocal failures
        if 'INSERT INTO "assistant_usage"' in sql and not failures:
            failures += 1
            raise OperationalError("gone for a moment")
        return execute(sql, *given)

    def posted(conversation: Conversation) -> Any:
        with connection.execute_wrapper(fail_once):
            return post_and_begin(conversation, "c-1", "Hello", {})

    async with site(settings) as (conversation, _):
        message, begun = await in_db(posted)(conversation)
        assert (message.turn.state, begun, failures) == ("queued", None, 1)
        turns.start(message.turn.pk)
        await ended()
        [turn] = await all_of(Turn.objects)
        assert turn.state == "done"


async def test_a_saved_turn_runs_though_the_probe_it_has_no_budget_for_cannot_be_given_back(settings):
    refused: list[str] = []

    def refuse(execute: Any, sql: str, *given: Any) -> Any:
        if sql.startswith('UPDATE "assistant_providerhealth" SET "probe_until" = NULL'):
            refused.append(sql)
            raise OperationalError("gone for a moment")
        return execute(sql, *given)

    def posted(conversation: Conversation) -> Any:
        _, begun = post_and_begin(make.conversation(conversation.assistant), "c-1", "Hello", {})
        assert begun and begun.prepared and begun.prepared.model
        key, model = begun.prepared.model._prepared.order[0].place
        ProviderHealth.objects.create(key=key, model=model, open_until=timezone.now() - timedelta(seconds=1))
        health.forget_kept()
        Budget.objects.create(organization=conversation.organization, day_tokens=1)
        with connection.execute_wrapper(refuse):
            return post_and_begin(snapshots.conversation("conversation.id = %s", conversation.pk), "c-1", "Hello", {})

    async with site(settings) as (conversation, _):
        message, begun = await in_db(posted)(conversation)
        assert (len(refused), begun.prepared) == (1, None)
        turns.start(message.turn.pk, begun)
        await ended()
        turn = await in_db(Turn.objects.get)(pk=message.turn.pk)
        assert (turn.state, turn.attempts) == ("failed", 1), "it has come to its end, and nobody had to find it"


async def test_a_message_behind_another_waits_for_it_and_is_answered_after_it(settings):
    async with site(settings) as (conversation, stub):
        stub.script([*says("One.")[:2], 0.05, *says("One.")[2:]])
        await turns.post(conversation, "c-1", "One?")
        second = await turns.post(conversation, "c-2", "Two?")
        assert second.turn and second.turn.state == "queued"
        await ended()
        said = [message.role for message in await all_of(Message.objects.order_by("seq"))]
        assert said == ["visitor", "visitor", "assistant", "assistant"]
        assert [request.json["messages"][-1]["content"] for request in stub.requests] == ["One?", "Two?"]


async def test_a_turn_whose_process_died_at_once_is_taken_over_when_its_lease_lapses(settings):
    def left_behind(conversation: Conversation) -> Turn:
        posted, begun = post_and_begin(conversation, "c-1", "Hello", {})
        assert begun and posted.turn and turns_left_behind() == []
        past = timezone.now() - timedelta(minutes=1)
        Turn.objects.update(leased_until=past, created_at=past)
        assert turns_left_behind() == [posted.turn.pk]
        return claim_turn(posted.turn.pk)

    async with site(settings) as (conversation, _):
        turn = await in_db(left_behind)(conversation)
        assert (turn.fence, turn.attempts) == (2, 2)
        [reserved] = await all_of(Usage.objects)
        assert reserved.reserved, "what it may have used stays spent"


async def test_a_visitor_who_leaves_while_their_message_is_saved_is_answered(settings):
    async with site(settings) as (conversation, _):
        leaving = asyncio.ensure_future(turns.post(conversation, "c-1", "Hello"))
        await asyncio.sleep(0)
        leaving.cancel()
        while not await in_db(Turn.objects.filter(state="done").exists)():
            await asyncio.sleep(0.01)
        await ended()


async def test_what_was_reserved_for_a_reply_that_was_stopped_at_once_is_given_back(settings):
    async with site(settings) as (conversation, _):
        posted, begun = await in_db(post_and_begin)(conversation, "c-1", "Hello", {})
        turns.start(posted.turn.pk, begun)
        stop_here(str(posted.turn.pk))
        await ended()
        [turn] = await all_of(Turn.objects)
        assert turn.state == "stopped"
        assert not await in_db(Usage.objects.filter(reserved=True).exists)()
        assert all(row.tokens < 1024 for row in await all_of(Spending.objects)), "the answer that never came is not counted"


async def test_a_turn_is_settled_with_its_outcome_and_once(settings):
    async with site(settings) as (conversation, _):
        await turns.post(conversation, "c-1", "Hello")
        await ended()
        [used] = await all_of(Usage.objects)
        assert (used.reserved, used.prompt_tokens, used.completion_tokens) == (False, 7, 3)
        assert {row.tokens for row in await all_of(Spending.objects)} == {10}


async def test_warming_up_loads_what_a_turn_needs_and_leaves_nothing_behind(settings):
    async with site(settings) as (conversation, stub):
        await in_db(warm_up)()
        assert conversation.organization_id in snapshots.SNAPSHOTS
        for rows in (Message, Turn, Event, Usage, Spending):
            assert await all_of(rows.objects) == []
        assert [row.pk for row in await all_of(Conversation.objects)] == [conversation.pk] and stub.requests == []
