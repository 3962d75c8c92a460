"""Calls that a browser passes on from a voice session."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from assistant import outbound, turns, voice
from assistant.async_db import in_db
from assistant.errors import NotAllowed, ProviderError
from assistant.llm import ToolCallRequest
from assistant.models import Card, Conversation, Method, Provider, Turn
from assistant.models import ToolCall as Row
from assistant.services.conversations import card_answers
from assistant.services.conversations.history import build_history
from assistant.services.conversations.leases import retry_turn
from assistant.services.conversations.messages import post_message
from assistant.tools.executor import Executor
from tests import make
from tests.fakes import ScriptedModel, always, says

pytestmark = pytest.mark.django_db
TEXT = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}


@pytest.fixture
def talk() -> Conversation:
    talk = make.conversation()
    config = {"verb": "POST", "url": "https://shop.example.com/cancel", "auth": "none"}
    method = Method.objects.create(
        organization=talk.organization, name="cancel", kind="http", parameters=TEXT, config=config, confirm="always"
    )
    talk.assistant.methods.add(method)
    return talk


@in_db
def confirmed(talk: Conversation) -> Turn:
    card = Card.objects.get(kind=Card.Kind.CONFIRM)
    turn = card_answers.answer(talk, str(card.pk), "confirm")
    assert turn is not None
    return turn


async def run(turn: Turn, executor_for: Any = Executor.for_turn) -> Turn:
    model = ScriptedModel(says("It is cancelled."))
    await turns.run(turn.pk, model_for=always(model), executor_for=executor_for)
    return await in_db(Turn.objects.get)(pk=turn.pk)


class Shop:
    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, text="Cancelled.")


@pytest.fixture
def shop() -> Any:
    shop = Shop()
    with outbound.transport_for_tests(httpx.MockTransport(shop)):
        yield shop


async def test_a_relayed_call_is_carried_out_once_the_visitor_confirms_it(talk: Conversation, shop: Shop) -> None:
    asked = await voice.run_call(talk, ToolCallRequest("c1", "cancel", {"order": "5"}))
    assert asked.outcome == "waiting" and shop.requests == []
    turn = await run(await confirmed(talk))
    assert turn.state == "done" and len(shop.requests) == 1
    assert (await in_db(Row.objects.get)()).state == "done"
    later = await in_db(post_message)(talk, "m2", "Thanks")
    said = await in_db(build_history)(await in_db(Turn.objects.select_related("message").get)(pk=later.turn.pk), 50)
    assert [message.text for message in said if message.role == "tool"] == ["Cancelled."]


async def test_trying_a_failed_turn_again_carries_out_what_the_visitor_confirmed(talk: Conversation, shop: Shop) -> None:
    async def away(turn: Turn) -> Any:
        raise ProviderError("Away.", cause="refused", retryable=True)

    await voice.run_call(talk, ToolCallRequest("c1", "cancel", {"order": "5"}))
    failed = await run(await confirmed(talk), away)
    assert failed.state == "failed" and shop.requests == []
    await in_db(Turn.objects.filter(pk=failed.pk).update)(retryable=True)
    again = await in_db(retry_turn)(talk, str(failed.pk))
    assert (await run(again)).state == "done" and len(shop.requests) == 1


async def test_trying_again_after_it_was_carried_out_does_not_do_it_twice(talk: Conversation, shop: Shop) -> None:
    await voice.run_call(talk, ToolCallRequest("c1", "cancel", {"order": "5"}))
    done = await run(await confirmed(talk))
    await in_db(Turn.objects.filter(pk=done.pk).update)(state="failed", retryable=True)
    again = await in_db(retry_turn)(talk, str(done.pk))
    assert (await run(again)).state == "done" and len(shop.requests) == 1


async def test_calls_are_passed_on_only_where_voice_is_offered(talk: Conversation) -> None:
    with pytest.raises(NotAllowed):
        await voice.refuse_unless_offered(talk.assistant)

    def with_voice() -> None:
        own = Provider(organization=talk.organization, name="OpenAI", base_url="https://api.openai.com/v1", smart="m")
        own.realtime = "gpt-realtime"
        own.set_key("sk-test", own.base_url)
        own.save()

    await in_db(with_voice)()
    await voice.refuse_unless_offered(talk.assistant)
