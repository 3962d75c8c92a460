"""Languages that a text may be written in, told by its script and its commonest words."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from assistant.engine.folding import respelled
from assistant.engine.grammars import GRAMMARS, LEXICONS, STATEMENTS, Grammar, Stems
from assistant.engine.moments import stated
from assistant.engine.patterns import nouns_of
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
    said = WORD.findall(text.lower())
    counts = dict.fromkeys((name for name, _, _ in _SCRIPTS), 0)
    if all(map(_is_latin, said)):
        letters = counts["latin"] = int(any(map(str.isalpha, text)))  # all of them: how many makes no difference
    else:
        letters = sum(map(str.isalpha, text))
        counts = {name: len(letter.findall(text)) for name, letter, _ in _SCRIPTS}
    speaks = _speaking(said)
    found: list[str] = []
    for script, _, names in _SCRIPTS:
        if not counts[script]:
            continue
        most = max(speaks[name] for name in names)
        if len(names) == 1 or script == "han":
            found += [name for name in names if name not in found]
        else:
            found += [name for name in names if speaks[name] == most or (most > 0 and speaks[name] * 4 >= most * 3)]
    return tuple(found), _foreign(text, letters, counts, said)


_LANGUAGES_OF = {word: tuple(name for name in _WORDS if word in _WORDS[name]) for words in _WORDS.values() for word in words}


def _hits(said: Collection[str]) -> dict[str, int]:
    """How many of these words are among the commonest of each language."""
    hits = dict.fromkeys(_WORDS, 0)
    for word in said:
        for name in _LANGUAGES_OF.get(word, ()):
            hits[name] += 1
    return hits


def _speaking(said: Collection[str]) -> dict[str, int]:
    """What speaks for each language: of these words, those among its commonest, less those with letters that it has not."""
    hits = _hits(said)
    for word in said:
        if not word.isascii():
            for name in _without(word):
                hits[name] -= 1
    return hits


@lru_cache(maxsize=16_384)
def _is_latin(word: str) -> bool:
    """Whether all letters of a word are Latin ones."""
    return word.isascii() or all(_SCRIPTS[0][1].match(letter) for letter in word if letter.isalpha())


@lru_cache(maxsize=4096)
def _without(word: str) -> tuple[str, ...]:
    """The languages that have not all the letters of a word."""
    return tuple(name for name, other in _OTHER_LETTERS.items() if other.search(word))


def is_common(word: str) -> bool:
    """Whether a word is one of the commonest of a language that there is a grammar for."""
    return word.lower() in _LANGUAGES_OF


def _foreign(text: str, letters: int, counts: dict[str, int], said: list[str]) -> bool:
    if letters - sum(counts.values()) > letters / 2:
        return letters > 3  # Thai, Korean, Greek, Georgian, …
    if counts["arabic"] + counts["cyrillic"] > letters / 2 and _FOREIGN_LETTERS.search(text):
        return True
    if counts["latin"] + counts["cyrillic"] < letters / 2:
        return False
    words = [word for word in said if len(word) > 1 and word.isalpha()]
    if len(words) < 3 or _OWN_LETTERS.search(text):
        return False
    if sum(map(_is_foreign, words)) * 4 >= len(words):
        return True
    most = max(_hits(words).values())
    if most >= len(words) / 10 if most else len(words) <= 3:
        return False
    return TRIGGERS.isdisjoint(words) and not stated(text).weekdays


@lru_cache(maxsize=16_384)
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
    speaks = _speaking(said)
    speaks["fr"] += elided
    speaks["it"] += elided
    most = max(speaks[name] for name in names)
    leading = [name for name in names if speaks[name] == most]
    return leading if len(leading) < 3 else [name for name in leading if name in STATEMENTS] or leading
