from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.engine import loop
from assistant.errors import ProviderError
from assistant.events import ReplyDelta
from assistant.llm import NOTE, ChatMessage, ToolCallRequest, ToolResult, call_id
from tests.fakes import ScriptedExecutor, ScriptedModel, calls, calls_all, says


def user(text: str) -> ChatMessage:
    return ChatMessage("user", text)


LIMITS = loop.Limits()


async def run(model, executor, limits=LIMITS):
    return [event async for event in loop.run(model, executor, [user("Tuesday?")], limits)]


def shown(events) -> str:
    """What a widget has on the screen after these events."""
    text = ""
    for event in events:
        if isinstance(event, ReplyDelta):
            assert event.offset <= len(text), "a gap"
            text = text[: event.offset] + event.text
    return text


async def test_a_tool_result_reaches_the_model_before_the_reply():
    model = ScriptedModel(calls("find_slots", day="2030-01-08"), says("Ten", " o'clock."))
    events = await run(model, ScriptedExecutor("10:00"))
    assert [e.type for e in events] == ["tool.started", "tool.finished", "reply.delta", "reply.ended"] or [
        e.type for e in events
    ] == ["tool.started", "tool.finished", "reply.delta", "reply.delta", "reply.ended"]
    assert model.requests[1][-1].text == "10:00"
    assert shown(events) == "Ten o'clock." == events[-1].text


async def test_every_call_gets_one_result_in_the_order_of_the_calls():
    wished = [ToolCallRequest(f"c{n}", "find_slots", {"n": n}) for n in range(6)]
    model = ScriptedModel(calls_all(*wished), says("Done."))
    executor = ScriptedExecutor("free")
    await run(model, executor)
    results = [message for message in model.requests[1] if message.role == "tool"]
    assert [result.call_id for result in results] == [call.id for call in model.requests[1][-7].calls]
    assert len(executor.ran) == loop.MAX_PARALLEL == executor.most_at_once
    assert results[-1].text.startswith("Not run")


async def test_a_model_that_only_calls_tools_is_asked_for_an_answer_without_them():
    script = [calls("find_slots", n=n) for n in range(30)]
    model = ScriptedModel(*script)
    executor = ScriptedExecutor("free")
    events = await run(model, executor, loop.Limits(rounds=3, calls=12))
    assert len(model.requests) == 4
    assert model.offered[-1] == [] and model.offered[-2] == ["find_slots"]
    assert len(executor.ran) == 3
    assert events[-1].rounds == 4


async def test_the_third_identical_call_is_not_run():
    same = calls("find_slots", day="2030-01-08")
    model = ScriptedModel(same, same, same, says("There."))
    executor = ScriptedExecutor("free")
    await run(model, executor)
    assert len(executor.ran) == 2
    assert "made before" in model.requests[3][-1].text


async def test_the_same_call_twice_in_one_answer_is_run_once_and_answered_twice():
    twice = calls_all(ToolCallRequest("a", "find_slots", {"day": "x"}), ToolCallRequest("b", "find_slots", {"day": "x"}))
    model = ScriptedModel(twice, says("There."))
    executor = ScriptedExecutor("10:00")
    events = await run(model, executor)
    assert executor.ran == [("find_slots", {"day": "x"})]
    assert [event.type for event in events].count("tool.started") == 1
    message, *results = model.requests[1][-3:]
    assert [(result.call_id, result.text) for result in results] == [(call.id, "10:00") for call in message.calls]
    assert len({call.id for call in message.calls}) == 2


async def test_a_call_that_waits_for_the_visitor_is_not_made_again():
    class Asking(ScriptedExecutor):
        async def execute(self, call, *, round, ordinal):
            await super().execute(call, round=round, ordinal=ordinal)
            return ToolResult("A card asks the visitor.", "waiting")

    same = calls("book", slot="a1")
    model = ScriptedModel(same, same, says("Please confirm."))
    executor = Asking("", "book")
    await run(model, executor)
    assert executor.ran == [("book", {"slot": "a1"})]
    assert model.requests[2][-1].text == "A card asks the visitor."


# --- What goes back to the model that made it ---------------------------------------------------------------------------


def signed(**opaque):
    call = ToolCallRequest("call_1", "find_slots", {}, extra={"extra_content": {"google": {"thought_signature": "c2ln"}}})
    return replace(calls_all(call), opaque=opaque)


