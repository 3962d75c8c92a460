"""Numbers are read in the digits of any script, and with the marks that come along when one is pasted."""

from __future__ import annotations

import pytest

from assistant.services.typed_numbers import in_ascii

DIGITS = "0123456789"
ZEROS = {"Arabic": 0x660, "Persian": 0x6F0, "Devanagari": 0x966, "Bengali": 0x9E6, "Thai": 0xE50, "full-width": 0xFF10}


@pytest.mark.parametrize("zero", ZEROS.values(), ids=ZEROS)
def test_digits_of_any_script_are_read(zero: int) -> None:
    assert in_ascii("".join(chr(zero + digit) for digit in range(10))) == DIGITS


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("\u202a+44\u00a020\u202f7946\u2011000\u202c", "+44 20 7946-000"),
        ("\u2066(030)\u2069\u200e 12\u00ad34\u20135", "(030) 1234-5"),
        ("（０３）１２３４ー５６７８", "(03)1234-5678"),
        ("٣٫٥", "3.5"),
        ("\u22127", "-7"),
        ("  12\t34\n", "12 34"),
        ("Zimmer 4", "Zimmer 4"),
    ],
)
def test_signs_and_spaces_are_plain_and_what_is_invisible_is_gone(typed: str, read: str) -> None:
    assert in_ascii(typed) == read
