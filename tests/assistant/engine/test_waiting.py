"""How soon the words of a reply are shown, and which of them wait."""

from __future__ import annotations

from itertools import accumulate

import pytest

from assistant.engine.claims import Gate, claimed
from assistant.engine.word_prefixes import WordPrefixes
from tests.assistant.engine.claims_corpus import CORPUS
from tests.assistant.engine.corpus import BLIND, read

NOTHING = frozenset[str]()
ORDINARY = ["Of", " course", "!", " Parking", " is", " behind", " the", " house", ",", " and", " the", " lift", " runs", "."]


def screens(pieces: list[str], *, idle: bool = False) -> list[str]:
    """What has been shown after each piece."""
    gate, shown = Gate(NOTHING, idle=idle), ""
    return [shown := shown + gate.push(piece) for piece in pieces]


def test_an_ordinary_word_is_shown_the_moment_it_comes():
    so_far = ""
    for piece, screen in zip(ORDINARY, screens(ORDINARY), strict=True):
        so_far += piece
        # What may end a sentence waits until the sentence is judged.
        assert screen == (so_far if piece not in "!." else so_far[:-1]), piece


@pytest.mark.parametrize("word", ["boo", "b", "resched", "rés", "Dien", "Tues", "rezer", "randev", "AB", "e-ma"])
def test_what_may_grow_into_a_word_that_matters_waits(word: str):
    assert screens(["We", " ", word])[-1] == "We"


@pytest.mark.parametrize("piece", ["b00", "bo\u200bo", "**bo", "<b", "&#98;", "b o o", "бо", "10:3", "x@y"])
def test_letters_that_are_not_plain_wait_for_the_end_of_their_word(piece: str):
    assert screens(["We", " " + piece])[-1] == "We"


def test_a_short_common_word_is_shown_and_the_rest_of_a_longer_one_waits():
    assert screens(["It", " is", " for", "warded"]) == ["It", "It is", "It is for", "It is for"]


def test_where_something_could_be_claimed_of_a_booking_the_last_word_waits():
    assert screens(["Your", " message", " now", " rests"])[-1] == "Your message now "


def test_while_nothing_was_done_a_sentence_is_shown_in_parts_of_some_words():
    parts = ["Of course!", " The whole house has a lift,", " the hall has two old pianos", " and a harp for concerts."]
    pieces = [piece for part in parts for piece in part.replace(" ", "\0 ").strip("\0").split("\0")]
    seen = list(dict.fromkeys(screens([*pieces, " So"], idle=True)))
    assert seen == ["Of", *accumulate(parts)]


def test_while_nothing_was_done_a_sentence_that_began_with_what_came_last_waits_for_what_comes_next():
    first, ended, begun = "Of course, you may park behind the", " house. ", "The lift runs from the second floor"
    shown = screens([first, ended + begun, " to", " all"], idle=True)
    assert shown[0] == "Of course, you may park behind", "the first words, however many come at once"
    assert shown[1] == (first + ended).rstrip()
    assert shown[2] == first + ended + begun


@pytest.mark.parametrize("first", ["We", "Unfortunately", "Nein", "Hola", "Parking"])
def test_while_nothing_was_done_the_first_word_of_a_reply_is_shown_the_moment_it_comes(first: str):
    assert screens([f" {first}"], idle=True) == [f" {first}"]


@pytest.mark.parametrize("first", ["You", "Boo", "Done", "AB", "Tues"])
def test_while_nothing_was_done_a_first_word_that_may_come_to_matter_waits(first: str):
    assert screens([first], idle=True) == [""]


@pytest.mark.sampled
@pytest.mark.parametrize("opening", ["", "Well.\n\n"])
@pytest.mark.parametrize("cut", [1, 3, 7])
def test_while_nothing_was_done_nothing_on_the_screen_was_left_for_the_second_judge(cut: int, opening: str):
    doubted = 0
    for case in read(BLIND):
        gate = Gate(NOTHING, idle=True)
        text = opening + case.text
        screens = [gate.push(text[at : at + cut]) and gate.text for at in range(0, len(text), cut)]
        gate.close()
        if gate.withheld:
            gate.refuse()
        if gate.caught and gate.text == opening:
            doubted += 1
            for screen in filter(None, screens):
                alone = Gate(NOTHING, idle=True)
                alone.push(screen.removeprefix(opening))
                alone.close()
                assert not alone.withheld and not alone.caught, screen
    assert doubted > 250


def test_many_clauses_are_looked_at_no_more_often_than_grows_with_the_sentence():
    looks = 0

    class Looked(Gate):
        def _judge(self, text):
            nonlocal looks
            looks += 1
            return super()._judge(text)

    gate = Looked(NOTHING, idle=True)
    for piece in ["no,", " "] * 140:
        gate.push(piece)
    assert 5 < looks < 20


