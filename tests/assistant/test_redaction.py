"""Secrets, however another server dresses them up, and text that nobody should have to keep."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.redaction import MASK, clean, redacted

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cs", "Cc"]), min_size=9)


@settings(max_examples=200, deadline=None)
@given(SECRETS, st.binary(max_size=7), st.binary(max_size=7))
def test_base64_of_a_secret_within_anything_does_not_give_it_away(secret: str, before: bytes, after: bytes) -> None:
    shown = redacted(base64.b64encode(before + secret.encode() + after).decode(), [secret])
    assert MASK in shown
    # What is left at the edges is at most a character or two of it on either side.
    assert len(shown.replace(MASK, "")) <= 8 * 4 / 3 * 2 + 8


@pytest.mark.parametrize("form", [str, quote, quote_plus, lambda s: s.encode().hex(), str.upper])
def test_every_plain_form_is_masked(form) -> None:  # type: ignore[no-untyped-def]
    assert redacted(f"before {form('a b/c+d=é')} after", ["a b/c+d=é"]) == f"before {MASK} after"


@pytest.mark.parametrize("sent", [quote, quote_plus])
def test_an_address_in_base64_or_hex_does_not_give_it_away_either(sent) -> None:  # type: ignore[no-untyped-def]
    request = f"GET /?key={sent('+/a b/c+d=é')} HTTP/1.1".encode()
    for shown in (base64.b64encode(request).decode(), request.hex()):
        assert MASK in redacted(shown, ["+/a b/c+d=é"])


def test_the_longest_secret_wins_and_short_ones_are_no_secrets() -> None:
    assert redacted("key-1234-more", ["key-1234", "key-1234-more"]) == MASK
    assert redacted("a cat", ["a", ""]) == "a cat"


def test_text_is_cleaned_of_what_no_database_keeps() -> None:
    assert clean("a\x00b\ud800c\x1b[0m\n\td\u2028é🙂") == "abc[0m\n\td\u2028é🙂"


@pytest.mark.parametrize("odd", [None, b"\xff\x00secret", "", 0, 12345, ["a list"], "\ud800 half a pair"])
def test_whatever_stands_for_a_secret_or_a_text_never_raises(odd: object) -> None:
    assert redacted("nothing of the kind", [odd]) == "nothing of the kind"
    assert isinstance(redacted(odd, ["sec-1234", odd]), str)
    assert redacted(b"with sec-1234 inside", [None, b"sec-1234"]) == f"with {MASK} inside"
