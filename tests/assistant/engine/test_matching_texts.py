"""What every pattern matches is found although its words are looked up first, and waits although it comes word by word."""

import re

import pytest

from assistant.engine.claims import Gate, claimed
from assistant.engine.grammars import GRAMMARS
from assistant.engine.patterns import patterns_of
from assistant.engine.word_prefixes import alternatives
from tests.assistant.engine.matching_texts import matches_of
from tests.assistant.engine.test_caseless import of_grammar

FORMS = ("{}", "Well, {} now", "«{}»", "_{}", "{}\n{}")
MARKS = re.compile(r"[.!?;:,…–—]")
# "Termin Pana": a noun and a pronoun, which no sentence of a claim's length is.
NO_SENTENCE = re.compile(r"termin(?: jest| już)* (?:pan|twoj)\w*")


@pytest.mark.parametrize("name", GRAMMARS)
def test_no_pattern_is_passed_over_in_a_text_that_is_made_for_it(name: str):
    found = 0
    for pattern in of_grammar(name):
        searched = re.compile(pattern.pattern, re.IGNORECASE)
        for place, text in enumerate(matches_of(pattern.pattern, 40)):
            form = FORMS[place % len(FORMS)].replace("{}", text.upper() if place % 4 == 3 else text)
            if expected := searched.search(form):
                found += 1
                match = pattern.search(form)
                assert pattern.needs.met_by(form), (pattern.pattern[:80], form)
                assert match and match.start() == expected.start(), (pattern.pattern[:80], form)
    assert found > 200


@pytest.mark.parametrize("name", GRAMMARS)
def test_what_surely_claims_waits_before_its_last_word_whichever_words_it_has(name: str):
    language, waited = patterns_of(name), 0
    for act, pattern in (*language.claims, *language.phrases, *language.headings):
        for alternative in alternatives(pattern.pattern):
            for match in matches_of(alternative, 25):
                text = " ".join(match.split())
                if MARKS.search(text) or NO_SENTENCE.fullmatch(text) or act not in claimed(text):
                    continue
                gate = Gate(frozenset())
                shown = "".join(map(gate.push, re.findall(r"\s*\S+", f"{text} oo oo")))
                waited += 1
                assert act not in claimed(shown), text
    assert waited > 20
