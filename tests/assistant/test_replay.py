"""A past conversation is answered by today's assistant, without side effects."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.core import mail
from django.utils import timezone

from assistant import outbound, replay
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ProviderUnavailable
from assistant.models import Assistant, Conversation, Delivery, Method, Replay, ToolCall, Turn
from assistant.services.conversations.messages import append_message
from assistant.services.methods import replays
from tests import make
from tests.fakes import Reply, ScriptedModel, always, calls, says

pytestmark = pytest.mark.django_db

ORDER = {"verb": "POST", "url": "https://api.example.com/orders", "auth": "none", "timeout_seconds": 5}
SCHEMA = {
    "type": "object",
    "properties": {"item": {"type": "string"}},
    "required": ["item"],
    "additionalProperties": False,
}


def said(talk: Conversation, asked: str, answered: str, *made: dict[str, Any], **turn_fields: Any) -> Turn:
    """An exchange of the past: message, turn, its calls as the ledger has them, reply."""
    now = timezone.now()
    message = append_message(talk, "visitor", asked)
    fields = {"deadline_at": now, "ended_at": now, "state": Turn.State.DONE, **turn_fields}
    turn = Turn.objects.create(conversation=talk, message=message, **fields)
    for ordinal, call in enumerate(made):
        given = {"turn": turn, "round": 1, "ordinal": ordinal, "state": "done", **call}
        ToolCall.objects.create(
            organization=talk.organization, conversation=talk, idempotency_key=f"{turn.pk}-{ordinal}"[:64], **given
        )
    if answered:
        append_message(talk, "assistant", answered, turn=turn)
    return turn


def talking(**method: Any) -> Conversation:
    talk = make.conversation()
    made = Method.objects.create(
        organization=talk.organization,
        name="order",
        kind="http",
        description="Order something.",
        **{"risk": Method.Risk.WRITE, "config": ORDER, "parameters": SCHEMA, **method},
    )
    talk.assistant.methods.add(made)
    return talk


async def replayed(talk: Conversation, *script: Reply) -> tuple[Replay, ScriptedModel]:
    model = ScriptedModel(*script)
    row = await in_db(replays.begin)(talk)
    while await replay.answer(row.pk, always(model)):
        pass
    await row.arefresh_from_db()
    return row, model


async def past(*exchanges: tuple[Any, ...], **method: Any) -> Conversation:
    talk = await in_db(talking)(**method)
    for asked, answered, *made in exchanges:
        await in_db(said)(talk, asked, answered, *made)
    return talk


async def test_every_message_is_answered_again_after_what_had_been_said_then():
    talk = await past(("Hello", "Hi!"), ("Are you open?", "No."))
    row, model = await replayed(talk, says("Good day!"), says("Yes, until five."))
    assert (row.state, row.total) == (Replay.State.DONE, 2)
    assert [result["text"] for result in row.results] == ["Good day!", "Yes, until five."]
    assert [message.text for message in model.requests[1][1:]] == ["Hello", "Hi!", "Are you open?"]


async def test_a_replay_uses_todays_instructions_and_the_messages_date():
    talk = await past(("Hello", "Hi!"))
    talk.assistant.instructions = "Sing every answer."
    await talk.assistant.asave()
    await talk.messages.filter(role="visitor").aupdate(at=timezone.now() - timedelta(days=400))
    message = await talk.messages.filter(role="visitor").afirst()
    _, model = await replayed(talk, says("La la."))
    told = model.requests[0][0].text
    assert "Sing every answer." in told and f"{message.at:%Y-%m-%d}" in told and f"{timezone.now():%Y-%m-%d}" not in told


def counts() -> dict[str, int]:
    may_change = ("Replay", "Usage", "Spending")
    rows = {
        model.__name__: model._default_manager.count() for model in apps.get_models() if model.__name__ not in may_change
    }
    rows["ToolCall"] = ToolCall.objects.filter(dry_run=False).count()
    return rows


def as_stored(talk: Conversation) -> Any:
    everything = [talk.messages, talk.turns, talk.events, talk.cards, talk.tool_calls, talk.deliveries]
    return [list(rows.order_by("pk").values()) for rows in everything], Conversation.objects.filter(pk=talk.pk).values()[0]


async def test_a_replay_changes_nothing_writes_to_nobody_and_calls_no_server():
    talk = await past(("Order a brush", "Sure."), ("And tell the team", "Done."))
    email = await Method.objects.acreate(
        organization=talk.organization,
        name="tell",
        kind="email",
        risk=Method.Risk.WRITE,
        config={"to": "team@example.com", "subject": "News", "template": "{{text}}", "layout": "simple"},
        parameters={"type": "object", "properties": {"text": {"type": "string"}}, "additionalProperties": False},
    )
    handoff = await Method.objects.acreate(organization=talk.organization, name="person", kind="handoff")
    calendar = await in_db(make.calendar)(talk.organization)
    booking = await Method.objects.acreate(
        organization=talk.organization, name="visit", kind="appointment", config={"calendar": str(calendar.pk)}
    )
    await talk.assistant.methods.aadd(email, handoff, booking)
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"ok": True})

    before, stored = await in_db(counts)(), await in_db(as_stored)(talk)
    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        row, model = await replayed(
            talk,
            calls("order", item="brush"),
            calls("tell", text="a brush"),
            calls("person", reason="wants a person"),
            calls("visit_find_times"),
            says("All ordered."),
            says("Fine."),
        )
    assert [call["name"] for call in row.results[0]["calls"]] == ["order", "tell", "person", "visit_find_times"]
    assert "https://api.example.com/orders" in row.results[0]["calls"][0]["result"]
    assert sent == [] and mail.outbox == [] and not await Delivery.objects.aexists()
    assert await in_db(counts)() == before
    assert await in_db(as_stored)(talk) == stored
    assert not await ToolCall.objects.filter(dry_run=True, conversation__isnull=False).aexists()


async def test_a_call_that_was_made_then_has_its_result_from_the_ledger():
    made = {"name": "order", "arguments": {"item": "brush"}, "result": "Ordered as 4711."}
    talk = await past(("Order a brush", "It is 4711.", made))
    row, model = await replayed(talk, calls("order", item="brush"), says("Your order was placed: 4711."))
    call = row.results[0]["calls"][0]
    assert (call["recorded"], call["outcome"], call["result"]) == (True, "done", "Ordered as 4711.")
    assert model.requests[1][-1].text == "Ordered as 4711."
    assert row.results[0]["text"] == "Your order was placed: 4711."  # the ledger backs the claim
    assert not await ToolCall.objects.filter(dry_run=True).aexists()


async def test_another_call_is_dry_and_the_model_goes_on_as_if_it_were_done():
    made = {"name": "order", "arguments": {"item": "brush"}, "result": "Ordered as 4711."}
    talk = await past(("Order a comb", "Done.", made))
    row, model = await replayed(talk, calls("order", item="comb"), says("Your order has been placed."))
    result = row.results[0]
    assert not result["calls"][0]["recorded"] and "rehearsal" in model.requests[1][-1].text
    assert (result["text"], result["caught"]) == ("Your order has been placed.", [])


async def test_a_call_that_needs_confirmation_waits_and_backs_no_claim():
    talk = await past(("Order a comb", "Done."), risk=Method.Risk.IRREVERSIBLE)
    row, model = await replayed(
        talk, calls("order", item="comb"), says("Your order has been placed."), says("Please confirm the card.")
    )
    result = row.results[0]
    assert result["calls"][0]["outcome"] == "waiting" and "asked to confirm" in model.requests[1][-1].text
    assert result["caught"] == ["Your order has been placed."]
    assert result["text"] == "Please confirm the card."


async def test_a_claim_is_caught_as_it_would_be_in_a_conversation():
    talk = await past(("Order a comb", "Done."))
    row, _ = await replayed(talk, says("Sure. Your order has been placed."))
    result = row.results[0]
    assert len(result["caught"]) == 2 and "repeated a false claim" in result["problem"]
    assert "placed" not in result["text"]


async def test_what_came_later_does_not_back_a_claim_and_what_came_before_does():
    booked = {"name": "order", "arguments": {"item": "comb"}, "result": "Ordered."}
    talk = await past(("Hello", "Hi!"), ("Order a comb", "Done.", booked), ("Thanks", "Bye!"))
    row, _ = await replayed(talk, says("Your order has been placed."))
    assert [bool(result["caught"]) for result in row.results] == [True, True, False]


async def test_a_click_is_given_to_the_model_with_its_original_result():
    talk = await past(("Order a comb", "Please confirm."))
    click = await ToolCall.objects.acreate(
        organization=talk.organization,
        conversation=talk,
        name="order",
        arguments={"item": "comb"},
        state="done",
        result="Ordered as 4712.",
        initiator=ToolCall.Initiator.VISITOR,
        idempotency_key="click",
    )
    turn = await in_db(said)(talk, "Yes", "It is 4712.", opening_call=click)
    click.turn = turn
    await click.asave()
    row, model = await replayed(talk, says("Hm."), says("Your order has been placed, as 4712."))
    assert model.requests[1][-1].text == "Ordered as 4712."
    assert row.results[1]["caught"] == [] and row.results[1]["calls"] == []


async def test_a_provider_that_fails_costs_one_reply_and_not_the_replay():
    talk = await past(("Hello", "Hi!"), ("And?", "Well."))
    row, _ = await replayed(
        talk, says("Half of the answer had come by then ", error=ProviderUnavailable("nobody")), says("Whole.")
    )
    first, second = row.results
    assert row.state == Replay.State.DONE
    assert (
        first["text"] == "Half of the answer had come by then"
        and "nobody" in first["problem"]
        and (second["text"], second["problem"]) == ("Whole.", "")
    )


async def test_a_budget_that_is_used_up_ends_it_and_says_so():
    talk = await past(("Hello", "Hi!"), ("And?", "Well."))
    row, _ = await replayed(talk, says("", error=BudgetExceeded("no more")))
    assert (row.state, row.results) == (Replay.State.FAILED, []) and "budget" in row.problem


async def test_what_only_staff_or_nobody_answered_is_left_out():
    talk = await past(("Hello", "Hi!"))
    await in_db(append_message)(talk, "visitor", "Anybody there?")
    row, _ = await replayed(talk, says("Hi."))
    assert (row.total, len(row.results)) == (1, 1)


async def test_a_message_whose_first_attempt_failed_is_compared_once_with_the_second():
    talk = await past(("Hello", "Hi!"))
    message = await talk.messages.filter(role="visitor").afirst()
    again = await Turn.objects.acreate(
        conversation=talk, message=message, deadline_at=timezone.now(), ended_at=timezone.now(), state="done"
    )
    await in_db(append_message)(talk, "assistant", "Hi again!", turn=again)
    row, _ = await replayed(talk, says("Hi."))
    (one,) = await in_db(replays.compared)(row)
    assert (row.total, one.then, one.now["text"]) == (1, "Hi again!", "Hi.")


async def test_a_second_click_finds_the_replay_that_is_under_way():
    talk = await past(("Hello", "Hi!"))
    first, second = await in_db(replays.begin)(talk), await in_db(replays.begin)(talk)
    assert first.pk == second.pk
    await in_db(replays.end)(first)
    assert await Replay.objects.acount() == 1


async def test_one_worker_at_a_time_and_a_lapsed_lease_writes_nothing():
    talk = await past(("Hello", "Hi!"))
    row = await in_db(replays.begin)(talk)
    first, _ = await in_db(replays.claim)(row.pk)
    assert await in_db(replays.claim)(row.pk) is None
    await Replay.objects.filter(pk=row.pk).aupdate(leased_until=timezone.now() - timedelta(seconds=1))
    second, _ = await in_db(replays.claim)(row.pk)
    await in_db(replays.keep)(first, {"message": "x"})
    await in_db(replays.end)(first, "late")
    await row.arefresh_from_db()
    assert (row.state, row.results, row.fence) == (Replay.State.RUNNING, [], second.fence)


async def test_workers_that_die_at_one_message_end_it():
    talk = await past(("Hello", "Hi!"))
    row = await in_db(replays.begin)(talk)
    for _ in range(replays.MAX_ATTEMPTS):
        assert await in_db(replays.claim)(row.pk)
        await Replay.objects.filter(pk=row.pk).aupdate(leased_until=timezone.now() - timedelta(seconds=1))
    assert await in_db(replays.claim)(row.pk) is None
    await row.arefresh_from_db()
    assert (row.state, row.problem) == (Replay.State.FAILED, replays.NOT_COMPLETED)


async def test_a_replay_takes_nothing_from_what_the_visitor_may_use():
    talk = await past(("Hello", "Hi!"))
    asked: list[dict[str, Any]] = []

    async def model_for(*_: Any, **how: Any) -> ScriptedModel:
        asked.append(how)
        return ScriptedModel(says("Hi."))

    row = await in_db(replays.begin)(talk)
    assert await replay.answer(row.pk, model_for)
    assert asked == [{"task": "reply"}]


# --- One message, and a draft -------------------------------------------------------------------------------------------


async def test_one_message_can_be_replayed_with_what_was_said_before_it():
    talk = await past(("Is there a lift?", "No."), ("Really?", "I do not know."), ("Thanks", "Bye."))
    asked = await talk.messages.aget(text="Really?")
    model = ScriptedModel(says("There is."))
    row = await in_db(replays.begin)(talk, message=asked)
    assert row.total == 1
    while await replay.answer(row.pk, always(model)):
        pass
    assert [message.text for message in model.requests[0][1:]] == ["Is there a lift?", "No.", "Really?"]
    assert [one.now["text"] for one in await in_db(replays.compared)(await Replay.objects.aget())] == ["There is."]


async def test_a_replay_with_a_draft_uses_its_texts_as_they_were_and_changes_none():
    talk = await past(("Is there a lift?", "No."))
    model = ScriptedModel(says("Yes."))
    row = await in_db(replays.begin)(talk, texts={"knowledge": "The lift is in the lobby."})
    while await replay.answer(row.pk, always(model)):
        pass
    assert "The lift is in the lobby." in model.requests[0][0].text
    assert (await Assistant.objects.aget()).knowledge == ""
