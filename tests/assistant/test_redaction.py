"""Secrets in any encoding that another server may use are masked, and so is text that must not be stored."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.redaction import MASK, clean, clean_name, redacted
from tests.sampling import examples

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["Cs", "Cc"]), min_size=9)


@settings(max_examples=examples(100), deadline=None)
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


# --- What other servers make of a secret ------------------------------------------------------------------------------

KEY = "sk-live_9f3QzT7/xV+2mB8kLw0c=é"


def percent(text: str, letters: str = "{:02x}") -> str:
    return "".join("%" + letters.format(byte) for byte in text.encode())


def folded(text: str, width: int, end: str) -> str:
    return end.join(text[at : at + width] for at in range(0, len(text), width))


def encoded(text: str, before: str = "") -> str:
    return base64.b64encode((before + text).encode()).decode()


FORMS = {
    "percent-encoded in full": percent(KEY),
    "in mixed case": "".join(percent(char, "{:02x}" if n % 2 else "{:02X}") for n, char in enumerate(KEY)),
    "in part": "".join(char if char.isalnum() and n % 3 else percent(char) for n, char in enumerate(KEY)),
    "percent-encoded twice": quote(percent(KEY)),
    "decimal entities": "".join(f"&#{ord(char)};" for char in KEY),
    "hexadecimal entities": "".join(f"&#x{ord(char):X};" for char in KEY),
    "named entities": KEY.replace("/", "&sol;").replace("+", "&plus;").replace("é", "&eacute;"),
    "escapes of JSON": "".join(f"\\u{ord(char):04x}" for char in KEY),
    "escapes of JSON within JSON": "".join(f"\\\\u{ord(char):04X}" for char in KEY),
    "escapes of bytes": "".join(f"\\x{byte:02x}" for byte in KEY.encode()),
    "hex in capitals": KEY.encode().hex().upper(),
    "hex in pairs": KEY.encode().hex(" "),
    "backwards": KEY[::-1],
    "broken over two lines": folded(KEY, 20, "\r\n"),
    "broken by quoted-printable": folded(KEY, 20, "=\n"),
    "in quoted-printable": "".join(f"={byte:02X}" for byte in KEY.encode()),
    "octal escapes": "".join(f"\\{byte:03o}" for byte in KEY.encode()),
    "long escapes": "".join(f"\\U{ord(char):08x}" for char in KEY),
    **{
        f"with U+{ord(hidden):04X} between its letters": hidden.join(KEY)
        for hidden in "\u00ad\u034f\u180e\u200b\u200d\u202e\u2060\u3164\ufe0f\ufeff\U000e0041"
    },
    "with other marks between its letters": " · ".join(KEY),
    "as letters in quotes": ", ".join(f"'{char}'" for char in KEY),
    "in bold letters": "**" + "**-**".join(KEY) + "**",
    "with tags between its letters": "<b>".join(KEY),
    "in two halves that a program joins": f"{KEY[:9]}' + '{KEY[9:]}",
    "in full width": "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in KEY),
    "as hexadecimal numbers": ", ".join(f"0x{byte:02x}" for byte in KEY.encode()),
    "as decimal numbers": " ".join(map(str, KEY.encode())),
    "base64 with something between its letters": "\u200b".join(encoded(KEY)),
    "in base32": base64.b32encode(KEY.encode()).decode().rstrip("="),
    "base64 of its base64": encoded(encoded(KEY)),
    "in ROT13": codecs.encode(KEY, "rot13"),
    "in ROT13 and backwards": codecs.encode(KEY, "rot13")[::-1],
    "base64 backwards": encoded(KEY)[::-1],
    "hex backwards": KEY.encode().hex()[::-1],
    "base64 of it backwards": base64.b64encode(KEY.encode()[::-1]).decode(),
    "in base85": base64.b85encode(KEY.encode()).decode(),
    "in Ascii85": base64.a85encode(KEY.encode()).decode(),
    "as bits": " ".join(f"{byte:08b}" for byte in KEY.encode()),
    "as octal numbers": ", ".join(f"{byte:o}" for byte in KEY.encode()),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_no_form_of_a_secret_is_shown(form: str) -> None:
    shown = redacted(f'{{"echo": "{form}"}} and so on', [KEY])
    before, mask, after = shown.partition(MASK)
    assert mask and len(before) + len(after) <= len('{"echo": ""} and so on') + 8  # marks at its edges may stay
    assert shown.startswith('{"echo": "') and shown.endswith('"} and so on')


@pytest.mark.parametrize("end", ["\n", "\r\n", "\\n", "\\r\\n", "=\n", " ", "\n\t", "%0A", "&#10;"])
@pytest.mark.parametrize("before", ["", "u", "us"])
def test_folded_base64_of_a_secret_is_masked_wherever_it_begins(before: str, end: str) -> None:
    for width in (8, 13, 76):
        shown = redacted(f"Basic {folded(encoded(KEY, before), width, end)}.", [KEY])
        assert MASK in shown and len(shown.removeprefix("Basic ").replace(MASK, "")) <= 8


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "abcd"])
@pytest.mark.parametrize("encode", [base64.b85encode, base64.a85encode, base64.b32encode])
def test_codes_in_groups_are_masked_wherever_the_secret_begins_in_them(
    encode: Callable[[bytes], bytes], before: str
) -> None:
    shown = redacted(encode(f"{before}{KEY} and so on".encode()).decode(), [KEY])
    assert MASK in shown and len(shown) <= len(encode(f"{before} and so on".encode())) + 16  # of its ends


def test_what_only_looks_like_another_form_of_a_short_secret_stays() -> None:
    assert redacted("On terra firma", ["green"]) == "On terra firma"


def test_a_short_secret_is_masked_with_invisible_characters_in_it_and_not_with_others() -> None:
    assert redacted("the pin is s\u200be\u200bc\ufeff-1.", ["sec-1"]) == f"the pin is {MASK}."
    assert redacted("see chapter 1, section C-1; s.e.c. 1", ["sec-1"]) == "see chapter 1, section C-1; s.e.c. 1"


def test_what_stands_around_a_secret_stays_as_it_was() -> None:
    text = "Fünf % &amp; \\n 100%25 İstanbul &unknown; %zz \\u00e9 "
    assert redacted(text, [KEY]) == text
    assert redacted(f"{text}{percent(KEY)}{text}{KEY}\n{text}", [KEY]) == f"{text}{MASK}{text}{MASK}\n{text}"


def test_a_secret_outside_the_basic_plane_is_masked_as_halves_too() -> None:
    secret = "pass🔑word"
    assert redacted(json.dumps({"key": secret}), [secret]) == f'{{"key": "{MASK}"}}'
    assert redacted(percent(secret), [secret]) == MASK


def test_an_empty_secret_masks_nothing() -> None:
    assert redacted("None is left.", [None, ""]) == "None is left."


def test_a_name_turns_no_writing_around_and_stays_on_its_line() -> None:
    turned = "\u202eA\u2067d\u2069a\u202c \u202a\u2066\n Lovelace\r\x07\u202d"
    assert clean_name(turned) == "Ada Lovelace"
    assert clean_name("می\u200cخواهم") == "می\u200cخواهم", "what a script is written with stays"
