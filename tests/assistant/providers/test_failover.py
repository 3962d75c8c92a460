"""What happens after a failure: who is asked next, what is learnt, what is held against whom, and what the log says."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assistant.async_db import in_db
from assistant.errors import ProviderError, ProviderUnavailable
from assistant.models import ProviderHealth, Usage
from assistant.providers import router
from assistant.services.providers import health

from .scene import BOOK, PLATFORM_KEY, at_once, reply
from .stub import HEAD, Received, Step, Stub, calls, delta, event, says, status
from .test_server_transcripts import TRANSCRIPTS

pytestmark = pytest.mark.django_db

HALF_A_CALL = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "book", "arguments": '{"da'}}]}


class Unhurried(random.Random):
    """Makes every back-off an hour long, which is longer than any turn."""

    def uniform(self, a: float, b: float) -> float:
        return 3600.0


class Choosy(Stub):
    """Refuses whatever request holds one of these, with the words beside it; the first that fits counts."""

    def __init__(self, number: int = 400, /, **refuses: str) -> None:
        super().__init__()
        self.number, self.refuses = number, refuses

    def answer(self, request: Received) -> Any:
        for part, words in self.refuses.items():
            if f'"{part}"'.encode() in request.body:
                return status(self.number, {"error": {"message": words}})
        return super().answer(request)


# --- Everything but the visitor's own words goes on to the next -------------------------------------------------------


@pytest.mark.parametrize("number", [400, 404, 405, 409, 410, 418, 422, 451, 501])
async def test_whatever_one_server_refuses_another_is_asked(scene: Any, number: int) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.always(at_once(number, message="Something about this request is not to my liking."))
        assert (await s.ask()).provider == "b"
        assert s.asked() == {"a": 1, "b": 1}


@pytest.mark.parametrize("number", [400, 422])
async def test_a_server_that_refuses_what_others_take_is_left_alone_in_the_end(scene: Any, number: int) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.always(at_once(number, message="no"))
        for _ in range(7):
            await s.fresh()
            assert (await s.ask()).provider == "b"
        assert s.asked() == {"a": health.FAILURES_TO_OPEN, "b": 7}


async def test_a_visitor_whose_words_every_server_refuses_takes_none_of_them_away_from_others(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        for stub in (s.a, s.b):
            stub.always(at_once(400, message="no"))
        for _ in range(health.FAILURES_TO_OPEN + 1):
            await s.fresh()
            with pytest.raises(ProviderError) as raised:
                await s.ask()
            assert raised.value.cause == "bad_request"
        assert not await in_db(ProviderHealth.objects.filter(failures__gt=0).exists)()
        s.a.always(says("Hello."))
        assert (await s.ask()).provider == "a"


@pytest.mark.parametrize(
    "error", [{"message": "This model's maximum context length is 8192 tokens"}, {"code": "content_filter"}]
)
async def test_what_the_visitors_words_are_to_blame_for_goes_to_nobody_else(scene: Any, error: dict[str, str]) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.always(at_once(400, **error))
        try:
            await s.ask()
        except ProviderError as raised:
            assert raised.cause == "context_too_long"
        assert s.asked() == {"a": 1, "b": 0}


async def test_a_transient_failure_of_the_first_is_retried_although_the_second_always_refuses(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.script(at_once(500))
        s.b.always(at_once(400, message="no"))
        assert (await s.ask()).provider == "a"


@pytest.mark.parametrize("name", ["unknown-400", "openai-order", "vllm-grammar", "groq-generation"])
async def test_a_refusal_of_form_is_held_against_a_server_once_another_has_taken_the_request(scene: Any, name: str) -> None:
    refusal = TRANSCRIPTS[f"refusal-{name}"]
    async with scene("ab") as s:
        s.pool("a", "b")
        for stub in (s.a, s.b):
            stub.always(status(refusal.status, refusal.body))
        with pytest.raises(ProviderError):
            await s.ask(tools=[BOOK])
        held = ProviderHealth.objects.filter(failures__gt=0)
        assert not await in_db(held.exists)(), "it may be the visitor's words"
        s.b.always(says("Hello."))
        await s.fresh()
        assert (await s.ask(tools=[BOOK])).provider == "b"
        [row] = await in_db(list)(held.all())
        assert (row.name, row.cause, row.failures) == ("a", refusal.want["cause"], 1)


# --- Before the first word, once more ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        [HEAD],
        [HEAD, event(delta(role="assistant", content=""))],
        [HEAD, event(delta(**HALF_A_CALL))],
        [HEAD, event(delta(content="<think>Let me see"))],
    ],
    ids=["nothing", "role", "half a call", "thinking"],
)
async def test_a_stream_that_dies_before_the_first_word_is_asked_for_again_at_once(scene: Any, broken: list[Step]) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.script(broken)
        model = await s.model()
        model._chance = Unhurried()
        assert (await s.ask(model, tools=[BOOK])).text == "Hello."
        assert s.asked() == {"a": 2}


async def test_a_stream_that_keeps_dying_ends_within_the_turns_attempts(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.always([HEAD])
        with pytest.raises(ProviderUnavailable):
            await s.ask()
        assert s.asked()["a"] <= router.ATTEMPTS


async def test_a_generation_that_failed_is_asked_for_again_at_once(scene: Any) -> None:
    failed = TRANSCRIPTS["refusal-groq-generation"]
    async with scene("a") as s:
        s.pool("a")
        s.a.script(status(failed.status, failed.body))
        model = await s.model()
        model._chance = Unhurried()
        assert (await s.ask(model, tools=[BOOK])).text == "Hello."
        first, second = s.a.requests
        assert first.body == second.body, "nothing was learnt: the request was in order"
        assert not await in_db(ProviderHealth.objects.filter(failures__gt=0).exists)()


# --- Lessons ----------------------------------------------------------------------------------------------------------


async def test_several_lessons_of_one_turn_use_up_none_of_its_attempts(scene: Any) -> None:
    async with scene("") as s:
        choosy = Choosy(
            stream_options="Unrecognized request argument: stream_options",
            max_tokens="'max_tokens' is not supported. Use 'max_completion_tokens'",
            temperature="'temperature' is not supported with this model",
            tools="tools are not supported",
        )
        choosy.script(at_once(503), at_once(503))  # once it has nothing more to teach
        async with choosy:
            s.stubs["a"] = choosy
            s.pool("a", "a")
            await s.change(s.assistant, temperature=0.5)
            with pytest.raises(ProviderUnavailable):
                await s.ask(tools=[BOOK])
            assert s.asked() == {"a": 4 + 2}
            row = await in_db(ProviderHealth.objects.get)(model="big")
            assert row.capabilities["usage_in_stream"] is False, "kept, although the turn has failed"
            await s.fresh()
            assert (await s.ask(tools=[BOOK])).text == "Hello."
            assert s.asked() == {"a": 4 + 2 + 1}


class Effortless(Stub):
    """OpenAI's GPT-5.6: takes tools only with an effort of "none", and says so also where no effort was sent."""

    words = TRANSCRIPTS["refusal-openai-effort-with-tools"]

    def answer(self, request: Received) -> Any:
        if "tools" in request.json and request.json.get("reasoning_effort") != "none":
            return status(self.words.status, self.words.body)
        return super().answer(request)


