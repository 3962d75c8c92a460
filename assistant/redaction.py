"""Nothing secret in what a model, a visitor or a log gets to see, however the other server dressed it up."""

from __future__ import annotations

import base64
import html
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "••••"
MIN_SECRET_CHARS = 4  # shorter ones are in every text


def redacted(text: object, secrets: Iterable[object]) -> str:
    """`text` with every form of every secret masked: as it is, encoded for URLs, JSON, HTML, as hex or base64.

    Either may be whatever a setting or an exception holds, such as None or bytes: what reports a failure must not fail.
    """
    text = _as_text(text)
    known = {secret for value in secrets if len(secret := _as_text(value)) >= MIN_SECRET_CHARS}
    forms = {form for secret in known for form in _forms(secret)}
    if not forms:
        return text
    longest_first = sorted(forms, key=len, reverse=True)
    return re.sub("|".join(re.escape(form) for form in longest_first), MASK, text, flags=re.IGNORECASE)


def secret_forms(secret: str) -> frozenset[str]:
    """The forms in which `redacted` finds `secret`, in any case of letters."""
    return frozenset(_forms(secret))


def _as_text(value: object) -> str:
    """What `value` says, in characters that can be encoded; "" for None."""
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="replace")
    return "" if value is None else str(value).encode(errors="replace").decode()


def _forms(secret: str) -> Iterator[str]:
    as_sent = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    yield from as_sent
    yield html.escape(secret)
    yield from _in_json(secret)
    for form in as_sent:
        # Whoever shows a whole request in base64 or hex shows its address as it was sent.
        yield form.encode().hex()
        yield from _in_base64(form.encode())


def _in_base64(raw: bytes) -> Iterator[str]:
    """Within a longer text, such as "user:password", base64 falls into one of three steps. The characters at either end
    depend on the neighbours, so the middle is what is looked for."""
    if len(raw) < 6:
        return
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        first = (0, 2, 3)[shift]
        last = len(encoded) - (1 if (shift + len(raw)) % 3 else 0)
        yield encoded[first:last]
        yield encoded[first:last].replace("+", "-").replace("/", "_")


def _in_json(secret: str) -> Iterator[str]:
    """As part of a JSON text, and of a JSON text within one; some writers escape slashes too."""
    for ascii_alone in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_alone)[1:-1]
        yield once
        yield once.replace("/", "\\/")
        yield json.dumps(once, ensure_ascii=ascii_alone)[1:-1]


def is_storable(value: Any) -> bool:
    """Whether a JSON value is one that every database takes: no NUL, no half of a surrogate pair, no NaN."""
    values = [value]
    while values:
        match values.pop():
            case str() as text if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
                return False
            case float() as number if not math.isfinite(number):
                return False
            case list() as several:
                values += several
            case dict() as pairs:
                values += [*pairs, *pairs.values()]
    return True


def clean(text: str) -> str:
    """`text` without what no database keeps and no reader sees: control characters, lone surrogates."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
