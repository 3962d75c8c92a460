"""Folding of text to what a reader sees: no markup, invisible characters or look-alikes, one spelling per letter.

A claim is judged by what it looks like on the screen, so all that changes the code points and not the look is folded
away first. Sources: UAX #15 (NFKC), UTS #39 (confusables), Unicode's DerivedCoreProperties (Default_Ignorable).
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
# Marks that strike through or overload Latin, Greek and Cyrillic letters, and vowel marks that Arabic and Hebrew leave out
# at will. Those that compose with their letter are part of it by then; Indic vowels are letters and stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a"
    "\u0640\u064b-\u065f\u0670\u06d6-\u06ed]+"
)
_COMMENT = re.compile(r"<!--.{0,400}?-->", re.DOTALL)
_BREAKING_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|table|h[1-6]|hr)\b[^<>]{0,200}>", re.IGNORECASE)
_CELL_TAG = re.compile(r"</?(?:td|th)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});?")
_LINK = re.compile(r"\]\([^()\s]{0,200}\)")
_MARKUP = re.compile(r"\\(?=[^\w\s])|[*_`~\[\]#>]+|(?<![\w])<|<(?![\w])")
_STRUCK = re.compile(r"~~[^~\n]{0,80}\w[^~\n]{0,80}~~")  # "is ~~not~~ booked": what is struck through may take a denial back
_WORD = re.compile(r"\w+")
_SPACED = re.compile(r"(?<!\S)(?:[^\W\d_][ .·-]){3,30}[^\W\d_](?!\w)")
_LEET = re.compile(r"(?<!\S)[a-z](?=\S*[a-z]\S*[a-z])[a-z01345$@]*[01345$@][a-z]+(?!\w)")
_LEET_SIGN = re.compile(r"[01345$@]")

_COSTUME = re.compile(
    "[\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff\U0001f130-\U0001f189ᴀ-ᴢ\u0243-\u024f\ua720-\ua7ff]|[a-zA-Z][\u0335-\u0338]"
)

_LEET_LETTERS = str.maketrans("01345$@", "oleassa")
_LATIN_OF = dict(
    zip(
        "АВЕЅІЈКМНОРСТХУҮԌԚԜаеѕіјорсухԁԛԝһӏѵгпкмтвнΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοινρυτκχγωօոսհցԼ",
        "ABESIJKMHOPCTXYYGQWaesijopcyxdqwhlvrnkmtbhABEZHIKMNOPTYXaoivputkxywonuhgL",
        strict=True,
    )
)
_CYRILLIC_OF = {latin: other for other, latin in _LATIN_OF.items() if "\u0400" <= other <= "\u04ff"}
_GREEK_OF = {latin: other for other, latin in _LATIN_OF.items() if "\u0370" <= other <= "\u03ff"}
_LIKE = {"LATIN": _LATIN_OF, "CYRILLIC": _CYRILLIC_OF, "GREEK": _GREEK_OF}

# Letters beyond the alphabets of the languages that there is a grammar for, whose names say which letter they look like:
# LATIN CAPITAL LETTER Y WITH STROKE, LATIN SMALL LETTER OO.
_NAMED = re.compile(
    r"LATIN (CAPITAL|SMALL) (?:LETTER|LIGATURE) (?:SMALL CAPITAL |REVERSED |TURNED )?([A-Z]{1,2})(?: WITH .+)?"
)
_OWN_LETTERS = "øłđħŋæœðþ"
_EXTENDED = {
    code: named[2] if named[1] == "CAPITAL" else named[2].lower()
    for start, end in (
        (0x110, 0x250),
        (0x250, 0x2B0),
        (0x1D00, 0x1DC0),
        (0x2C60, 0x2C80),
        (0xA720, 0xA800),
        (0xAB30, 0xAB70),
    )
    for code in range(start, end)
    if chr(code).lower() not in _OWN_LETTERS
    and unicodedata.normalize("NFKD", chr(code)) == chr(code)
    and (named := _NAMED.fullmatch(unicodedata.name(chr(code), "")))
}
_ARROWS = re.compile(
    r"[ \t]*(?:[\u2190-\u21ff\u2794-\u27be\u27f0-\u27ff\u2900-\u297f\u2b00-\u2b4f\u2b5a-\u2bb9▶►▸▻\U0001f800-\U0001f8ff]"
    r"\ufe0f?)+[ \t]*"
)
_SHARP_FIRST = re.compile(r"(?<!\w)ß(?=[a-z]{2})")  # no word begins with it

# What neither NFKC nor a script tells apart from a letter: small capitals, phonetic letters, letters in boxes.
_DRAWN = {
    **_EXTENDED,
    **dict(zip(map(ord, "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"), "abcdefghijklmnoprstuvwyz", strict=True)),
    **dict(zip(map(ord, "ɑɡɩʋɐɔƅɓɗǝⅼℓ"), "agivacbbdell", strict=True)),
    **{start + n: chr(97 + n) for start in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6) for n in range(26)},
    **{ord(mark): "'" for mark in "’‘ʼ′´＇"},
    ord("İ"): "i",
}
_ARABIC = str.maketrans("أإآٱىئؤةیک", "اااايءوهيك")
_DIGITS = {
    code: str(unicodedata.digit(chr(code)))
    for start in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)
    for code in range(start, start + 10)
}


# What nearly all replies consist of, and is what it looks like: no sign of markup, and letters that nothing is folded to.
_PROSE = re.compile(
    r"[\n !\"$%'()+,./0-9:;=?@A-Z^a-z{|}¡£§«»°·¿–—“”„•€"
    + "".join(
        chr(code)
        for code in range(0xC0, 0x180)
        if chr(code).isalpha() and unicodedata.normalize("NFKC", chr(code).translate(_DRAWN)) == chr(code)
    )
    + "-]*"
)


@dataclass(frozen=True)
class FoldedText:
    """`text` in plain letters, line breaks kept; `disguised` when letters were hidden in a way that no writer needs."""

    text: str
    disguised: bool


@lru_cache(maxsize=4)  # a sentence that was judged is asked for once more when the next begins
def fold(text: str) -> FoldedText:
    """What `text` looks like, in the letters that it looks like."""
    plain, disguised = text.replace("’", "'").replace("…", "...").replace("\u00a0", " "), False
    if not _PROSE.fullmatch(plain) or ("ß" in plain and _SHARP_FIRST.search(plain)):
        plain, disguised = _unmasked(text)
    joined = _SPACED.sub(lambda letters: re.sub(r"[ .·-]", "", letters[0]), plain)
    bare = _LEET.sub(lambda word: word[0].translate(_LEET_LETTERS), joined) if _LEET_SIGN.search(joined) else joined
    return FoldedText(bare, disguised or joined != plain)


def _unmasked(text: str) -> tuple[str, bool]:
    """A text without markup, in the letters that it looks like, and whether they were hidden."""
    plain, disguised = text, False
    if "<" in plain:
        plain = _COMMENT.sub("", plain)
        plain = _BREAKING_TAG.sub("\n", _CELL_TAG.sub("|", plain))
        bare = _TAG.sub("", plain)
        disguised = bool(re.search(r"\w</?[a-zA-Z][^<>]{0,200}>\w", plain))
        plain = bare
    if "&" in plain:
        disguised = disguised or bool(re.search(r"&#(?!39|34|x27|8217|160)", plain))
        plain = _ENTITY.sub(lambda entity: html.unescape(entity[0]), plain)
    if not plain.isascii():
        plain = _ARROWS.sub(" → ", plain)
    visible = _IGNORABLE.sub("", plain)
    if visible != plain:
        disguised = disguised or bool(re.search(rf"[a-zA-Z]{_IGNORABLE.pattern}[a-zA-Z]", plain.replace("\u00ad", "")))
    plain = unicodedata.normalize("NFKC", visible.translate(_DRAWN))
    if not visible.isascii():
        disguised = disguised or bool(_COSTUME.search(visible)) or _SHARP_FIRST.search(plain) is not None
        plain = _SHARP_FIRST.sub("b", plain)
        plain, mixed = _one_script(_MARKS.sub("", plain))
        disguised = disguised or mixed
        plain = plain.translate(_ARABIC).translate(_DIGITS)
    disguised = disguised or _STRUCK.search(plain) is not None
    return _MARKUP.sub("", _LINK.sub("", plain)), disguised


def respelled(pattern: str) -> str:
    """A grammar's pattern in the letters that `fold` leaves."""
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFC", pattern))).translate(_ARABIC)


