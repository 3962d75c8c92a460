"""Texts that visitors read, by language.

Each language is one file beside this one, `de.toml`: its sentences by the code of an error or an outcome, the labels on
cards, pages and in e-mails, and what is to be known of the language itself. E-mails to a team are in
English, except those about appointments.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import c2py
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent

Text = str | list[str]  # a list has one form for each result of the language's `plural`


@dataclass(frozen=True)
class Catalogue:
    """One language: its own name, the direction that it is written in, and its texts.

    `plural` chooses a form by a count, as gettext's `Plural-Forms` do. `day` and `year` are Django's date patterns of a
    day and of the year behind it; `dated` is that of both, where the year does not stand last. With `lower`, names of days
    and months are written small although Django's are not.
    """

    name: str
    direction: Literal["ltr", "rtl"]
    plural: Callable[[int], int]
    day: str
    year: str
    sentences: Mapping[str, str]
    labels: Mapping[str, Text]
    dated: str = ""
    lower: bool = False


def read(path: Path) -> Catalogue:
    """The catalogue in `path`. Raises `ValueError` or `TypeError` for a file that is not one."""
    written = tomllib.loads(path.read_text("utf-8"))
    return Catalogue(**{**written, "plural": c2py(written["plural"])})


def read_all(folder: Path) -> dict[str, Catalogue]:
    """The catalogues of `folder` by language, English first."""
    paths = sorted(folder.glob("*.toml"), key=lambda path: (path.stem != "en", path.stem))
    return {path.stem: read(path) for path in paths}


CATALOGUES = read_all(FOLDER)
LANGUAGES = tuple(CATALOGUES)


def sentence(code: str, locale: str = "") -> str:
    """The sentence for `code` in the language of `locale` ("de-AT"), in English where there is none."""
    sentences = catalogue(locale).sentences
    return sentences.get(code, sentences["internal"])


def label(name: str, /, locale: str = "", **values: str | int) -> str:
    """The label `name` in the language of `locale`, its `{places}` filled; `count` chooses among plural forms."""
    chosen = catalogue(locale)
    text = chosen.labels[name]
    if not isinstance(text, str):
        text = text[chosen.plural(int(values["count"]))]
    # Not `str.format`: a place is a name, and no way into the objects that fill it.
    return re.sub(r"\{(\w+)\}", lambda place: str(values[place[1]]), text)


def language(locale: str) -> str:
    """The language of `locale` ("de-AT") where we write it, else English."""
    return _language_code(locale) if is_written(locale) else "en"


def is_written(locale: str) -> bool:
    """Whether its language is one of ours: that of "de-AT" is, and "german" is no locale at all."""
    return _language_code(locale) in CATALOGUES


def _language_code(locale: str) -> str:
    return locale.replace("_", "-").split("-")[0].lower()


def catalogue(locale: str) -> Catalogue:
    return CATALOGUES[language(locale)]