@pytest.mark.parametrize("effort", ["", "low"])
async def test_a_model_that_takes_tools_only_without_thinking_gets_them_in_the_same_turn(scene: Any, effort: str) -> None:
    async with scene("") as s, Effortless() as server:
        s.stubs["a"] = server
        await s.own("a", reasoning_effort=effort)
        assert (await s.ask(tools=[BOOK])).text == "Hello."
        assert (await s.ask(tools=[BOOK])).text == "Hello."
        await s.ask()
        assert [request.json.get("reasoning_effort") for request in server.requests] == [
            effort or None, "none", "none", effort or None,
        ]  # fmt: skip
        row = await in_db(ProviderHealth.objects.get)(model="big")
        assert (row.capabilities, row.failures) == ({"effort_with_tools": "none"}, 0)


class Outspoken(Stub):
    """OpenAI's GPT-5.4: takes no effort beside tools, and knows no "none"."""

    words = {"none": "refusal-effort-none", "low": "refusal-openai-effort-beside-tools"}

    def answer(self, request: Received) -> Any:
        if "tools" in request.json and (effort := request.json.get("reasoning_effort")):
            words = TRANSCRIPTS[self.words[effort]]
            return status(words.status, words.body)
        return super().answer(request)


@pytest.mark.parametrize("known", [{}, {"effort_with_tools": "none"}], ids=["nothing known", "a wrong lesson"])
async def test_a_model_that_takes_no_effort_beside_tools_keeps_it_elsewhere(scene: Any, known: dict[str, str]) -> None:
    async with scene("") as s, Outspoken() as server:
        s.stubs["a"] = server
        await s.own("a", reasoning_effort="low")
        [[one], _] = await in_db(router.candidates)(s.assistant)
        await in_db(health.measured)(*one.place, known, name="a")
        assert (await s.ask(tools=[BOOK])).text == "Hello."
        await s.ask()
        assert [request.json.get("reasoning_effort") for request in server.requests] == [
            known.get("effort_with_tools", "low"), None, "low",
        ]  # fmt: skip


async def test_a_server_that_fails_over_tools_is_asked_without_them_and_others_with(scene: Any) -> None:
    async with scene("") as s, Choosy(500, tools="tools param is not supported without --jinja") as choosy:
        s.stubs["a"] = choosy
        s.pool("a", AI_MAX_RETRIES="0")
        assert (await s.ask(tools=[BOOK])).text == "Hello."
        assert ["tools" in request.json for request in choosy.requests] == [True, False]
        row = await in_db(ProviderHealth.objects.get)(model="big")
        assert row.capabilities == {"tools": False}
        assert (row.origins["tools"]["by"], "tools_unsupported (500)" in row.origins["tools"]["why"]) == ("use", True)


