"""Redaction of secrets from what models, visitors and logs see, in whatever encoding another server sent them."""

from __future__ import annotations

import base64
import codecs
import html
import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "••••"
MIN_SECRET_CHARS = 4  # shorter ones are in every text
LONG_CHARS = 16  # of what may have been broken over two lines as it is
BARE_CHARS = 10  # letters and digits of what is recognised with anything else between them
MAX_READINGS = 4  # a text as it is, and unescaped once, twice, three times


def redacted(text: object, secrets: Iterable[object]) -> str:
    """`text` with every form of every secret masked: as it is, backwards, in ROT13, encoded for URLs, HTML or JSON, once or
    several times, letter by letter or in part, and as hex, base64, base32 or base85, also backwards, with line breaks or
    invisible characters in it or without; what is long enough also with anything but letters and digits between its letters,
    such as commas or tags, and as the numbers of its bytes.

    A secret can be told in endlessly many ways, by a cipher or letter by letter among other words: those are not found.

    Its time grows with the length of `text`. Cut a text after this, never before: half a secret has no known form.
    """
    text = _as_text(text)
    wanted = {known for secret in secrets if len(known := _as_text(secret)) >= MIN_SECRET_CHARS}
    plain = {_lower(form) for secret in wanted for form in _plain_forms(secret)}
    coded = {_lower(form) for secret in wanted for form in (*_coded_forms(secret), *_rare_forms(secret))}
    coded |= {form for form in plain if len(form) >= LONG_CHARS}
    bare = {form for secret in wanted for form in _bare_forms(secret)}
    spans: list[tuple[int, int]] = []
    reading = _Reading.of(text)
    for _ in range(MAX_READINGS if wanted else 0):
        spans += reading.spans_of(plain)
        spans += reading.without(_FOLDS).spans_of(coded)
        spans += reading.without(_INVISIBLE).spans_of(plain)
        if bare:
            spans += reading.without(_DRAWN, _as_written).without(_BETWEEN).spans_of(bare)
        further = reading.without(_ESCAPES, _unescaped)
        if further is reading:
            break
        reading = further
    return _masked(text, spans)


def _as_text(value: object) -> str:
    """What `value` says, in characters that can be encoded; "" for None."""
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="replace")
    return "" if value is None else str(value).encode(errors="replace").decode()


def secret_forms(secret: str) -> frozenset[str]:
    """The forms in which other servers write `secret`, in any case of letters: those of `redacted` but the rare ones."""
    return frozenset({*_plain_forms(secret), *_coded_forms(secret)})


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    end = -1  # of the last span
    for begins, ends in sorted(spans):
        if begins > end:
            parts += [text[max(end, 0) : begins], MASK]
        end = max(end, ends)
    return "".join([*parts, text[max(end, 0) :]])


def _plain_forms(secret: str) -> Iterator[str]:
    yield secret[::-1]
    for form in (secret, secret.replace(" ", "+")):  # as it is, and as a form sends it
        yield form
        yield form.encode(errors="replace").decode("latin-1")  # once its bytes were read one by one
    pairs = secret.encode("utf-16-be", "surrogatepass")
    yield "".join(chr(high << 8 | low) for high, low in zip(pairs[::2], pairs[1::2], strict=True))  # as `\u` writes it


def _coded_forms(secret: str) -> Iterator[str]:
    # A whole request in base64 or hex contains its address as it was sent.
    for form in {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}:
        raw = form.encode(errors="replace")
        yield raw.hex()
        yield from _in_base64(raw)


def _rare_forms(secret: str) -> Iterator[str]:
    """What no server writes by itself, but one that is asked to, or a model: dearer to make, so not for each answer that
    streams."""
    raw = secret.encode(errors="replace")
    if len(raw) < BARE_CHARS:  # "green" would be "terra" in ROT13
        return
    turned = codecs.encode(secret, "rot13")
    if turned != secret:
        yield turned
    yield turned[::-1]
    yield raw.hex()[::-1]
    for code in _in_base64(raw):
        yield code[::-1]
    yield from _in_base64(raw[::-1])
    yield from _in_groups(raw, 5, base64.b32encode)
    for encode in (base64.b85encode, base64.a85encode):
        yield from _in_groups(raw, 4, encode)


