from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone
from redis.exceptions import TimeoutError as RedisTimeout

from assistant import events, live, turns
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ProviderError, ProviderUnavailable, TurnTaken
from assistant.llm import ToolResult, call_id
from assistant.models import Conversation, Message, ToolCall, Turn
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.leases import (
    MAX_ATTEMPTS,
    begin_turn,
    claim_turn,
    holds_lease,
    renew_lease,
    turns_left_behind,
)
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.state import change_state
from assistant.turns import runner
from tests import make
from tests.fakes import ScriptedExecutor, ScriptedModel, always, calls, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    return make.conversation()


class Watching:
    """An open widget of the conversation."""

    def __init__(self, conversation: Conversation, subscription: live.Subscription) -> None:
        self.conversation, self.subscription = conversation, subscription

    async def seen(self) -> list[dict[str, Any]]:
        """What it has been sent since it was last asked, in order."""
        live.announce(self.conversation.pk, events.StaffTyping())  # arrives after all else
        seen: list[dict[str, Any]] = []
        while (payload := await self.subscription.next() or {}).get("type") != "staff.typing":
            if payload and live.CHECK not in payload:  # else only a hint to look into the database
                seen.append(payload)
        return seen


@asynccontextmanager
async def watching(conversation: Conversation) -> AsyncIterator[Watching]:
    async with live.subscribe(live.group(conversation.pk)) as subscription:
        yield Watching(conversation, subscription)


def ask(conversation: Conversation, text: str = "Hello", id: str = "c-1") -> Turn:
    return post_message(conversation, id, text).turn


async def run(turn, model, executor=None):
    await turns.run(turn.pk, model_for=always(model), executor_for=always(executor or ScriptedExecutor("", "find_slots")))
    return await in_db(Turn.objects.get)(pk=turn.pk)


async def shown(turn: Turn, text: str) -> None:
    """Wait until the reply in the making is `text`."""
    async with asyncio.timeout(5):
        while live.draft(turn.pk, 1).text != text:
            await asyncio.sleep(0.005)


def reply(conversation) -> Message | None:
    return conversation.messages.filter(role="assistant").last()


async def test_a_turn_ends_with_its_reply_and_what_was_measured(conversation):
    async with watching(conversation) as widget:
        turn = await run(await in_db(ask)(conversation), ScriptedModel(says("Hi", " there.")))
        sent = await widget.seen()
    assert (turn.state, turn.provider, turn.model, turn.rounds) == ("done", "scripted", "script-1", 1)
    assert turn.completion_tokens and turn.first_token_ms and turn.total_ms is not None
    message = await in_db(reply)(conversation)
    assert (message.text, message.state, message.turn_id) == ("Hi there.", "complete", turn.pk)
    text = ""
    for event in sent:
        if event["type"] == "reply.delta":
            assert (event["turn"], event["fence"]) == (str(turn.pk), 1)
            text = text[: event["offset"]] + event["text"]
    assert text == "Hi there."
    assert sent[0]["type"] == "turn.started"


async def test_the_prompt_says_who_the_assistant_is_what_it_knows_and_what_day_it_is(conversation):
    conversation.assistant.knowledge = "Parking is behind the house."
    conversation.assistant.instructions = "Be brief."
    await in_db(conversation.assistant.save)()
    model = ScriptedModel(says("Hi."))
    await run(await in_db(ask)(conversation), model)
    system = model.requests[0][0]
    assert system.role == "system"
    for expected in ("Mia", "Bright Smile", "Be brief.", "# What you know\nParking", f"{timezone.now():%Y-%m-%d}"):
        assert expected in system.text
    assert model.requests[0][-1].text == "Hello"


@pytest.mark.parametrize(
    "error, code, retryable",
    [
        (ProviderUnavailable(), "not_available", True),
        (ProviderError("secret-host said no", cause="server_error"), "not_available", True),
        (ProviderError(cause="empty", code="no_answer"), "no_answer", True),
        (BudgetExceeded(), "budget_exceeded", False),
        (RuntimeError("secret-host"), "internal", True),
    ],
)
async def test_every_failure_is_one_code_and_one_sentence_without_its_cause(conversation, error, code, retryable):
    turn = await run(await in_db(ask)(conversation), ScriptedModel(says(error=error)))
    assert (turn.state, turn.code, turn.retryable) == ("failed", code, retryable)
    ended = (await in_db(resume_session)(conversation, 0)).events[-1]
    assert ended["type"] == "turn.ended" and ended["code"] == code and ended["text"]
    assert "secret-host" not in str(ended)
    assert await in_db(reply)(conversation) is None


