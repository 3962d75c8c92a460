"""Primary keys as pages send them."""

from __future__ import annotations

MOST_DIGITS = 18  # a column holds 63 bits; Python itself refuses to read a number of 5,000 digits
NO_ROW = -1  # is the primary key of none


def parse_pk(text: object) -> int:
    """The number of a row that `text` names, or `NO_ROW`, by which a query finds nothing."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS else NO_ROW
