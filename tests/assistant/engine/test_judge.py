"""The second judge: asked if no pattern can decide, trusted if it answers with one word, skipped if it fails."""

from __future__ import annotations

import pytest

from assistant.engine import judge, loop
from assistant.errors import ProviderError
from assistant.events import ReplyDelta
from assistant.llm import ChatMessage, Receipt
from tests.fakes import ScriptedExecutor, ScriptedModel, calls, says

DOUBTFUL = "Your message is with the team."


def answers(*verdicts: bool | None):
    """A judge that gives these answers in order, and remembers what it was asked."""
    asked: list[tuple[str, tuple[Receipt, ...], tuple[str, ...]]] = []
    left = list(verdicts)

    async def decide(text, done, returned):
        asked.append((text, tuple(done), tuple(returned)))
        return left.pop(0)

    return decide, asked


async def run(model, executor, decide=None):
    text, screens, ended = "", [], None
    async for event in loop.run(model, executor, [ChatMessage("user", "Please.")], judge=decide):
        if isinstance(event, ReplyDelta):
            text = text[: event.offset] + event.text
            screens.append(text)
        ended = event
    return text, screens, ended


async def test_what_the_judge_calls_a_claim_is_corrected_and_never_on_the_screen():
    decide, asked = answers(True)
    model = ScriptedModel(says("Sure. ", DOUBTFUL, " Bye."), says("Shall I pass it on?"))
    text, screens, ended = await run(model, ScriptedExecutor(), decide)
    assert text == "Sure. Shall I pass it on?" and not any("with the team" in screen for screen in screens)
    assert asked == [(DOUBTFUL + " Bye.", (), ())] and ended.caught == (DOUBTFUL + " Bye.",)


async def test_what_the_judge_acquits_is_shown_as_it_was_written():
    decide, _ = answers(False)
    text, _, ended = await run(ScriptedModel(says("Sure. ", DOUBTFUL, " Bye.")), ScriptedExecutor(), decide)
    assert text == ended.text == f"Sure. {DOUBTFUL} Bye." and not ended.unsure


@pytest.mark.parametrize("decide", [None, answers(None)[0]])
async def test_a_reply_that_cannot_be_judged_is_shown_and_marked(decide):
    text, _, ended = await run(ScriptedModel(says(DOUBTFUL)), ScriptedExecutor(), decide)
    assert text == DOUBTFUL and ended.unsure


async def test_the_judge_is_not_asked_where_patterns_can_decide():
    decide, asked = answers()
    await run(ScriptedModel(says("We open at nine. Which day suits you?")), ScriptedExecutor(acts=True), decide)
    await run(ScriptedModel(says("Your table is booked."), says("Shall I book it?")), ScriptedExecutor(acts=True), decide)
    assert asked == []


async def test_the_judge_is_given_the_completed_calls_and_tool_results():
    decide, asked = answers(False)
    receipt = Receipt("sent", "M-12AB34")
    executor = ScriptedExecutor("Sent to the kitchen.", "send", effects=frozenset({"sent"}), receipts=(receipt,))
    await run(ScriptedModel(calls("send"), says("Friday at 10 it is!")), executor, decide)
    assert asked == [("Friday at 10 it is!", (receipt,), ("Sent to the kitchen.",))]


async def test_a_language_without_a_grammar_is_judged_only_while_nothing_was_done():
    thai = "การจองของคุณเรียบร้อยแล้ว"
    decide, asked = answers(False)
    await run(ScriptedModel(says(thai)), ScriptedExecutor(acts=True), decide)
    assert len(asked) == 1
    executor = ScriptedExecutor("Done.", "book", effects=frozenset({"booked"}), acts=True)
    await run(ScriptedModel(calls("book"), says(thai)), executor, decide)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("answer", "verdict"), [("yes", True), ("No.", False), (" **yes** ", True), ("Yes, because", None), ("", None)]
)
async def test_only_a_plain_yes_or_no_counts(answer: str, verdict: bool | None):
    model = ScriptedModel(says(answer))
    assert await judge.ask(model, DOUBTFUL, [Receipt("booked", "K7QM2P", (), "Tuesday")], ["It is open."]) is verdict
    asked = model.requests[0][1].text
    assert all(part in asked for part in (DOUBTFUL, "- booked K7QM2P Tuesday", "It is open.")) and model.offered == [[]]


async def test_a_judge_that_fails_has_not_answered():
    assert await judge.ask(ScriptedModel(says(error=ProviderError("gone", cause="refused"))), DOUBTFUL, [], []) is None
