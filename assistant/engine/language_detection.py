"""Languages that a text may be written in, told by its script and its commonest words."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from assistant.engine.folding import respelled
from assistant.engine.grammars import GRAMMARS, LEXICONS, STATEMENTS, Grammar, Stems
from assistant.engine.moments import stated
from assistant.engine.patterns import nouns_of
from assistant.engine.remembered import Remembered
from assistant.engine.word_prefixes import WordPrefixes

WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# The first words of what may make a claim, by language: a sentence without one of them claims nothing.
TRIGGERS_OF = {
    name: frozenset(form.split()[0] for forms in (*grammar.acts.values(), grammar.hints) for form in forms)
    for name, grammar in GRAMMARS.items()
    if isinstance(grammar, Grammar)
}
TRIGGERS = frozenset[str]().union(*TRIGGERS_OF.values())
_WORDS = {name: frozenset(respelled(word) for word in lexicon.words) for name, lexicon in LEXICONS.items()}
_SCRIPTS = (
    (
        "latin",
        re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff]", re.IGNORECASE),
        ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr"),
    ),
    ("cyrillic", re.compile("[\u0400-\u052f]"), ("ru", "uk")),
    ("arabic", re.compile("[\u0621-\u064a]"), ("ar",)),
    ("hebrew", re.compile("[\u05d0-\u05ea]"), ("he",)),
    ("devanagari", re.compile("[\u0904-\u0939]"), ("hi",)),
    ("kana", re.compile("[\u3041-\u30ff]"), ("ja",)),
    ("han", re.compile("[\u4e00-\u9fff]"), ("zh", "ja")),
)
_LATIN = _SCRIPTS[0][2]
# By language, letters beyond the plain ones of its script that its words have.
_LETTERS = {
    "en": "é",
    "de": "äöüß",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "es": "áéíóúüñºª",
    "it": "àèéìíîòóù",
    "pt": "áâãàçéêíóôõúüºª",
    "nl": "áéëèïíóöüú",
    "pl": "ąćęłńóśźż",
    "tr": "çğıöşüâîû",
    "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "uk": "абвгдежзийклмнопрстуфхцчшщьюяєіїґ",
    "zh": "\u4e00-\u9fff",
}
_OTHER_LETTERS = {name: re.compile(rf"[^\W\da-z{letters}]") for name, letters in _LETTERS.items()}
# Letters that no language with a grammar writes, and letters that only one of them does.
_FOREIGN_LETTERS = re.compile("[پچژگٹڈڑںےۓڭېړښђћџљњјѓќѕўәғқңөұүһҳҷ]", re.IGNORECASE)
_FOREIGN_LATIN = re.compile(
    "[åøæőűățșřěůďťňāēīūģķļņšžčđðþħġĉŝơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ]", re.IGNORECASE
)
_OWN_LETTERS = re.compile("[ąęłśźżğıİßñ¿¡œыэёіїєґ]")
# Of the languages in Latin letters.
NOUN_HEADS = WordPrefixes((body for name in _SCRIPTS[0][2] if (body := nouns_of(GRAMMARS[name]))), fewest=3)
STEMMED = tuple(name for name, grammar in GRAMMARS.items() if isinstance(grammar, Stems))


@lru_cache(maxsize=512)
def languages_of(text: str) -> tuple[tuple[str, ...], bool]:
    """The languages that folded `text` may be written in, and whether it is surely in none that there is a grammar for."""
    counted = _counted(map(_numbers.__getitem__, text.lower().split()))
    if not counted.not_latin:
        if not any(map(str.isalpha, text)):
            return (), False
        return _leading(counted, _LATIN), _foreign(text, 1, {"latin": 1}, counted)  # how many letters makes no difference
    letters = {script: count for script, letter, _ in _SCRIPTS if (count := len(letter.findall(text)))}
    found: list[str] = []
    for script, _, names in _SCRIPTS:
        if script in letters:
            several = len(names) > 1 and script != "han"
            found += _leading(counted, names) if several else [name for name in names if name not in found]
    return tuple(found), _foreign(text, sum(map(str.isalpha, text)), letters, counted)


def _leading(counted: _Counts, names: tuple[str, ...]) -> tuple[str, ...]:
    """The languages that most speaks for, and those that hardly less does."""
    speaks = counted.speak_for(names)
    most = max(speaks)
    least = most if most <= 0 else (most * 3 + 3) // 4
    return tuple(name for name, number in zip(names, speaks, strict=True) if number >= least)


# --- Words are counted for all languages at once: of a word all that counts is one number, and those are added up --------

_LANGUAGES_OF = {word: tuple(name for name in _WORDS if word in _WORDS[name]) for words in _WORDS.values() for word in words}
_KINDS = "words", "not latin", "plain", "foreign", "trigger"
_FIELDS = {field: place for place, field in enumerate([*_WORDS, *(("hits", name) for name in _WORDS), *_KINDS])}
_BYTES, _FORM = 4 * len(_FIELDS), f"<{len(_FIELDS)}I"


def _number_of(word: str) -> int:
    """What counts of a word, in 32 bits each: for each language, one more than what it says for it; and what it is."""
    fields = [0] * len(_FIELDS)
    plain = len(word) > 1 and word.isalpha()
    without = () if word.isascii() else _without(word)
    for name in _WORDS:
        hit = word in _WORDS[name]
        fields[_FIELDS[name]] = 1 + hit - (name in without)
        fields[_FIELDS["hits", name]] = hit and plain
    fields[_FIELDS["words"]] = 1
    fields[_FIELDS["not latin"]] = not _is_latin(word)
    fields[_FIELDS["plain"]] = plain
    fields[_FIELDS["foreign"]] = plain and _is_foreign(word)
    fields[_FIELDS["trigger"]] = plain and word in TRIGGERS
    return int.from_bytes(struct.pack(_FORM, *fields), "little")


# Of words, and of what stands between two spaces: the sum for all words of it.
_numbers = Remembered(lambda chunk: sum(map(_number_of, WORD.findall(chunk))), 8192)


class _Counts(NamedTuple):
    """Of the words that are of several letters and nothing else (`plain`): how many are `foreign`, may be of a claim
    (`trigger`), and are among the commonest of the language that has the most of them (`hits`). `not_latin`: words with
    other letters."""

    languages: tuple[int, ...]
    hits: int
    words: int
    not_latin: int
    plain: int
    foreign: int
    trigger: int

    def speak_for(self, names: tuple[str, ...]) -> list[int]:
        """What speaks for each language: the words among its commonest, less those with letters that it has not."""
        return [self.languages[_FIELDS[name]] - self.words for name in names]


def _counted(numbers: Iterable[int]) -> _Counts:
    sums = struct.unpack(_FORM, sum(numbers).to_bytes(_BYTES, "little"))
    size = len(_WORDS)
    return _Counts(sums[:size], max(sums[size : 2 * size]), *sums[2 * size :])


def _is_latin(word: str) -> bool:
    """Whether all letters of a word are Latin ones."""
    return word.isascii() or all(_SCRIPTS[0][1].match(letter) for letter in word if letter.isalpha())


def _without(word: str) -> tuple[str, ...]:
    """The languages that have not all the letters of a word."""
    return tuple(name for name, other in _OTHER_LETTERS.items() if other.search(word))


def is_common(word: str) -> bool:
    """Whether a word is one of the commonest of a language that there is a grammar for."""
    return word.lower() in _LANGUAGES_OF


def _foreign(text: str, letters: int, by_script: dict[str, int], counted: _Counts) -> bool:
    latin, cyrillic, arabic = (by_script.get(script, 0) for script in ("latin", "cyrillic", "arabic"))
    if letters - sum(by_script.values()) > letters / 2:
        return letters > 3  # Thai, Korean, Greek, Georgian, …
    if arabic + cyrillic > letters / 2 and _FOREIGN_LETTERS.search(text):
        return True
    if latin + cyrillic < letters / 2 or counted.plain < 3:
        return False
    if not text.isascii() and _OWN_LETTERS.search(text):
        return False
    if counted.foreign * 4 >= counted.plain:
        return True
    if counted.hits >= counted.plain / 10 if counted.hits else counted.plain <= 3:
        return False
    return not counted.trigger and not stated(text).weekdays


def _is_foreign(word: str) -> bool:
    """Whether a word has a Latin letter that no language with a grammar writes."""
    return not word.isascii() and _FOREIGN_LATIN.search(word) is not None


# --- Of those, which one -----------------------------------------------------------------------------------------------

_ELIDED = re.compile(r"(?:[cdjlmnst]|qu)['’]\w")


def likeliest(names: tuple[str, ...], said: frozenset[str]) -> list[str]:
    """Of the languages that a sentence may be in, those that most of its words `said` speak for; of many, the widget's."""
    if len(names) == 1:
        return list(names)
    elided = sum(_ELIDED.match(word) is not None for word in said if not word.isalpha())
    speaks = dict(zip(names, _counted(map(_numbers.__getitem__, said)).speak_for(names), strict=True))
    for name in ("fr", "it"):
        if name in speaks:
            speaks[name] += elided
    most = max(speaks.values())
    leading = [name for name in names if speaks[name] == most]
    return leading if len(leading) < 3 else [name for name in leading if name in STATEMENTS] or leading
