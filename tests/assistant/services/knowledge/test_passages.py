"""Documents are cut into passages, whose words are found in any form."""

from __future__ import annotations

import pytest

from assistant.services.knowledge.passages import GOOD_CHARS, MAX_CHARS, passages
from assistant.services.knowledge.words import stems
from tests.assistant.services.knowledge.documents import PRACTICE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("parking", "Parked"),
        ("opening hours", "HOUR open"),
        ("Öffnungszeiten", "oeffnungszeit"),
        ("cafés", "CAFÉ"),
        ("ﬁnance", "finance"),
        ("straße", "STRASSE"),
        ("prices", "price"),
        ("Preise", "preis"),
        ("مَوْعِد", "موعد"),
        ("don't", "don’t"),
    ],
)
def test_forms_of_a_word_are_one_word(one: str, other: str) -> None:
    assert set(stems(one)) == set(stems(other))


@pytest.mark.parametrize(
    "hostile", ["", "\0", "'\"\\ | & ! * : ( ) NEAR OR AND NOT -- ; <->", "\ud800", "\u202e\u2028", "💥" * 99]
)
def test_punctuation_and_query_operators_are_no_words(hostile: str) -> None:
    assert all(word.isalnum() for word in stems(hostile))
    assert not {"'", '"', "\\", " "} & set("".join(stems(hostile + PRACTICE)))


def test_words_of_scripts_without_spaces_are_pairs_of_letters() -> None:
    assert stems("停车场", asked=True) == ["停车", "车场"]
    assert stems("หมอ", asked=True) == ["หม", "มอ"]
    assert stems("料金はいくら", asked=True) == ["料金"]
    assert stems("停车场") == ["停车", "车场", "停", "车", "场"]  # each sign may be a word that is asked for


def test_a_passage_stands_under_all_its_headings() -> None:
    parts = passages("Hello.\n\n# Prices\n\n## Children\nFree.\n## Adults\nNot free.\n# Prices\nAgain.", "Handbook")
    assert [(part.title, part.text) for part in parts] == [
        ("Handbook", "Hello."),
        ("Handbook › Prices › Children", "Free."),
        ("Handbook › Prices › Adults", "Not free."),
        ("Handbook › Prices", "Again."),
    ]


def test_a_comment_in_code_is_no_heading_and_a_title_is_not_repeated() -> None:
    assert [part.title for part in passages("# House\n```\n# not a heading\n```", "house")] == ["house"]


@pytest.mark.parametrize(
    "body",
    [
        "x" * 1_000_000,
        "A sentence of some length that ends here. " * 2000,
        "\n\n".join(f"Paragraph {n} of a long text." for n in range(2000)),
        "word " * 50_000,
        "行" * 30_000,
        "# " * 3000 + "\n#\n##\n" * 500,
        "\n" * 100_000,
    ],
)
def test_no_passage_is_too_long_and_nothing_is_lost(body: str) -> None:
    parts = passages(body, "T")
    assert all(0 < len(part.text) <= MAX_CHARS + GOOD_CHARS and len(part.title) <= 300 for part in parts)
    kept = sum(len(part.text.replace(" ", "").replace("\n", "")) for part in parts)
    letters = len("".join(line for line in body.split("\n") if not line.startswith("#")).replace(" ", ""))
    assert kept >= letters


def test_sentences_are_said_again_only_where_a_paragraph_was_cut() -> None:
    cut = passages("A sentence of some length that ends here. " * 60)
    assert cut[1].text.startswith("sentence") or cut[1].text.startswith("of") or "ends here." in cut[1].text[:160]
    whole = passages("\n\n".join(f"Number {n} {'x' * 300}" for n in range(9)))
    assert sum(part.text.count("Number 3 ") for part in whole) == 1
