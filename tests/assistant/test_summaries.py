"""Titles, languages and summaries, made by the fast model while nobody waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assistant import summaries
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ProviderUnavailable
from assistant.models import Assistant, Conversation, ToolCall, Turn
from assistant.services.conversations import summaries as stored_summaries
from assistant.services.conversations.leases import claim_turn
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.conversations.state import change_state
from tests import make
from tests.fakes import ScriptedModel, always, says

pytestmark = pytest.mark.django_db
TITLE = says('{"title": "A check-up on Tuesday", "language": "de"}')


@pytest.fixture(autouse=True)
def a_real_provider(settings: Any) -> None:
    settings.AI_ENVIRONMENT = {"AI_API_KEY": "sk-none-of-yours-0000000000"}


@pytest.fixture
def talk() -> Conversation:
    return talked()


def talked(*texts: str, **fields: Any) -> Conversation:
    """A conversation whose messages have been answered."""
    conversation = make.conversation(**fields)
    for number, text in enumerate(texts or ("Kann ich am Dienstag kommen?",)):
        turn = post_message(conversation, f"c-{number}", text).turn
        finish_turn(claim_turn(turn.pk), Outcome(Turn.State.DONE, "Gern."))
    conversation.refresh_from_db()
    return conversation


def idle(conversation: Conversation, minutes: int = 16, **fields: Any) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    Conversation.objects.filter(pk=conversation.pk).update(last_message_at=at, **fields)


async def think(model: ScriptedModel) -> None:
    await summaries.summarize_all_due(always(model))


async def seen(conversation: Conversation) -> Conversation:
    return await in_db(Conversation.objects.get)(pk=conversation.pk)


async def test_after_the_first_exchange_a_conversation_has_a_title_and_a_language(talk):
    assert talk.title == "Kann ich am Dienstag kommen?"
    model = ScriptedModel(TITLE)
    await think(model)
    noted = await seen(talk)
    assert (noted.title, noted.language, noted.summary) == ("A check-up on Tuesday", "de", "")
    assert model.requests[0][1].text == "Visitor: Kann ich am Dienstag kommen?\nAssistant: Gern."
    assert model.offered == [[]]  # it can act upon nothing


async def test_an_idle_conversation_is_summarised_for_staff(talk):
    model = ScriptedModel(TITLE, says("They wanted a check-up."))
    await think(model)
    await think(model)
    assert (await seen(talk)).summary == "" and len(model.requests) == 1
    await in_db(idle)(talk)
    await think(model)
    await think(model)
    assert (await seen(talk)).summary == "They wanted a check-up." and len(model.requests) == 2


async def test_a_closed_conversation_is_summarised_at_once_and_again_after_it_continued(talk):
    model = ScriptedModel(TITLE, says("First."), says("Second."))
    await in_db(change_state)(talk, Conversation.State.CLOSED)
    for _ in range(3):
        await think(model)
    assert (await seen(talk)).summary == "First."
    turn = (await in_db(post_message)(talk, "c-9", "One more thing.")).turn
    await in_db(lambda: finish_turn(claim_turn(turn.pk), Outcome(Turn.State.DONE, "Yes?")))()
    await in_db(idle)(talk)
    await think(model)
    assert (await seen(talk)).summary == "Second." and len(model.requests) == 3


async def test_a_summary_is_based_on_what_was_really_done(talk):
    await in_db(ToolCall.objects.create)(
        organization_id=talk.organization_id, conversation=talk, name="book", state="done", risk="write", receipt="7KQ2MX",
        idempotency_key="k",
    )  # fmt: skip
    model = ScriptedModel(TITLE, says("Booked."))
    await in_db(idle)(talk)
    await think(model)
    await think(model)
    assert model.requests[1][1].text.endswith("Done:\nbook 7KQ2MX")


def only_asked() -> Conversation:
    """Its first message waits for an answer."""
    conversation = make.conversation()
    post_message(conversation, "c-1", "Hello?")
    return conversation


def answered_and_asked_again() -> Conversation:
    conversation = talked()
    post_message(conversation, "c-9", "And?")
    idle(conversation)
    return conversation


def long_ago() -> Conversation:
    conversation = talked()
    idle(conversation, 60 * 25)
    return conversation


@pytest.mark.parametrize(
    "given",
    [
        only_asked,
        answered_and_asked_again,
        long_ago,
        lambda: talked(of=make.assistant(makes_notes=False)),
        lambda: talked(of=make.assistant(make.organization(active=False))),
    ],
    ids=["not answered", "somebody waits", "long ago", "not wanted", "shut organization"],
)
async def test_no_summary_is_requested_where_none_is_due(given):
    await in_db(given)()
    model = ScriptedModel(TITLE)
    await think(model)
    assert model.requests == []


async def test_the_demonstration_model_makes_no_notes(talk, settings):
    settings.AI_ENVIRONMENT = {}
    settings.DEMO_MODEL = True
    model = ScriptedModel(TITLE)
    await think(model)
    assert model.requests == [] and (await seen(talk)).title == "Kann ich am Dienstag kommen?"


@pytest.mark.parametrize(
    "reply",
    [
        says("Here is a title: Check-up"),
        says('{"title": "", "language": "de"}'),
        says('{"title": ["x"]}'),
        says('{"title": "cut'),
        says('{"title": "x"}', finish="length"),
        says(error=ProviderUnavailable()),
        says(error=BudgetExceeded()),
        says(error=RuntimeError("a bug")),
    ],
)
async def test_a_failed_summary_changes_nothing_and_is_postponed(talk, reply):
    model = ScriptedModel(reply)
    await think(model)
    await think(model)
    noted = await seen(talk)
    assert (noted.title, noted.language) == (talk.title, "") and len(model.requests) == 1
    assert noted.thinking_until - timezone.now() > timedelta(minutes=50)


async def test_a_failed_summary_does_not_delay_the_others():
    first, second = [await in_db(talked)(of=await in_db(make.assistant)(await in_db(make.organization)(n))) for n in "ab"]
    await think(ScriptedModel(says(error=RuntimeError("a bug")), TITLE))
    assert [(await seen(one)).titled_at is not None for one in (first, second)] == [False, True]


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ('```json\n{"title": " Two\\n words ", "language": "pt-BR"}\n```', ("Two words", "pt-BR")),
        ('{"title": "x", "language": "German, I think"}', ("x", "")),
        ('{"title": "x"}', ("x", "")),
        ('{"title": "' + "x" * 500 + '", "language": "de"}', ("x" * 100, "de")),
    ],
)
def test_an_answer_is_taken_as_far_as_it_is_what_was_asked_for(text, noted):
    assert summaries.title_in(text) == noted


def test_a_note_is_made_by_one_worker_at_a_time_and_a_late_one_writes_nothing(talk):
    work = stored_summaries.claim(talk.pk)
    assert work and stored_summaries.claim(talk.pk) is None and stored_summaries.due(10) == []
    Conversation.objects.filter(pk=talk.pk).update(thinking_until=timezone.now() - timedelta(seconds=1))
    again = stored_summaries.claim(talk.pk)
    assert (
        again and not stored_summaries.keep_title(work, "Late", "de") and stored_summaries.keep_title(again, "In time", "de")
    )
    talk.refresh_from_db()
    assert talk.title == "In time" and stored_summaries.claim(talk.pk) is None


async def test_a_summary_uses_the_fast_model_and_the_conversations_budget(talk):
    asked = []

    async def model_for(assistant: Assistant, **given: Any) -> ScriptedModel:
        asked.append((assistant.pk, given))
        return ScriptedModel(TITLE)

    await summaries.summarize_all_due(model_for)
    assert asked == [(talk.assistant_id, {"task": "fast", "conversation": talk})]


def test_the_schedule_names_an_existing_task():
    from interworky.celery import app

    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
