"""Repeated first questions are answered without a model, if staff allow it."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from assistant.async_db import in_db
from assistant.models import Assistant, Usage
from assistant.services.conversations.messages import post_message
from assistant.services.organizations import answer_cache, prompt_versions
from tests import make
from tests.assistant.test_turns import reply, run
from tests.fakes import ScriptedModel, calls, says

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def assistant() -> Assistant:
    return make.assistant(reuse_answers_hours=24)


async def first(assistant: Assistant, text: str, model: ScriptedModel, page: dict[str, str] | None = None):
    """A new visitor's first message, answered; the turn and the reply's text."""
    assistant = await in_db(Assistant.objects.select_related("organization").get)(pk=assistant.pk)
    talk = await in_db(make.conversation)(assistant)
    turn = await run((await in_db(post_message)(talk, "c-1", text, page)).turn, model)
    return turn, (await in_db(reply)(talk)).text


async def test_the_same_first_question_is_answered_again_without_a_model_and_says_so(assistant):
    model = ScriptedModel(says("From nine to", " five."), says("Another."))
    asked, answer = await first(assistant, "When are you open?", model)
    again, same = await first(assistant, "  when are you OPEN ", model)
    assert (answer, same, len(model.requests)) == ("From nine to five.", "From nine to five.", 1)
    assert asked.provider == "scripted"
    assert (again.provider, again.state, again.rounds, again.prompt_tokens) == ("kept answer", "done", 0, 0)
    assert not await in_db(Usage.objects.filter(turn=again).exists)()


async def test_it_is_off_until_staff_switch_it_on():
    model = ScriptedModel(says("Hi."))
    assistant = await in_db(make.assistant)()
    for _ in range(2):
        await first(assistant, "Hello", model)
    assert len(model.requests) == 2


def set_instructions(assistant: Assistant) -> None:
    assistant.instructions = "Be brief."
    prompt_versions.save(assistant)


@pytest.mark.parametrize(
    "change",
    [
        set_instructions,
        lambda assistant: Assistant.objects.filter(pk=assistant.pk).update(knowledge="Closed today."),
        lambda assistant: Assistant.objects.filter(pk=assistant.pk).update(locale="de"),
        lambda assistant: assistant.organization.providers.create(name="Own", base_url="https://l.example/v1", smart="m"),
    ],
    ids=["instructions", "knowledge", "language", "model"],
)
async def test_any_difference_in_the_prompt_makes_it_another_question(assistant, change):
    model = ScriptedModel(says("One."), says("Two."))
    await first(assistant, "Hello", model)
    await in_db(change)(assistant)
    assert (await first(assistant, "Hello", model))[1] == "Two."


async def test_a_question_asked_on_another_page_is_another_question(assistant):
    model = ScriptedModel(says("An implant."), says("A crown."))
    pages = [{"url": f"https://www.example.com/{name}", "title": name} for name in ("implant", "crown", "implant")]
    heard = [(await first(assistant, "What is this?", model, page))[1] for page in pages]
    assert heard == ["An implant.", "A crown.", "An implant."]


async def test_each_assistant_has_its_own_answers(assistant):
    model = ScriptedModel(says("One."), says("Two."))
    other = await in_db(make.assistant)(assistant.organization, reuse_answers_hours=24)
    assert (await first(assistant, "Hello", model))[1] == "One."
    assert (await first(other, "Hello", model))[1] == "Two."


async def test_only_first_messages_are_answered_from_the_cache(assistant):
    model = ScriptedModel(says("One."), says("Two."), says("Three."))
    await first(assistant, "Yes", model)
    talk = await in_db(make.conversation)(assistant)
    for number, text in enumerate(["Are you sure?", "Yes"]):
        turn = (await in_db(post_message)(talk, f"c-{number}", text)).turn
        await run(turn, model)
    assert (await in_db(reply)(talk)).text == "Three."


@pytest.mark.parametrize(
    "script",
    [
        [calls("find_slots"), says("At ten.")],
        [says("I've booked you in for Tuesday.")],
        [says("Half", finish="length")],
        [says("No.", finish="content_filter")],
    ],
    ids=["a tool was used", "a claim was caught", "cut off", "refused"],
)
async def test_no_answer_is_kept_that_is_more_or_less_than_a_models_own_words(assistant, script):
    await first(assistant, "Tuesday?", ScriptedModel(*script))
    assert (await first(assistant, "Tuesday?", ScriptedModel(says("Fresh."))))[1] == "Fresh."


async def test_an_unreachable_cache_costs_no_reply(assistant, settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    model = ScriptedModel(says("Hi."))
    for _ in range(2):
        assert (await first(assistant, "Hello", model))[1] == "Hi."
    assert len(model.requests) == 2


def test_what_is_kept_is_bounded_and_a_place_never_gives_another_questions_answer(assistant, settings):
    roomy = {"OPTIONS": {"MAX_ENTRIES": 10_000}, "LOCATION": "roomy"}  # the bound is ours, not the cache's
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", **roomy}}
    keys = [answer_cache.key("told", f"question {number}") for number in range(2 * answer_cache.PLACES)]
    for number, key in enumerate(keys):
        answer_cache.keep(assistant, key, f"answer {number}")
    found = {number: text for number, key in enumerate(keys) if (text := answer_cache.recall(assistant, key))}
    assert 300 < len(found) <= answer_cache.PLACES and all(text == f"answer {number}" for number, text in found.items())
    answer_cache.keep(assistant, keys[0], "x" * 10_000)
    assert answer_cache.recall(assistant, keys[0]) != "x" * 10_000


def test_punctuation_and_spaces_make_no_different_question_but_words_do():
    assert answer_cache.key(1, "Are you  open?") == answer_cache.key(1, "are you open")
    assert len({answer_cache.key(1, text) for text in ("open", "opens", "öffnen", "C++", "C#")}) == 5
    assert answer_cache.key(1, "open") != answer_cache.key(2, "open")
