"""The sentences that visitors read, in every supported language."""

from __future__ import annotations

from string import Formatter

import pytest

from assistant.sentences import _LABELS, _SENTENCES, LANGUAGES, label, language, sentence

TEXTS = {**_SENTENCES, **_LABELS}


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_is_there_in_every_language_with_the_same_places(name: str) -> None:
    assert list(TEXTS[name]) == list(LANGUAGES)
    places = {text: {place for _, place, _, _ in Formatter().parse(text) if place} for text in TEXTS[name].values()}
    assert len({frozenset(one) for one in places.values()}) == 1, places


def test_a_locale_is_answered_in_its_language_and_else_in_english() -> None:
    assert [language(locale) for locale in ("de-AT", "AR_eg", "tlh", "")] == ["de", "ar", "en", "en"]
    assert label("time_in_place", "fr-CA", time="10:00", place="Lyon") == "10:00 à Lyon"
    assert sentence("no such code", "es") == sentence("internal", "es")