async def test_an_organization_words_its_own_limit(conversation):
    error = BudgetExceeded(whose="visitor", sentence="Call us on Monday.")
    await run(await in_db(ask)(conversation), ScriptedModel(says(error=error)))
    assert (await in_db(resume_session)(conversation, 0)).events[-1]["text"] == "Call us on Monday."


async def test_a_reply_that_is_cut_off_is_kept_and_never_called_complete(conversation):
    model = ScriptedModel(says("Half a ", "sen", error=ProviderError(cause="cut_off")))
    turn = await run(await in_db(ask)(conversation), model)
    message = await in_db(reply)(conversation)
    assert (turn.state, turn.code, turn.retryable) == ("failed", "incomplete", True)
    assert message.state == "incomplete" and message.text.startswith("Half a")


@pytest.mark.parametrize("finish", ["length", "cut_off"])
async def test_a_reply_without_a_proper_end_is_incomplete(conversation, finish):
    turn = await run(await in_db(ask)(conversation), ScriptedModel(says("Half", finish=finish)))
    assert turn.code == "incomplete" and (await in_db(reply)(conversation)).state == "incomplete"


async def test_an_empty_answer_adds_no_message(conversation):
    turn = await run(await in_db(ask)(conversation), ScriptedModel(says()))
    assert turn.code == "no_answer" and await in_db(reply)(conversation) is None


async def test_a_second_false_claim_is_followed_by_an_honest_sentence(conversation):
    turn = await run(await in_db(ask)(conversation), ScriptedModel(says("I've booked you in for Tuesday.")))
    message = await in_db(reply)(conversation)
    assert "booked" not in message.text and "not been done" in message.text
    assert turn.state == "done" and "booked" in turn.detail


async def test_a_stop_keeps_what_was_said(conversation):
    turn = await in_db(ask)(conversation)
    never = asyncio.Event()
    model = ScriptedModel(says("One. ", "Two.", wait_for=never))
    turns.start(turn.pk, model_for=always(model), executor_for=always(ScriptedExecutor()))
    await shown(turn, "One.")
    (task,) = runner.running_tasks()
    await turns.stop(conversation, str(turn.pk))
    await asyncio.wait_for(task, 5)
    message = await in_db(reply)(conversation)
    assert (message.text, message.state) == ("One.", "stopped")
    assert (await in_db(Turn.objects.get)(pk=turn.pk)).state == "stopped"


async def test_what_was_stopped_before_it_began_is_not_begun(conversation):
    turn = await in_db(ask)(conversation)
    await turns.stop(conversation, str(turn.pk))
    model, executor = ScriptedModel(says("Hi.")), ScriptedExecutor()
    after = await run(turn, model, executor)
    assert (after.state, model.requests, executor.ran) == ("stopped", [], [])
    assert await in_db(reply)(conversation) is None


async def test_a_runner_that_lost_its_lease_writes_nothing(conversation, settings):
    settings.ASSISTANT_LEASE_SECONDS = 0.03  # renewed three times as often
    turn = await in_db(ask)(conversation)
    model = ScriptedModel(says("One. ", "Two.", wait_for=asyncio.Event()))
    seams = {"model_for": always(model), "executor_for": always(ScriptedExecutor())}
    task = asyncio.create_task(turns.run(turn.pk, **seams))
    await shown(turn, "One.")
    await in_db(Turn.objects.filter(pk=turn.pk).update)(fence=99)
    with pytest.raises(TurnTaken):
        await asyncio.wait_for(task, 5)
    assert await in_db(reply)(conversation) is None


async def test_a_runner_whose_lease_has_run_out_by_its_own_clocks_shows_nothing_until_it_is_renewed(conversation, settings):
    settings.ASSISTANT_LEASE_SECONDS = 0
    turn = await in_db(ask)(conversation)
    renewed = asyncio.Event()
    model = ScriptedModel(says("One. ", "Two. ", "Three.", wait_for=renewed))
    seams = {"model_for": always(model), "executor_for": always(ScriptedExecutor())}
    async with watching(conversation) as widget:
        task = asyncio.create_task(turns.run(turn.pk, **seams))
        await shown(turn, "One.")
        assert await widget.seen() == []
        settings.ASSISTANT_LEASE_SECONDS = 15
        renewed.set()
        await task
        deltas = [event for event in await widget.seen() if event["type"] == "reply.delta"]
    assert deltas[0]["offset"] == 0 and "".join(event["text"] for event in deltas) == "One. Two. Three."


