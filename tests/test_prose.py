"""Words that are no longer used in code, documents and templates. CONTRIBUTING.md says how we write instead."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ROOT

WORDS = "he|his|him|himself|whoever|doorbells?|(?:mend|knock|heed)(?:s|ed|ing)?"
RETIRED = re.compile(rf"(?<![a-z])({WORDS})(?![a-z])", re.I)  # also as part of a name: an underscore ends a word

# In documents also turns of phrase that are not English, or not the field's. Names in the code still have some of them.
PHRASES = re.compile(
    r"(?<!\w)((?:stands?|stood) (?:in|there)|happenings?|what is none|(?:a|an|the|each|every|whole) talks?"
    r"|letters? (?:to|by|from) (?:the )?(?:visitors?|staff|teams?|members?))(?!\w)",
    re.I,
)

# Data, in which these words are words of a language or of a model: catalogues, corpora, grammars, and lists of words.
DATA = re.compile(
    r"(^|/)(locales|corpus|grammars|migrations|dist|vendor|sentences|wire|(breaks|words|languages|language_detection"
    r"|questions|test_prose)\.py)|claims"
)
SPELLINGS = ("(?:his|her|their)", '"he"', "`he`", "locale-he")  # in patterns for what models write; and Hebrew's code


def prose() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.md", "*.html", "*.js"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [name for name in listed.stdout.splitlines() if not DATA.search(name)]


def retired(text: str) -> Iterator[tuple[int, str]]:
    """The number of each line with a retired word, and the word."""
    for number, line in enumerate(text.splitlines(), 1):
        for spelling in SPELLINGS:
            line = line.replace(spelling, "")
        for word in RETIRED.findall(line):
            yield number, word


def retired_phrases(text: str) -> list[str]:
    """Also those that run over the end of a line; what is quoted from code is left out."""
    return PHRASES.findall(re.sub(r"\s+", " ", re.sub(r"`[^`\n]*`", "", text)))


def test_retired_words_do_not_come_back():
    files = prose()
    if not files:
        pytest.skip("not a git checkout")
    found = [f"{name}:{number}: {word}" for name in files for number, word in retired(Path(ROOT, name).read_text())]
    assert found == []


def test_retired_phrases_do_not_come_back_in_documents():
    files = [name for name in prose() if name.endswith(".md")]
    if not files:
        pytest.skip("not a git checkout")
    found = [(name, phrase) for name in files for phrase in retired_phrases(Path(ROOT, name).read_text())]
    assert found == []


def test_retired_phrases_are_found_and_plain_words_are_not():
    text = "It stands\nin the file; the talks; what is none; letters to visitors; happenings. Visitors talk; a letter."
    assert retired_phrases(text) == ["stands in", "the talks", "what is none", "letters to visitors", "happenings"]
    assert retired_phrases("The name `happenings` is one of the code.") == []


def test_retired_words_are_found_as_whole_words_also_within_names():
    text = "Whoever knocks\nis theirs; recommend the chimney\nand he mended it.\nsaid (?:his|her|their) name\nto_heed()"
    assert list(retired(text)) == [(1, "Whoever"), (1, "knocks"), (3, "he"), (3, "mended"), (5, "heed")]