async def test_a_lesson_that_comes_again_in_the_same_turn_is_a_failure(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.always(at_once(400, message="Unrecognized request argument: stream_options"))
        assert (await s.ask()).provider == "b"
        assert s.asked() == {"a": 2, "b": 1}


async def test_that_a_model_cannot_call_tools_is_asked_anew_after_a_day(scene: Any) -> None:
    async with scene("") as s, Choosy(tools="tools are not supported") as choosy:
        s.stubs["a"] = choosy
        s.pool("a")
        await s.ask(tools=[BOOK])
        choosy.refuses = {}
        await s.ask(tools=[BOOK])
        s.clock = health.REFUSAL_TRUSTED_FOR + timedelta(minutes=1)
        await s.ask(tools=[BOOK])
        assert ["tools" in request.json for request in choosy.requests] == [True, False, False, True]


async def test_what_use_contradicts_is_due_to_be_measured_and_a_check_settles_it(scene: Any) -> None:
    async with scene("") as s, Choosy(tools="tools are not supported") as choosy:
        s.stubs["a"] = choosy
        s.pool("a")
        [_, [one]] = await in_db(router.candidates)(s.assistant)
        await in_db(health.measured)(*one.place, {"tools": True}, name="a")
        assert await in_db(health.due_for_measuring)(9) == []
        await s.ask(tools=[BOOK])
        [row] = await in_db(health.due_for_measuring)(9)
        assert (row.key, row.model) == one.place
        assert await in_db(health.due_for_measuring)(9) == [], "one process has it"
        await in_db(health.measured)(*one.place, {"tools": True}, name="a")
        assert (await in_db(ProviderHealth.objects.get)(pk=row.pk)).measure_after is None


# --- What the log says ------------------------------------------------------------------------------------------------


async def test_one_line_at_the_default_level_says_which_server_failed_how(
    scene: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="assistant.providers")
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.script(at_once(400, message=f"Tuesday? is no question, {PLATFORM_KEY}"))
        await s.ask()
        assert [record.getMessage() for record in caplog.records] == ["turn -: a/big: bad_request (400): asking b/big"]
        caplog.clear()
        s.pool("a", "b", AI_RETRY_FAILED="false")
        s.b.script(at_once(503))
        await s.change(s.assistant, model="other")
        s.a.script(at_once(503))
        with pytest.raises(ProviderUnavailable):
            await s.ask(await s.model(conversation=None))
        assert [record.getMessage() for record in caplog.records] == [
            "turn -: a/other: server_error (503): nobody else is asked"
        ]


async def test_the_debug_log_explains_every_choice(scene: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="assistant.providers")

    async def explained(**given: Any) -> str:
        caplog.clear()
        model = await s.model(**given)
        await reply(model)
        return caplog.text

    async with scene("abcd") as s:
        s.pool("a", "b", AI_ROTATION="failover")
        assert "turn -: failover: a/big → b/big; skipped: nobody" in await explained()
        assert "turn -: sticky: a/big → b/big" in await explained()
        s.a.script(at_once(401))
        await s.fresh()
        assert "a/big: unauthorized (401): asking b/big" in await explained()
        said = await explained(conversation=None)
        assert "skipped: a/big: open (unauthorized) until " in said
        s.clock = timedelta(seconds=31)
        [_, [one, *_]] = await in_db(router.candidates)(s.assistant)
        assert await in_db(health.claim_probe)(*one.place, now=timezone.now() + s.clock)
        assert "skipped: a/big: half-open (unauthorized), another turn tries it" in await explained(conversation=None)
        await s.own("c", weight=3)
        await s.own("d", weight=0)
        half = await s.own("a", key="")
        await s.change(half, base_url="https://api.openai.com/v1")
        said = await explained(conversation=None)
        assert "turn -: weighted: c/big → d/big (weight 0)" in said
        assert "is not usable: key_missing" in said
        assert PLATFORM_KEY not in said and "Tuesday" not in said


async def test_every_attempt_is_in_the_statistics_lessons_included(scene: Any) -> None:
    async with scene("") as s, Choosy(tools="tools are not supported") as choosy:
        s.stubs["a"] = choosy
        s.pool("a")
        await s.ask(tools=[BOOK])
        causes = await in_db(lambda: list(Usage.objects.order_by("pk").values_list("cause", flat=True)))()
        assert causes == ["tools_unsupported", ""]


async def test_a_call_is_not_run_from_a_stream_that_broke_off_within_it(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.script([HEAD, event(delta(**HALF_A_CALL))], calls("book", '{"day": 1}'))
        done = await s.ask(tools=[BOOK])
        assert [call.arguments for call in done.calls] == [{"day": 1}]