def _bare_forms(secret: str) -> Iterator[str]:
    """Letters and digits of what is long enough not to stand in other texts by chance: of the secret, either way round, of
    its codes, and of its bytes as decimal numbers."""
    raw = secret.encode(errors="replace")
    base64_of = base64.b64encode(raw)
    codes = [secret, secret[::-1], *_coded_forms(secret), *_in_base64(base64_of), base64.b32encode(raw).decode()]
    if len(raw) >= BARE_CHARS:
        codes += ["".join(format(byte, form) for byte in raw) for form in ("d", "o", "03o", "08b")]
    for form in codes:
        bare = _lower(_BETWEEN.sub("", _DRAWN.sub(lambda drawn: _as_written(drawn[0]), form)))
        if len(bare) >= BARE_CHARS:
            yield bare


def _as_written(drawn: str) -> str:
    """Letters in full width, of mathematics or in circles as the plain ones that they look like."""
    return unicodedata.normalize("NFKC", drawn)


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


def _in_groups(raw: bytes, size: int, encode: Callable[[bytes], bytes]) -> Iterator[str]:
    """Codes that make each `size` bytes so many characters, wherever within a longer text the groups begin: those that lie
    in the secret as a whole, where there are two at least."""
    for first in range(size):
        whole = raw[first : first + (len(raw) - first) // size * size]
        if len(whole) >= 2 * size:
            yield encode(whole).decode()


_ESCAPES = re.compile(
    r"%[0-9a-f]{2}|&#x[0-9a-f]{1,6};?|&#[0-9]{1,7};?|&[a-z][a-z0-9]{1,31};"
    r"|\\u\{[0-9a-f]{1,6}\}|\\U[0-9a-f]{8}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[0-3][0-7]{2}|=[0-9A-F]{2}|\\[\\/\"'bfnrt]",
    re.IGNORECASE,
)
_FOLDS = re.compile(r"=\r?\n|\s+")  # where long base64 is broken: by MIME, by quoted-printable, by hand
_DRAWN = re.compile("[\uff01-\uff5e\u2460-\u24ff\u2070-\u209c\u1d2c-\u1d6a\U0001d400-\U0001d7ff]+")
# Anything but letters and digits, tags, and what says that hexadecimal digits follow.
_BETWEEN = re.compile(
    r"<[^<>]{0,80}>|(?<![^\W_])0x(?=[0-9a-f]{2}(?![0-9a-f]))"
    r"|(?:[^\w<]|[_\u1160\u115f\u3164\uffa0]|<(?![^<>]{0,80}>))+",
    re.IGNORECASE,
)
# Unicode's Default_Ignorable_Code_Point, and what else shows nothing.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _unescaped(escape: str) -> str:
    """The character that an escape stands for; a byte of a URL is the character of its number."""
    if escape[0] in "%=":
        return chr(int(escape[1:], 16))
    if escape[1].isdigit():
        return chr(int(escape[1:], 8))
    if escape[0] == "&":
        return html.unescape(escape if escape.endswith(";") else escape + ";")
    if escape[1] in "uUxX":
        number = int(escape[2:].strip("{}"), 16)
        return chr(number) if number < 0x110000 else escape
    return _LETTERS.get(escape[1], escape[1])


@dataclass(frozen=True)
class _Reading:
    """A text as it reads with parts of it replaced, made of pieces: each starts at one of `starts`, and is what stands
    between its places of `begins` and `ends` of `outer`."""

    text: str
    starts: list[int]
    begins: list[int]
    ends: list[int]
    outer: _Reading | None = None

    @classmethod
    def of(cls, text: str) -> _Reading:
        return cls(text, [0], [0], [len(text)])

    def without(self, pattern: re.Pattern[str], instead: Callable[[str], str] = lambda found: "") -> _Reading:
        """With `instead` of what `pattern` finds; the same reading where it finds nothing."""
        parts: list[str] = []
        starts: list[int] = []
        begins: list[int] = []
        ends: list[int] = []
        length = at = 0
        cuts = [(found.start(), found.end(), instead(found[0])) for found in pattern.finditer(self.text)]
        for first, last, new in [*cuts, (len(self.text), len(self.text), "")]:
            for part, begin, end in ((self.text[at:first], at, first), (new, first, last)):
                if part:
                    parts.append(part)
                    starts.append(length)
                    begins.append(begin)
                    ends.append(end)
                    length += len(part)
            at = last
        return _Reading("".join(parts), starts, begins, ends, self) if cuts else self

    def spans_of(self, forms: Iterable[str]) -> Iterator[tuple[int, int]]:
        """Where in the outermost text each of `forms`, in small letters, stands."""
        lowered = _lower(self.text)
        for form in forms:
            at = lowered.find(form)
            while at >= 0:
                yield self._place(at)[0], self._place(at + len(form) - 1)[1]
                at = lowered.find(form, at + len(form))

    def _place(self, at: int) -> tuple[int, int]:
        """From where to where the character at `at` stands in the outermost text."""
        piece = bisect_right(self.starts, at) - 1
        begin, end = self.begins[piece], self.ends[piece]
        upto = self.starts[piece + 1] if piece + 1 < len(self.starts) else len(self.text)
        if upto - self.starts[piece] == end - begin:  # as it was
            begin += at - self.starts[piece]
            end = begin + 1
        return (self.outer._place(begin)[0], self.outer._place(end - 1)[1]) if self.outer else (begin, end)


def _lower(text: str) -> str:
    """In small letters, each in its place."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := char.lower()) == 1 else char for char in text)


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


def shows_something(text: str) -> bool:
    """Whether a reader sees anything of it. A mark shows nothing by itself: it belongs to a letter that is not there."""
    return any(not (char in _BLANK or _INVISIBLE.match(char) or unicodedata.category(char) in _UNSEEN) for char in text)


_UNSEEN = {"Cc", "Cf", "Cs", "Mn", "Mc", "Me", "Zs", "Zl", "Zp"}


def visible(text: str) -> str:
    """`text` with every character that shows nothing, or turns others around, as its number: `⟨U+202E⟩`.

    People who are asked to confirm or to judge a text have to see what it is. What a script or an emoji cannot be written
    without stays: a joiner between two letters that are not ASCII, a variation selector behind a character that it can vary.
    """
    shown = []
    for at, char in enumerate(text):
        kind = unicodedata.category(char)
        hidden = (kind in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\n\t") or char in _BLANK or _is_selector(char)
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if hidden and not (_is_letter(before) and (_is_selector(char) or (char in _JOINERS and _is_letter(after)))):
            shown.append(f"⟨U+{ord(char):04X}⟩")
        else:
            shown.append(char)
    return "".join(shown)


_JOINERS = "\u200c\u200d"
_BLANK = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters, marks and symbols that show nothing


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _is_letter(char: str) -> bool:
    """Whether a joiner or a selector beside it may be part of how it is written."""
    if char in _BLANK or not char:
        return False
    return char in "#*0123456789" or _is_selector(char) or (not char.isascii() and unicodedata.category(char)[0] in "LMS")


def clean_name(text: str) -> str:
    """A name as one line, without what no reader sees and without what turns the direction of writing: it stands among the
    words of others, which would be turned as well."""
    return " ".join(_DIRECTIONS.sub("", clean(text.replace("\r", " "))).split())


_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """`text` without what no database keeps and no reader sees: control characters, lone surrogates."""
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
