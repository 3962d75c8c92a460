"""Grammars of claims, one file per language: how it says that something has been done."""

from . import (
    arabic,
    chinese,
    dutch,
    english,
    french,
    german,
    hebrew,
    hindi,
    italian,
    japanese,
    polish,
    portuguese,
    russian,
    spanish,
    turkish,
    ukrainian,
)
from .grammar import Grammar, Lexicon, Statements, Stems
from .people import PEOPLE, People

__all__ = ["GRAMMARS", "LEXICONS", "PEOPLE", "STATEMENTS", "Grammar", "Lexicon", "People", "Statements", "Stems"]

_LANGUAGES = {
    "en": english,
    "de": german,
    "fr": french,
    "es": spanish,
    "it": italian,
    "pt": portuguese,
    "nl": dutch,
    "ar": arabic,
    "pl": polish,
    "tr": turkish,
    "ru": russian,
    "uk": ukrainian,
    "he": hebrew,
    "hi": hindi,
    "ja": japanese,
    "zh": chinese,
}
GRAMMARS: dict[str, Grammar | Stems] = {name: language.GRAMMAR for name, language in _LANGUAGES.items()}
LEXICONS: dict[str, Lexicon] = {name: language.LEXICON for name, language in _LANGUAGES.items()}
STATEMENTS: dict[str, Statements] = {
    "en": english.STATEMENTS,
    "de": german.STATEMENTS,
    "fr": french.STATEMENTS,
    "es": spanish.STATEMENTS,
    "ar": arabic.STATEMENTS,
}