# What ends in a word that may be cut short, or not: only what comes behind it tells whether its full stop ends the sentence.
CUT_SHORT = [
    "Wir melden uns „ab.“ Das dauert.",
    "It opens **on Sat.** Walk in.",
    "The lift takes a minute or so. Then it stops.",
    "Der Kurs dauert 45 Min. Danach ist Pause.",
    "Er kostet 20 Euro und beginnt am Mo. 8 Uhr.",
    'They say "the sun." "Here it comes." (And in Dec.) Bring a hat.',
]


@pytest.mark.parametrize("idle", [True, False])
@pytest.mark.parametrize("text", CUT_SHORT)
def test_what_is_behind_a_full_stop_that_may_end_no_sentence_is_shown_once(text: str, idle: bool):
    for step in range(1, len(text) + 1):
        for first in range(step):
            gate = Gate(NOTHING, idle=idle)
            pieces = [text[:first], *(text[at : at + step] for at in range(first, len(text), step))]
            shown = "".join(map(gate.push, pieces)) + gate.close() + gate.withheld
            assert shown == gate.text + gate.withheld == text, pieces


@pytest.mark.parametrize(
    "claim",
    [
        "The table for four by the window is all yours.",
        "The message to our tuner is on its way.",
        "Your visit is all arranged.",
    ],
)
def test_a_claim_waits_although_what_comes_with_it_ends_in_a_word_that_may_be_cut_short(claim: str):
    gate = Gate(NOTHING, idle=True)
    assert gate.push(f"{claim} If you like, I can ask whether they call back; that takes a day or so.") == ""
    gate.close()
    assert not gate.text and gate.caught + gate.withheld


@pytest.mark.parametrize("idle", [True, False])
def test_a_sentence_is_shown_although_what_comes_with_it_ends_in_a_word_that_may_be_cut_short(idle: bool):
    sentence = "The lift is rather slow."
    assert screens([f"{sentence} It takes a minute or so."], idle=idle)[0].startswith(sentence)
    claim = "I have booked the hall for you."
    gate = Gate(NOTHING, idle=idle)
    gate.push(f"{claim} It holds forty people or so.")
    assert gate.caught == claim


def test_a_doubtful_reply_without_a_full_stop_is_never_taken_for_judged():
    gate = Gate(NOTHING, idle=True)
    shown = "".join(map(gate.push, ["So", " this", " here", " is", " yours"])) + gate.close()
    assert "yours" not in shown and (gate.caught or gate.withheld)


def test_a_reply_that_ends_in_white_space_is_judged_like_any_other():
    for example in CORPUS:
        with_space, without = Gate(NOTHING), Gate(NOTHING)
        for gate, text in ((with_space, example.text + " "), (without, example.text)):
            for letter in text:
                gate.push(letter)
            gate.close()
        assert with_space.caught == without.caught


def test_no_prefix_of_a_caught_reply_is_a_claim_on_the_screen():
    for example in CORPUS:
        pieces = example.text.replace(" ", "\0 ").split("\0")
        for screen in screens(["Well", "."] + [" " + pieces[0], *pieces[1:]]):
            assert not claimed(screen.partition(".")[2]) or not example.acts, screen


@pytest.mark.parametrize(
    ("pattern", "words", "others"),
    [
        ("sunday|sun[.,]", ["sunday", "Sun"], ["sundays", "sunny", "on"]),
        (r"sobot\w+|środ\w+", ["sobota", "srode"], ["sob", "wtorek"]),
        (r"tues?\b|thu(?:rs?)?\b", ["tue", "tues", "thurs"], ["thursdays"]),
        (r"(?:next|this) week|half past \w+", ["next", "this", "half"], ["week", "past"]),
        (r"p'ust|a(?!b)c|[xy]z", ["p", "ac", "xz", "yz"], ["z"]),
    ],
)
def test_the_heads_of_a_pattern_are_what_its_matches_begin_with(pattern: str, words: list[str], others: list[str]):
    heads = WordPrefixes([pattern])
    assert all(map(heads.begin, words)) and not any(map(heads.begin, others))
    assert all(heads.may_become(word[:1]) for word in words)


def test_a_pattern_that_may_begin_with_anything_excludes_nothing():
    assert WordPrefixes([r"\w+day"]).begin("what") and WordPrefixes([r"\w+day"]).may_become("q")
    assert not WordPrefixes([r"\w+day|noon"], fewest=3).begin("what")


def test_a_weekday_waits_although_its_name_begins_like_an_offer():
    assert screens(["Passt", " Freitag", " um", " zehn"])[-1] == "Passt"
    assert screens(["Frei", " ist", " noch", " Freitag", " um", " zehn"])[-1].startswith("Frei ist noch")
