"""Where a sentence falls into clauses, by language."""

from __future__ import annotations

from functools import cache

from assistant.engine.caseless import Caseless

_MARKS = (
    r"[,;–—!،؛、✅✔☑] ?|:(?!\d\d) ?| [–—-] |(?<=[。！])|(?=\b(?:please|let me know|feel free)\b)"
    r"|\. (?=(?:your?|i|we|the|an?|ihre?|ich|wir|sie|dein|votre|vous|nous|je|un|une|su|tu|he|ho|il|la|le|uw|ik|er)\b)"
)
_CONJUNCTIONS = {
    "en": "but|so|and|then",
    "de": "aber|und|dann",
    "fr": "mais|et",
    "es": "pero|y",
    "it": "ma|e",
    "pt": "mas|e",
    "nl": "maar|en",
    "pl": "ale|i|a",
    "tr": "ve|ama",
    "ru": "но|и|а",
    "uk": "але|та|і|й",
    "hi": "और|लेकिन",
    "ar": "واذا|ولو|وان",
}


@cache
def breaks(name: str) -> Caseless:
    """What stands between two clauses in the language `name`; in one without conjunctions here, marks alone."""
    words = _CONJUNCTIONS.get(name)
    return Caseless(f"{_MARKS}| (?:{words}) " if words else _MARKS, whole=True)
