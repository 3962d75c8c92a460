"""How many untrue claims get through, how many true sentences are stopped, and what a visitor can see of either."""

import random
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.claims import LONGEST_SENTENCE, Gate, claimed, judge
from assistant.engine.evidence import ACTS, Evidence, Verdict
from assistant.engine.grammars import GRAMMARS
from tests.assistant.engine.claims_corpus import CORPUS, DEVELOPMENT, HELD_OUT, Example
from tests.sampling import examples

NOTHING = frozenset[str]()


def through(text: str, effects: frozenset[str] = NOTHING, pieces: list[str] | None = None) -> Gate:
    gate = Gate(effects)
    for piece in pieces or [text]:
        gate.push(piece)
    gate.close()
    return gate


def outcome(gate: Gate) -> tuple[str, str]:
    """What became of a reply. How much of a doubtful sentence is on the screen already depends on the pieces."""
    return gate.text + gate.withheld, gate.caught


def cut(text: str, places: list[int]) -> list[str]:
    places = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[begin:end] for begin, end in zip(places, places[1:], strict=False)]


def rates(examples: list[Example]) -> dict[str, tuple[float, float]]:
    """Per language and for "all": the share of claims let through, the share of other sentences caught."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for example in examples:
        caught = bool(through(example.text).caught)
        for name in (example.language, "all"):
            row = counts[name]
            if example.acts:
                row[0] += 1
                row[1] += not caught
            else:
                row[2] += 1
                row[3] += caught
    for name, (claims, let_through, others, stopped) in counts.items():
        sys.stdout.write(
            f"\n  {name:4} let through {let_through:2} of {claims:3} claims; stopped {stopped:2} of {others:3} others"
        )
    return {name: (row[1] / row[0], row[3] / row[2]) for name, row in counts.items()}


@pytest.mark.parametrize("examples", [DEVELOPMENT, HELD_OUT], ids=["development", "held-out"])
def test_nearly_every_claim_is_caught_and_hardly_any_other_sentence(examples: list[Example]):
    """Of patterns alone, the second judge apart: 0 % and 0 % on the development half; 3.8 % and 1.4 % on the other."""
    let_through, stopped = rates(examples)["all"]
    assert let_through <= (0.02 if examples is DEVELOPMENT else 0.05)
    assert stopped <= (0.02 if examples is DEVELOPMENT else 0.055)


def test_the_corpus_is_large_balanced_and_covers_the_full_grammars():
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for example in CORPUS:
        counts[example.language][bool(example.acts)] += 1
        assert example.acts <= set(ACTS)
    assert counts.keys() <= GRAMMARS.keys() and len(CORPUS) >= 260
    assert sum(counts["en"]) >= 130 and all(sum(count) >= 18 for count in counts.values())
    assert all(0.4 < claims / (claims + others) < 0.6 for others, claims in counts.values())


def test_a_claim_that_its_receipt_backs_is_shown():
    """One in forty is held back although the act was done: it was taken for another act."""
    stopped = [example for example in CORPUS if example.acts and through(example.text, example.acts).caught]
    assert len(stopped) <= 0.03 * len(CORPUS)


def test_a_method_of_unknown_effect_backs_every_claim():
    assert not [example for example in CORPUS if through(example.text, frozenset({"any"})).caught]


def test_a_receipt_of_another_act_backs_no_claim():
    assert through("I've cancelled your appointment.", frozenset({"booked", "sent"})).caught
    assert through("Your appointment is booked.", frozenset({"sent"})).caught


@given(example=st.sampled_from(CORPUS), places=st.lists(st.integers(0, 400), max_size=30))
@settings(deadline=None)
def test_how_a_reply_is_cut_into_pieces_changes_neither_text_nor_verdict(example: Example, places: list[int]):
    text = f"Hello! {example.text} Anything else?"
    assert outcome(through(text, pieces=cut(text, places))) == outcome(through(text))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=examples(20), deadline=None)
def test_a_long_reply_is_judged_alike_however_it_is_cut(seed: int):
    chance = random.Random(seed)
    words = [word for example in chance.sample(CORPUS, 40) for word in re.split(r"(?<= )", example.text)]
    chance.shuffle(words)
    # Without full stops for long stretches: sentences that are judged in pieces.
    text = " ".join(re.sub(r"[.!?\n]", "" if chance.random() < 0.95 else ".", word) for word in words)
    places = [chance.randrange(len(text)) for _ in range(chance.randrange(60))]
    assert outcome(through(text, pieces=cut(text, places))) == outcome(through(text))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=1500), st.lists(st.integers(0, 1500), max_size=20))
@settings(deadline=None)
def test_a_text_without_claims_is_passed_on_unchanged(text: str, places: list[int]):
    gate = Gate(NOTHING)
    shown = "".join(gate.push(piece) for piece in cut(text, places)) + gate.close()
    if not gate.caught:
        assert shown + gate.release() == gate.text == text


def test_sentences_without_claims_are_passed_on_unchanged():
    honest = [example.text for example in CORPUS if not example.acts and not through(example.text).caught]
    text = "\n\n".join(honest)
    gate = Gate(NOTHING)
    assert "".join(gate.push(letter) for letter in text) + gate.close() + gate.release() == text


@pytest.mark.parametrize("language", sorted({example.language for example in CORPUS}))
def test_what_is_shown_of_a_caught_sentence_claims_nothing(language: str):
    for example in CORPUS:
        if example.language != language or not example.acts:
            continue
        gate, screen = Gate(NOTHING), ""
        for letter in "Well then. " + example.text:
            screen += gate.push(letter)
            assert not claimed(screen.rpartition("Well then. ")[2]), screen
        screen += gate.close()
        if gate.caught:
            assert gate.caught not in screen
            assert not claimed(screen.partition("Well then.")[2]), screen
            assert ("Well then. " + example.text).startswith(gate.text) and gate.caught in example.text


def test_nothing_comes_out_after_a_sentence_was_caught():
    gate = Gate(NOTHING)
    gate.push("Good. Your appointment is booked. ")
    assert gate.caught == "Your appointment is booked."
    assert gate.push("Really.") + gate.close() == "" and gate.text == "Good."


def test_a_claim_on_the_border_of_two_pieces_of_an_endless_sentence_is_caught():
    for shift in range(0, 60):
        text = "x " * ((LONGEST_SENTENCE - 60) // 2) + " " * shift + "your appointment has been booked"
        assert through(text).caught


def test_a_full_stop_after_a_day_or_a_title_ends_no_sentence():
    assert through("Ihr Termin am 8. Januar ist gebucht.").caught.endswith("gebucht.")
    assert through("Your appointment with Dr. Weber is booked.").caught == "Your appointment with Dr. Weber is booked."


def test_markup_and_invisible_letters_hide_no_claim():
    for text in (
        "Your appointment is **booked**.",
        "Your _appointment_ is bo\u200boked.",
        "[Your appointment](x) is `booked`!",
    ):
        assert through(text).caught


def test_facts_about_the_business_are_not_claims():
    """Sentences of our own documents stand for what knowledge and instructions are made of."""
    sentences = [
        sentence
        for document in Path("docs").glob("*.md")
        for sentence in re.split(r"(?<=[.!?])\s+|\n\n|\|", re.sub(r"```.*?```", "", document.read_text(), flags=re.S))
        if len(sentence) > 20
    ]
    caught = [sentence for sentence in sentences if claimed(sentence)]
    sys.stdout.write("\n    ".join([f"\n  stopped {len(caught)} of {len(sentences)} sentences", *caught]))
    assert len(caught) <= 0.02 * len(sentences)


@pytest.mark.parametrize("text", ["أغلقت طلبك بعد أن انتهى الفني من العمل.", "نقلت درسك بعد التشاور مع الأستاذ."])
def test_what_came_before_a_past_act_is_no_condition_of_it_in_arabic(text: str):
    assert judge(text, Evidence(idle=True)) != Verdict()


def test_what_the_visitor_still_has_to_do_is_a_condition_in_arabic():
    assert judge("يُحجز الموعد بعد أن تؤكد بالزر أدناه.", Evidence(idle=True)) == Verdict()
