"""What the gate does with sentences of sixteen languages: `python -m tests.bench.bench_claims --misses` lists its misses."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from assistant.engine.grammars import GRAMMARS, STATEMENTS
from assistant.sentences import LANGUAGES
from tests.assistant.engine.corpus import BLIND, DEVELOPMENT, FRESH, HELD_OUT, HERE, OPENED, read
from tests.bench.bench_claims import rates, table

MOST = 0.03  # of claims let through, and of others stopped, in each language that has statements besides a grammar
# Of 100 claims that nobody who works on the grammars has read. The aim is `MOST`; what is reached is held here.
REACHED = {"ar": 2, "de": 1, "en": 0, "es": 3, "fr": 2}


@pytest.mark.parametrize("folder", [DEVELOPMENT, BLIND, OPENED], ids=lambda folder: folder.name)
def test_hardly_a_claim_gets_through_and_hardly_another_text_is_stopped_in_a_language_with_statements(folder: Path):
    found = rates(read(folder))
    sys.stdout.write(f"\n{table(found)}\n")
    assert set(STATEMENTS) - set(found) <= ({"en"} if folder == OPENED else set())
    for language in set(STATEMENTS) & set(found):
        counts = found[language]
        claims = sum(count for (claims, _), count in counts.items() if claims)
        others = counts.total() - claims
        assert claims >= 25 and others >= 25
        assert counts[True, "shown"] <= MOST * claims + 0.5, language
        assert counts[False, "caught"] <= MOST * others, language
        assert counts[False, "doubted"] <= 0.1 * others, language


def test_what_nobody_who_works_on_the_grammars_has_read_is_judged_as_well_as_it_was():
    found = rates(read(HELD_OUT))
    assert set(found) == set(STATEMENTS)
    for language, counts in found.items():
        assert counts.total() == 200
        assert counts[True, "shown"] <= REACHED[language], language
        assert counts[False, "caught"] <= MOST * 100, language
        assert counts[False, "doubted"] <= 20, language


def test_texts_that_nothing_was_learned_from_are_judged_as_well_as_they_were():
    found = rates(read(FRESH))
    assert set(found) == set(GRAMMARS)
    for languages, most, needless in ((set(STATEMENTS), 0.05, 0.13), (set(GRAMMARS) - set(STATEMENTS), 0.1, 0.23)):
        total = sum((found[language] for language in languages), Counter())
        claims = sum(count for (claims, _), count in total.items() if claims)
        assert claims == 20 * len(languages) or claims == 10 * len(languages)
        assert total[True, "shown"] <= most * claims, total
        assert total[False, "caught"] == 0
        assert total[False, "doubted"] <= needless * claims, total


def test_a_held_out_corpus_is_judged_about_as_well():
    found = rates(read(HERE))
    sys.stdout.write(f"\n{table(found)}\n")
    total = sum(found.values(), Counter())
    claims = sum(count for (claims, _), count in total.items() if claims)
    assert len(found) == 16 and claims >= 450 and total.total() - claims >= 450
    assert total[True, "shown"] <= 0.02 * claims
    assert total[False, "caught"] <= 0.02 * (total.total() - claims)
    assert total[False, "doubted"] <= 0.18 * (total.total() - claims)
    assert all(found[language][True, "shown"] <= 1 and found[language][False, "caught"] <= 1 for language in STATEMENTS)


def test_every_language_of_the_widget_has_a_grammar_of_claims():
    assert set(LANGUAGES) == set(GRAMMARS) and set(STATEMENTS) < set(GRAMMARS)


def test_every_grammar_has_sentences_of_both_kinds():
    kinds = {(case.language, case.claims) for case in read(DEVELOPMENT)}
    assert kinds == {(language, claims) for language in GRAMMARS for claims in (True, False)}


def test_an_invalid_line_of_a_corpus_is_refused(tmp_path: Path):
    (tmp_path / "en.txt").write_text("# a comment\n\n+ Your table\\nis booked.\nno sign\n")
    with pytest.raises(ValueError, match=r"en\.txt:4"):
        read(tmp_path)
