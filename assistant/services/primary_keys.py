"""Primary keys as pages send them."""

from __future__ import annotations

MOST_DIGITS = 18  # a column holds 63 bits; Python itself refuses to read a number of 5,000 digits


def parse_pk(text: object) -> int | None:
    """The number of a row that `text` names. None where it can be none, which no row is found by either."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS else None
