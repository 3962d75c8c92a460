"""What visitors read: complete in every language, none of it unused, and one file per language."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from assistant.sentences import CATALOGUES, FOLDER, LANGUAGES, Text, label, language, read, sentence
from assistant.services.booking.availability import wording

ROOT = Path(__file__).parent.parent.parent
ENGLISH = CATALOGUES["en"]
TEXTS = [("sentences", name) for name in ENGLISH.sentences] + [("labels", name) for name in ENGLISH.labels]


def forms(text: Text) -> list[str]:
    return [text] if isinstance(text, str) else text


def places(text: Text) -> set[str]:
    return {place for form in forms(text) for place in re.findall(r"\{(\w*)\}", form)}


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_every_language_has_the_texts_of_english_and_no_others(spoken: str) -> None:
    written = CATALOGUES[spoken]
    assert list(written.sentences) == list(ENGLISH.sentences)
    assert list(written.labels) == list(ENGLISH.labels)
    assert written.name and written.direction in ("ltr", "rtl")


@pytest.mark.parametrize(("table", "name"), TEXTS)
def test_every_text_has_the_same_places_in_every_language(table: str, name: str) -> None:
    texts = {spoken: getattr(written, table)[name] for spoken, written in CATALOGUES.items()}
    assert all(form.strip() == form != "" for text in texts.values() for form in forms(text))
    assert {spoken: places(text) for spoken, text in texts.items()} == dict.fromkeys(LANGUAGES, places(texts["en"]))
    assert all("{" not in re.sub(r"\{\w+\}", "", form) for text in texts.values() for form in forms(text))


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_a_text_that_counts_has_each_plural_form_of_its_language(spoken: str) -> None:
    written = CATALOGUES[spoken]
    needed = {written.plural(count) for count in range(1000)}
    counted = {name: text for name, text in written.labels.items() if not isinstance(text, str)}
    assert set(counted) == {name for name, text in ENGLISH.labels.items() if not isinstance(text, str)} != set()
    assert {name: set(range(len(text))) for name, text in counted.items()} == dict.fromkeys(counted, needed)


@cache
def nodes() -> list[tuple[Path, ast.Constant | ast.JoinedStr | ast.Call]]:
    """The constants and calls of our code."""
    return [
        (path, node)
        for package in ("assistant", "widget", "interworky")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.Constant, ast.JoinedStr, ast.Call))
    ]


def used() -> tuple[set[str], set[str]]:
    """The texts in our code and templates that can be names, and what names that are put together begin with."""
    constants, beginnings = set(), set()
    for _, node in nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            constants.add(node.value)
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            beginnings.add(str(node.values[0].value))
    return constants, {beginning for beginning in beginnings if re.fullmatch(r"[a-z_]+_", beginning)}


def test_every_text_is_used_somewhere() -> None:
    constants, beginnings = used()
    names = {name for _, name in TEXTS} - constants
    assert {name for name in names if not name.startswith(tuple(beginnings))} == set()


def calls_of(name: str) -> Iterator[tuple[str, ast.Call]]:
    for path, node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_a_call_gives_a_label_what_its_places_want() -> None:
    given = [
        (where, call.args[0].value, {keyword.arg for keyword in call.keywords} - {"locale"})
        for function in ("label", "say")
        for where, call in calls_of(function)
        if call.args and isinstance(call.args[0], ast.Constant)
    ]
    assert len(given) > 30
    assert [(where, name) for where, name, values in given if values != places(ENGLISH.labels[name])] == []


def test_a_locale_is_answered_in_its_language_and_else_in_english() -> None:
    assert [language(locale) for locale in ("de-AT", "AR_eg", "tlh", "")] == ["de", "ar", "en", "en"]
    assert label("time_in_place", "fr-CA", time="10:00", place="Lyon") == "10:00 à Lyon"
    assert sentence("no such code", "es") == sentence("internal", "es")


def test_a_count_chooses_among_the_plural_forms_of_the_language() -> None:
    english = [label("wrong_code", "en", count=count) for count in (1, 2)]
    assert english == ["That is not the code. You have 1 try left.", "That is not the code. You have 2 tries left."]
    assert label("wrong_code", "fr", count=0).endswith("0 essai.")
    assert len({re.sub(r"\d+", "", label("wrong_code", "ar", count=count)) for count in (0, 1, 2, 3, 11)}) == 5


def test_what_fills_a_place_is_text_and_opens_nothing() -> None:
    assert (
        label("message_to", "en", name="{organization} {name.__class__} \\1")
        == "Message to {organization} {name.__class__} \\1"
    )


def test_a_language_is_added_with_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "eo.toml"
    shutil.copy(FOLDER / "en.toml", file)
    file.write_text(file.read_text().replace('when = "When"', 'when = "Kiam"').replace("l j F", "F j, l"))
    monkeypatch.setitem(CATALOGUES, "eo", read(file))
    assert (language("eo-XX"), label("when", "eo"), label("what", "eo")) == ("eo", "Kiam", "What")
    assert wording.day_label(date(2030, 1, 8), locale="eo").startswith("januaro 8, mardo")


def test_the_widget_and_the_server_write_the_same_languages() -> None:
    locales = ROOT / "static" / "widget" / "src" / "locales"
    assert {path.stem for path in locales.glob("*.js")} - {"index", "launcher"} == set(LANGUAGES)


@pytest.mark.parametrize(
    ("locale", "day", "dated"),
    [
        ("pt-BR", "terça-feira, 8 de janeiro", "terça-feira, 8 de janeiro de 2030"),
        ("it", "martedì 8 gennaio", "martedì 8 gennaio 2030"),
        ("pl", "wtorek, 8 stycznia", "wtorek, 8 stycznia 2030"),
        ("ru", "вторник, 8 января", "вторник, 8 января 2030 г."),
        ("tr", "8 Ocak Salı", "8 Ocak 2030 Salı"),
        ("he", "יום שלישי, 8 בינואר", "יום שלישי, 8 בינואר 2030"),
        ("ja", "1月8日火曜日", "2030年1月8日火曜日"),
        ("zh-Hant-TW", "1月8日星期二", "2030年1月8日星期二"),
    ],
)
def test_a_day_is_written_as_browsers_write_it(locale: str, day: str, dated: str) -> None:
    january = date(2030, 1, 8)
    assert (wording.day_label(january, january, locale), wording.day_label(january, None, locale)) == (day, dated)


@pytest.mark.parametrize("locale", ["pl", "ru", "uk"])
def test_slavic_counts_have_a_form_for_one_for_few_and_for_many(locale: str) -> None:
    one, few, many, eleven, one_more = (re.sub(r"\d+", "", wording.places_left(n, locale)) for n in (1, 3, 5, 12, 22))
    assert len({one, few, many}) == 3 and eleven == many and one_more == few