def _one_script(text: str) -> tuple[str, bool]:
    """Look-alikes in the script that most of the text is written in, and whether a word mixed scripts."""
    counts = dict.fromkeys(_LIKE, 0)
    for letter in text:
        if script := _script(letter):
            counts[script] += 1
    present = [script for script, count in counts.items() if count]
    if len(present) < 2:
        return text, False
    main = max(present, key=counts.__getitem__)
    like, mixed = _LIKE[main], False

    def unify(word: re.Match[str]) -> str:
        nonlocal mixed
        scripts = {script for letter in word[0] if (script := _script(letter))}
        if not scripts or scripts == {main}:
            return word[0]
        if any(map(str.isdigit, word[0])):  # a reference, which is Latin in any language
            mixed = mixed or len(scripts) > 1
            return "".join(_LATIN_OF.get(letter, letter) for letter in word[0])
        if len(scripts) > 1:
            mixed = True
        elif not all(letter in like for letter in word[0]):
            return word[0]  # a foreign word, written as it is
        return "".join(like.get(letter, letter) if _script(letter) != main else letter for letter in word[0])

    return _WORD.sub(unify, text), mixed


def _script(letter: str) -> str:
    code = ord(letter)
    if code < 0x41:
        return ""
    if code < 0x250:
        return "LATIN" if letter.isalpha() else ""
    if 0x370 <= code <= 0x3FF or 0x1F00 <= code <= 0x1FFF:
        return "GREEK"
    return "CYRILLIC" if 0x400 <= code <= 0x52F or 0x530 <= code <= 0x58F else ""