async def test_what_an_answer_holds_beside_its_text_goes_into_the_next_request_and_to_the_ledger():
    class Keeping(ScriptedExecutor):
        async def execute(self, call, *, round, ordinal):
            self.written = call
            return await super().execute(call, round=round, ordinal=ordinal)

    model = ScriptedModel(signed(reasoning_content="They want Tuesday."), says("Ten."))
    executor = Keeping("10:00")
    await run(model, executor)
    message = model.requests[1][-2]
    assert (message.made_by, message.opaque) == ("scripted/script-1", {"reasoning_content": "They want Tuesday."})
    assert message.calls[0].extra == {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    assert (executor.written.made_by, executor.written.opaque, executor.written.extra) == (
        message.made_by,
        message.opaque,
        message.calls[0].extra,
    )


@pytest.mark.parametrize("thought", ["x" * loop.MAX_OPAQUE_BYTES, "a\0b", "\ud800"])
async def test_what_is_too_large_or_cannot_be_kept_is_dropped_as_a_whole(thought, caplog):
    model = ScriptedModel(signed(reasoning_content=thought), says("Ten."))
    await run(model, ScriptedExecutor("10:00"))
    message = model.requests[1][-2]
    assert (message.opaque, message.calls[0].extra) == ({}, {})
    assert "scripted/script-1" in caplog.text


async def test_calls_have_ids_of_the_turn_whatever_the_server_numbers_them():
    model = ScriptedModel(calls("find_slots", n=1), calls("find_slots", n=2), says("Ten."))
    executor = ScriptedExecutor("free")
    async for _ in loop.run(model, executor, [user("?")], key="a-turn"):
        pass
    ids = [call.id for message in model.requests[2] for call in message.calls]
    assert ids == [call_id("a-turn", 1, 0), call_id("a-turn", 2, 0)]
    assert [message.call_id for message in model.requests[2] if message.role == "tool"] == ids


async def test_calls_in_one_turn_are_counted():
    script = [calls_all(*[ToolCallRequest(f"{n}-{m}", "find_slots", {"n": n, "m": m}) for m in range(4)]) for n in range(9)]
    executor = ScriptedExecutor("free")
    await run(ScriptedModel(*script), executor, loop.Limits(rounds=8, calls=6))
    assert len(executor.ran) == 6


@pytest.mark.parametrize("finish", ["length", "cut_off", "content_filter"])
async def test_no_call_of_an_unfinished_answer_is_run(finish):
    executor = ScriptedExecutor("free")
    events = await run(ScriptedModel(calls("find_slots", finish=finish)), executor)
    assert executor.ran == []
    assert events[-1].finish == finish


async def test_what_is_said_before_a_tool_stands_apart_from_what_is_said_after():
    model = ScriptedModel(calls("find_slots", text="Let me look. "), says("Ten."))
    events = await run(model, ScriptedExecutor("10:00"))
    assert shown(events) == "Let me look. \n\nTen."


async def test_a_claim_without_a_receipt_is_never_on_the_screen_and_gets_one_correction():
    lie = says("Hello! ", "Great, I", "'ve ", "booked", " you in for", " Tuesday. ", "Bye.")
    model = ScriptedModel(lie, says("Shall I book it?"))
    screens = []
    text = ""
    async for event in loop.run(model, ScriptedExecutor(""), [user("Tuesday?")]):
        if isinstance(event, ReplyDelta):
            text = text[: event.offset] + event.text
            screens.append(text)
    assert not any("booked" in screen for screen in screens)
    assert text == "Hello! Shall I book it?"
    assert "did not" in model.requests[1][-1].text and model.requests[1][-1].role == "user"
    assert model.requests[1][-1].text.startswith(NOTE)


async def test_a_second_false_claim_ends_the_reply_with_an_honest_sentence():
    model = ScriptedModel(says("I have sent the e-mail."), says("Sure. Your e-mail has been sent!"))
    events = await run(model, ScriptedExecutor(""))
    assert events[-1].unkept == "Your e-mail has been sent!"
    assert shown(events).strip() == "Sure." == events[-1].text
    assert len(model.requests) == 2


async def test_a_claim_that_the_ledger_backs_is_shown():
    model = ScriptedModel(calls("book"), says("I've booked you in for Tuesday."))
    events = await run(model, ScriptedExecutor("Booked, reference A7K2QF.", "book", effects=frozenset({"booked"})))
    assert shown(events) == "I've booked you in for Tuesday."


async def test_a_claim_that_an_earlier_turn_backs_is_shown():
    model = ScriptedModel(says("Yes, your appointment is booked."))
    events = await run(model, ScriptedExecutor("", earlier=frozenset({"booked"})))
    assert shown(events) == "Yes, your appointment is booked."


async def test_what_a_provider_raises_reaches_the_caller_after_the_text_so_far():
    model = ScriptedModel(says("Half a ", "sentence", error=ProviderError("cut", cause="cut_off")))
    seen = []
    with pytest.raises(ProviderError):
        async for event in loop.run(model, ScriptedExecutor(""), [user("?")]):
            seen.append(event)
    assert shown(seen).startswith("Half a")


async def test_a_reply_that_is_too_long_ends_and_repeats_no_call():
    model = ScriptedModel(calls("book", slot="a"), says(*["words " * 1000] * 20))
    executor = ScriptedExecutor("done", "book")
    ended = (await run(model, executor))[-1]
    assert (ended.finish, len(model.requests), len(executor.ran)) == ("length", 2, 1)
    assert loop.MAX_REPLY_CHARS <= len(ended.text) < loop.MAX_REPLY_CHARS + 7000
    ended = (await run(ScriptedModel(says(*["words " * 1000] * 20)), ScriptedExecutor()))[-1]
    assert ended.finish == "length"


@pytest.mark.parametrize("names", [["book"] * 9, ["delete_all", "drop_all", "rm", "book"]])
async def test_a_model_gets_one_correction_for_a_wrong_call_and_then_no_tools(names):
    model = ScriptedModel(*(calls(name, n=n) for n, name in enumerate(names)), says("I cannot."))
    executor = ScriptedExecutor("The arguments do not fit.", "book", misused=True)
    await run(model, executor)
    assert len(executor.ran) == loop.MAX_MISUSES == 2
    assert [bool(tools) for tools in model.offered] == [True, True, False]


async def test_a_wrong_call_of_each_of_two_tools_is_corrected():
    model = ScriptedModel(calls("book", n=1), calls("find", n=1), calls("book", n=2), says("I cannot."))
    executor = ScriptedExecutor("The arguments do not fit.", "book", "find", misused=True)
    await run(model, executor)
    assert [name for name, _ in executor.ran] == ["book", "find", "book"]
    assert model.offered[-1] == []


async def test_two_wrong_calls_at_once_get_their_one_correction_too():
    wrong = [ToolCallRequest(f"c{n}", "book", {"n": n}) for n in range(2)]
    model = ScriptedModel(calls_all(*wrong), calls("book", n=3), says("I cannot."))
    await run(model, ScriptedExecutor("The arguments do not fit.", "book", misused=True))
    assert [bool(tools) for tools in model.offered] == [True, True, False]
