"""If no pattern can judge a reply, the fast model does; if that fails too, the server adds what has been done."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant import turns
from assistant.async_db import in_db
from assistant.engine.claims import claimed
from assistant.errors import ProviderUnavailable
from assistant.llm import Receipt
from assistant.models import Conversation, Turn
from assistant.sentences import LANGUAGES
from assistant.services.conversations.messages import post_message
from assistant.turns.outcome import describe_receipts
from tests import make
from tests.fakes import ScriptedExecutor, ScriptedModel, always, says

pytestmark = pytest.mark.django_db

DOUBTFUL = "Your message is with the team."


@pytest.fixture
def conversation() -> Conversation:
    return make.conversation()


def models(**by_task: ScriptedModel):
    """A `model_for` with a model for each task, or none."""

    async def chosen(assistant, *, task="reply", **_):
        if task not in by_task:
            raise ProviderUnavailable()
        return by_task[task]

    return chosen


async def answered(conversation: Conversation, model_for, executor: ScriptedExecutor | None = None) -> Turn:
    turn = (await in_db(post_message)(conversation, "c-1", "Hello")).turn
    await turns.run(turn.pk, model_for=model_for, executor_for=always(executor or ScriptedExecutor("", "find_slots")))
    return await in_db(Turn.objects.get)(pk=turn.pk)


async def text_of(conversation: Conversation) -> str:
    return (await in_db(conversation.messages.filter(role="assistant").last)()).text


async def test_the_fast_model_decides_about_a_doubtful_reply(conversation, settings):
    settings.DEMO_MODEL = False
    reply, fast = ScriptedModel(says(DOUBTFUL), says("Shall I pass it on?")), ScriptedModel(says("yes"))
    await answered(conversation, models(reply=reply, fast=fast))
    assert await text_of(conversation) == "Shall I pass it on?"
    assert DOUBTFUL in fast.requests[0][-1].text and len(fast.requests) == 1


async def test_a_reply_that_the_fast_model_acquits_is_shown_alone(conversation, settings):
    settings.DEMO_MODEL = False
    await answered(conversation, models(reply=ScriptedModel(says(DOUBTFUL)), fast=ScriptedModel(says("no"))))
    assert await text_of(conversation) == DOUBTFUL


@pytest.mark.parametrize("fast", [None, ScriptedModel(says("Well, perhaps."))])
async def test_where_nobody_can_decide_the_server_says_that_nothing_was_done(conversation, settings, fast):
    settings.DEMO_MODEL = False
    by_task = {"reply": ScriptedModel(says(DOUBTFUL))} | ({"fast": fast} if fast else {})
    turn = await answered(conversation, models(**by_task))
    assert turn.state == "done"
    assert await text_of(conversation) == f"{DOUBTFUL}\n\nNothing has been booked, sent or changed in this chat yet."


async def test_the_line_names_what_was_done(conversation, settings):
    settings.DEMO_MODEL = False
    receipt = Receipt("booked", "K7QM2P", (datetime(2030, 1, 8, 10, tzinfo=UTC),), "Tuesday 8 January, 10:00")
    executor = ScriptedExecutor("", "find_slots", earlier=frozenset({"booked"}), receipts=(receipt,))
    await answered(conversation, models(reply=ScriptedModel(says("Thursday at 14:00 it is!"))), executor)
    assert (await text_of(conversation)).endswith(
        "\n\nDone in this chat so far: appointment booked · Tuesday 8 January, 10:00 · K7QM2P."
    )


async def test_the_demonstration_model_follows_a_script_and_is_neither_asked_nor_doubted(conversation, settings):
    settings.DEMO_MODEL = True
    fast = ScriptedModel(says("yes"))
    await answered(conversation, models(reply=ScriptedModel(says(DOUBTFUL)), fast=fast))
    assert fast.requests == [] and await text_of(conversation) == DOUBTFUL


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_servers_own_line_passes_its_own_gate(locale: str):
    assert not claimed(describe_receipts((), locale))