@pytest.mark.parametrize("slow", [0, 1], ids=["the monotonic clock", "the wall clock"])
def test_a_lease_has_run_out_as_soon_as_either_clock_says_so(conversation, settings, slow):
    held = claim_turn(ask(conversation).pk)
    assert holds_lease(held)
    held.held_at = tuple(at - settings.ASSISTANT_LEASE_SECONDS * (slow == clock) for clock, at in enumerate(held.held_at))
    assert not holds_lease(held)
    renew_lease(held)
    assert holds_lease(held)


async def test_a_runner_that_is_shut_down_hands_its_turn_over_at_once(conversation):
    turn = await in_db(ask)(conversation)
    model = ScriptedModel(says("One. ", "Two.", wait_for=asyncio.Event()))
    task = asyncio.create_task(turns.run(turn.pk, model_for=always(model), executor_for=always(ScriptedExecutor())))
    await shown(turn, "One.")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = await run(turn, ScriptedModel(says("Two.")))
    assert (after.state, after.fence, after.attempts) == ("done", 2, 1)
    assert await in_db(conversation.messages.filter(role="assistant").count)() == 1


async def test_a_turn_is_resumed_from_the_ledger(conversation):
    """What the dead runner's rounds had done is told to the model, not done again."""
    turn = await in_db(ask)(conversation)
    dead = await in_db(claim_turn)(turn.pk)
    await in_db(ToolCall.objects.create)(
        organization=conversation.organization, conversation=conversation, turn=dead, name="find_slots", round=1,
        model_call_id="c-1", arguments={"day": "2030-01-08"}, state=ToolCall.State.DONE, result="10:00", idempotency_key="k",
        sources=[{"title": "Hours", "url": "https://home.example/hours"}],
    )  # fmt: skip
    await in_db(Turn.objects.filter(pk=turn.pk).update)(leased_until=timezone.now() - timedelta(seconds=1))
    model, executor = ScriptedModel(says("Ten.")), ScriptedExecutor()
    after = await run(turn, model, executor)
    assert [m.text for m in model.requests[0][-2:]] == ["", "10:00"]
    assert model.requests[0][-2].calls[0].id == call_id(turn.pk, 1, 0), "as the dead runner's model was told"
    assert executor.ran == [] and after.rounds == 2
    reply = await in_db(conversation.messages.get)(role="assistant")
    assert reply.sources == [{"title": "Hours", "url": "https://home.example/hours"}]


async def test_a_turn_whose_runners_die_is_given_up(conversation):
    turn = await in_db(ask)(conversation)
    await in_db(Turn.objects.filter(pk=turn.pk).update)(attempts=MAX_ATTEMPTS)
    after = await run(turn, ScriptedModel(says("Hi.")))
    assert (after.state, after.code) == ("failed", "internal")


async def test_a_turn_past_its_deadline_ends_with_an_apology(conversation):
    turn = await in_db(ask)(conversation)
    await in_db(Turn.objects.filter(pk=turn.pk).update)(deadline_at=timezone.now() + timedelta(seconds=1))
    after = await run(turn, ScriptedModel(says("One. ", "Two.", wait_for=asyncio.Event())))
    assert (after.state, after.code) == ("failed", "incomplete")


async def test_tools_are_shown_by_their_label_only(conversation):
    model = ScriptedModel(calls("find_slots", secret="arguments"), says("Ten."))
    async with watching(conversation) as widget:
        await run(await in_db(ask)(conversation), model, ScriptedExecutor("secret result", "find_slots"))
        tools = [event for event in await widget.seen() if event["type"].startswith("tool.")]
    assert [tool["label"] for tool in tools] == ["find_slots…", "find_slots…"]
    assert "secret" not in str(tools)


async def test_the_next_message_is_answered_when_the_first_is(conversation):
    first = await in_db(ask)(conversation, "One?", "c-1")
    second = await in_db(ask)(conversation, "Two?", "c-2")
    seams = {"model_for": always(ScriptedModel(says("One."))), "executor_for": always(ScriptedExecutor())}
    assert await turns.run(first.pk, **seams) == second.pk
    await run(second, ScriptedModel(says("Two.")))
    texts = await in_db(lambda: [m.text for m in conversation.messages.all()])()
    assert texts == ["One?", "Two?", "One.", "Two."]


