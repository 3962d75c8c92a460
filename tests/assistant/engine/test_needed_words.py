"""No pattern is passed over in a text that it matches, and most are in ordinary prose."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.engine.claims import judge, prepare
from assistant.engine.evidence import Evidence
from assistant.engine.grammars import GRAMMARS
from assistant.engine.needed_words import Needs
from tests.assistant.engine.corpus import HERE
from tests.assistant.engine.test_caseless import of_grammar
from tests.work import calls_by_name

ROOT = Path(__file__).parents[3]
ODDITIES = ("{}", "{} ", " ¡{}!", "«{}»", "_{}_", "x{}", "{}x", "{}\n{}")


def texts_of(name: str, step: int) -> list[str]:
    files = [HERE / f"{name}.txt", *(folder / f"{name}.txt" for folder in sorted(HERE.iterdir()) if folder.is_dir())]
    return [line[2:] for path in filter(Path.exists, files) for line in path.read_text().splitlines()[::step]]


@pytest.mark.parametrize("name", GRAMMARS)
def test_no_pattern_is_passed_over_in_a_text_that_it_matches(name: str):
    texts = texts_of(name, step=24)
    texts += [text.upper() for text in texts[::4]] + [text[9:40] for text in texts]
    texts += [form.format(text, text) for form, text in zip(ODDITIES, texts[::3], strict=False)]
    matched = 0
    for pattern in of_grammar(name):
        searched = re.compile(pattern.pattern, re.IGNORECASE)
        for text in texts:
            if searched.search(text):
                matched += 1
                assert pattern.needs.met_by(text), (pattern.pattern[:80], text)
    assert matched > 20


@pytest.mark.parametrize(
    ("pattern", "met", "unmet"),
    [
        (r"\b(?:one|two) apples?\b", ["two apples", "ONE, apple"], ["two", "one applesauce"]),
        (r"(?<!\w)book(?:ed|ing)?(?!\w)", ["well, Booked!", "book"], ["booker", "unbooked"]),
        (r"book\w* now", ["unbooks now", "now I book"], ["now", "books"]),
        (r"(?:is|has been) \w+ed\b", ["it is painted", "ended, is"], ["is paint", "painted"]),
        (r"(?:very )?good (?:a|an)? deed", ["good deed"], ["very deed", "good"]),
        (r"no(?: \w+){0,3}? longer", ["no way longer"], ["no", "no long way"]),
        (r"x(?=yz)", ["xyz", "x yz"], ["x"]),
        (r"[ab]c[^d]e", ["ac!e", "zbcxe"], ["cc"]),
        (r"Ä{2}|[$€] ?\d", ["ää", "€ 5"], ["a", "5"]),
        (r"予約", ["ご予約済み"], ["約予"]),
    ],
)
def test_what_a_pattern_needs_is_what_its_matches_have(pattern: str, met: list[str], unmet: list[str]):
    needs = Needs.of(pattern)
    assert all(map(needs.met_by, met)) and not any(map(needs.met_by, unmet))


@pytest.mark.parametrize("pattern", [r"\w+", r"(?:red|)", r"(?!red)", r"a*", r"(x)?.", r"\d{2}|red"])
def test_a_pattern_that_may_match_any_words_needs_none(pattern: str):
    assert Needs.of(pattern).met_by("blue 12")


def test_a_pattern_that_matches_nothing_is_never_searched():
    assert not Needs.of("(?!)").met_by("anything") and Needs.of("(?!)|any").met_by("any")


def test_a_text_with_letters_that_are_equal_to_others_in_ways_of_their_own_is_searched():
    assert Needs.of("kiss").met_by("\u212ai\u017f\u017f") and re.search("kiss", "\u212ai\u017f\u017f", re.IGNORECASE)


def test_patterns_that_are_met_later_are_looked_up_in_texts_that_were_known_before():
    assert not Needs.of("zyzzyva").met_by("a quokka")
    assert Needs.of("quokka").met_by("a quokka") and not Needs.of("quokkas").met_by("a quokka")


def test_any_of_several_patterns_is_enough():
    needs = Needs.of_any([Needs.of("red wine"), Needs.of("white bread")])
    assert needs.met_by("bread, white") and needs.met_by("wine, red") and not needs.met_by("red rose")


def test_the_first_sentence_of_a_process_is_judged_as_any_other():
    """Its language is compiled while it is judged: what it needs may not be looked up before."""
    texts = [
        "Ich habe Ihren Termin gebucht.",
        "تم حجز موعدك يوم الثلاثاء الساعة العاشرة.",
        "קבעתי לך תור ליום שלישי בשעה 10:00.",
    ]
    code = "import sys; from assistant.engine.claims import claimed; assert 'booked' in claimed(sys.argv[1])"
    for text in texts:
        subprocess.run([sys.executable, "-c", code, text], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("sentence", "most"),
    [
        ("The studio is on the second floor, next to a quiet bookshop.", 12),
        ("Das Studio liegt im zweiten Stock, gleich neben einem ruhigen Buchladen.", 12),
    ],
)
def test_few_patterns_are_searched_in_a_plain_sentence(sentence: str, most: int):
    prepare()
    judge(sentence.replace("quiet", "small").replace("ruhigen", "kleinen"), Evidence(idle=True))
    calls = calls_by_name(lambda: judge(sentence, Evidence(idle=True)))
    assert 0 < calls["<method 'search' of 're.Pattern' objects>"] <= most
