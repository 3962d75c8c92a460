"""Codes, phone numbers and numbers as people type and paste them, in the digits of any script."""

from __future__ import annotations

import unicodedata

# What NFKC leaves: a minus, the long vowel mark that stands for a hyphen in Japanese, and Arabic signs of numbers.
_SIGNS = {0x2212: "-", 0x30FC: "-", 0x66B: ".", 0x66C: ""}


def in_ascii(text: str) -> str:
    """`text` with ASCII digits, hyphens and spaces, and without invisible characters: "+49 30 123" of "‪+٤٩‑٣٠ １２３‬".

    A pasted contact has marks of direction around a number, and spaces and hyphens in it that do not break.
    """
    return " ".join("".join(map(_plain, unicodedata.normalize("NFKC", text))).split())


def _plain(char: str) -> str:
    if ord(char) in _SIGNS:
        return _SIGNS[ord(char)]
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    return {"Cf": "", "Pd": "-", "Zs": " "}.get(kind, char)