def test_a_turn_is_found_as_left_behind_once_its_lease_has_lapsed(conversation):
    turn = ask(conversation)
    claim_turn(turn.pk)
    Turn.objects.update(created_at=timezone.now() - timedelta(seconds=5))
    assert turns_left_behind() == []
    Turn.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert turns_left_behind() == [turn.pk]


def test_what_waits_behind_another_turn_hides_nothing_that_was_left_behind(conversation):
    claim_turn(ask(conversation).pk)
    for number in range(2, 14):
        ask(conversation, id=f"c-{number}")
    left = ask(make.conversation(make.assistant(make.organization("Elsewhere"))))
    Turn.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    assert turns_left_behind(10) == [left.pk]


class HangingCache:
    """A cache that never answers; `asked` is what it was asked for, and on which thread."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def get(self, keys: str | dict[str, object], *_) -> None:
        self.asked.append((" ".join([keys] if isinstance(keys, str) else keys), threading.current_thread().name))
        raise RedisTimeout

    set_many = get


async def test_a_cache_that_hangs_holds_up_no_database_thread_and_is_left_alone_for_a_while():
    cache = HangingCache()
    copies = live.DraftCopies(cache, seconds=0.001)
    copies.keep("t-1", live.ReplyDraft("One"))
    copies.keep("t-2", live.ReplyDraft("Two"))
    async with asyncio.timeout(5):
        while not cache.asked:
            await asyncio.sleep(0.001)
    copies.keep("t-1", live.ReplyDraft("One and a half"))
    ((keys, thread),) = cache.asked
    assert keys == "draft.t-1.0 draft.t-2.0" and thread.startswith("drafts")
    assert copies.read("t-3") == live.ReplyDraft() and len(cache.asked) == 1


def test_drafts_are_copied_although_the_event_loop_that_was_to_copy_them_has_ended():
    copies, turn = live.DraftCopies(seconds=0.001), str(uuid4())

    async def keep() -> None:
        copies.keep(turn, live.ReplyDraft("One"))

    async def keep_until_copied() -> None:
        async with asyncio.timeout(5):
            while not copies.read(turn).text:
                await keep()
                await asyncio.sleep(0.001)

    asyncio.run(keep())
    asyncio.run(keep_until_copied())
    assert copies.read(turn) == live.ReplyDraft("One")


class Clicked(ScriptedExecutor):
    """Runs what a click asked for."""

    async def execute_opening_call(self, row: ToolCall) -> ToolResult:
        self.ran.append((row.name, row.arguments))
        return ToolResult("It is booked.", effects=frozenset({"booked"}))


def click(conversation: Conversation) -> Turn:
    """A turn that was set off by a card, as `card_answers.answer` begins one."""
    message = post_message(conversation, "c-1", "Yes").message
    Turn.objects.all().delete()
    call = ToolCall.objects.create(
        organization=conversation.organization, conversation=conversation, name="book", idempotency_key="k"
    )
    return begin_turn(message, call)


async def test_what_a_visitor_has_confirmed_is_done_though_they_or_staff_stopped_the_reply(conversation):
    turn = await in_db(click)(conversation)
    await turns.stop(conversation, str(turn.pk))
    model, executor = ScriptedModel(says("You are ", "booked.", wait_for=asyncio.Event())), Clicked("", "book")
    after = await run(turn, model, executor)
    assert [name for name, _ in executor.ran] == ["book"] and after.state == "stopped"


async def test_a_click_is_acted_on_in_silence_while_a_person_answers(conversation):
    turn = await in_db(click)(conversation)
    await in_db(change_state)(conversation, Conversation.State.STAFF)
    model, executor = ScriptedModel(says("You are booked.")), Clicked("", "book")
    after = await run(turn, model, executor)
    assert (after.state, after.code, model.requests) == ("done", "", [])
    assert [name for name, _ in executor.ran] == ["book"]
    assert await in_db(reply)(conversation) is None
    ended = await in_db(lambda: conversation.events.latest("seq"))()
    assert (ended.type, ended.data) == ("turn.ended", {"outcome": "done"})
