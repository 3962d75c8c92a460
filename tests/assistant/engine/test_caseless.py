"""Searching without regard to case finds what `re.IGNORECASE` finds, in all grammars."""

import re
from dataclasses import fields
from re import _casefix  # type: ignore[attr-defined]

import pytest

from assistant.engine.caseless import Caseless, hoisted
from assistant.engine.grammars import GRAMMARS, STATEMENTS
from assistant.engine.patterns import patterns_of
from assistant.engine.statements import forms_of

TEXTS = (
    "Your Appointment on Tuesday at 10:30 IS CONFIRMED, and I have sent you an E-Mail.",
    "IHR TERMIN am Dienstag ist jetzt gebucht; die GRÖẞTE Straße liegt nebenan.",
    "C’EST NOTÉ : votre rendez-vous est confirmé, À LUNDI.",
    "Su cita QUEDÓ RESERVADA para mañana, ¿DE ACUERDO?",
    "RANDEVUNUZ HAZIR, onaylandı; hazır mısınız?",
    "ЗАПИСЬ ПОДТВЕРЖДЕНА, мы отправили вам ПИСЬМО.",
    "تم تأكيد موعدك يوم الثلاثاء",
    "Όλα είναι ΕΤΟΙΜΑ, 5 µg",
)


def of_grammar(name: str) -> list[Caseless]:
    holders = [patterns_of(name), *([forms_of(name)] if name in STATEMENTS else [])]
    values = [getattr(holder, field.name) for holder in holders for field in fields(holder)]
    found = [value for value in values if isinstance(value, Caseless)]
    return found + [pattern for value in values if isinstance(value, tuple) for _, pattern in value]


@pytest.mark.parametrize("name", GRAMMARS)
def test_every_pattern_of_a_grammar_matches_where_it_would_if_case_were_ignored(name: str) -> None:
    patterns = of_grammar(name)
    assert patterns
    for pattern in patterns:
        plain = re.compile(pattern.pattern, re.IGNORECASE)
        for text in TEXTS:
            for searched in (text, text.lower(), text.upper()):
                for found, expected in (
                    (pattern.search(searched), plain.search(searched)),
                    (pattern.search(searched, 0, 20), plain.search(searched, 0, 20)),
                    (pattern.match(searched), plain.match(searched)),
                    (pattern.fullmatch(searched), plain.fullmatch(searched)),
                ):
                    assert (found and found.span()) == (expected and expected.span()), (pattern.pattern[:80], searched)


@pytest.mark.parametrize("code", sorted(_casefix._EXTRA_CASES))
def test_letters_that_are_equal_to_others_but_for_case_are_found_as_those(code: int) -> None:
    for other in (code, *_casefix._EXTRA_CASES[code]):
        assert Caseless(f"x{chr(other)}y").search(f"a X{chr(code)}Y"), (hex(code), hex(other))


def test_a_pattern_with_capitals_and_one_with_classes_and_names_match_in_any_case() -> None:
    assert Caseless("[A-Z]{3} Ä").search("abc ä")
    assert Caseless(r"(?P<Word>\W\S+)\Z").search("to HERE")["Word"] == " here"  # type: ignore[index]


@pytest.mark.parametrize("text", ["one two, three", "two one", "three two one", "twofold one", "none"])
def test_alternatives_that_are_searched_one_by_one_find_what_the_whole_pattern_finds(text: str) -> None:
    padding = f"(?:{'x' * 130})?"
    pattern = f"(?:one|two){padding}|t(?:hree|wo){padding}|(?:two|one|t)\\w*{padding}|e"
    found, expected = Caseless(pattern).search(text), re.search(pattern, text)
    assert found and expected and found.span() == expected.span()


def test_a_word_that_the_end_of_a_search_cuts_is_another_word() -> None:
    pattern = Caseless(r"\bbook\b")
    assert pattern.search("a booking", 0, 6) and not pattern.search("a booking")


def test_a_pattern_that_was_taken_apart_is_used_for_searches_alone() -> None:
    pattern = f"one{'x?' * 80}|two{'y?' * 80}"
    assert [found.span() for found in Caseless(pattern, whole=True).finditer("TWO, one")] == [(0, 3), (5, 8)]
    assert Caseless(pattern, whole=True).sub("-", "Two, ONE") == "-, -"
    with pytest.raises(TypeError, match="not kept whole"):
        Caseless(pattern).sub("-", "Two, ONE")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\bone|\btwo", r"\b(?:one|two)"),
        (r"\bon(?:e|ce)|\btwo|three|\bfour", r"\b(?:on(?:e|ce)|two)|three|\bfour"),
        (r"(?<!\w)[|a]|(?<!\w)b|\bc|\bd", r"(?<!\w)(?:[|a]|b)|\b(?:c|d)"),
        (r"(?:\bone|\btwo)x", r"(?:\bone|\btwo)x"),
        (r"\bone", r"\bone"),
    ],
)
def test_alternatives_that_stand_together_share_their_boundary(pattern: str, expected: str) -> None:
    assert hoisted(pattern) == expected
