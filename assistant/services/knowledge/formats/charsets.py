"""Decoding of bytes: by what they declare, by what others declare about them, or by their characters.

A wrong guess reads like a text and finds nothing, so there is no guess without a margin: `Unreadable` names the doubt, and
staff choose. chardet weighs the encodings of the web; what no language writes (a currency sign within a word, letters of
two scripts, accents that no alphabet has together) is ruled out first. Measured on one text in each of 26 languages,
by which the rules were also tuned, in its usual encodings (59 pairs) and UTF-16/32: of fragments of 80 characters and more
99 of 100 were read, of 25 characters 80, the others refused and none misread.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache
from itertools import pairwise

from assistant.services.knowledge.formats.result import Unreadable

SAMPLE_BYTES = 32_000  # that are weighed
MARGINS = ((40, 3.0), (72, 1.6), (SAMPLE_BYTES, 1.15))  # the next best reading is so much worse, in texts up to so long

CHOICES = (
    ("utf-8", "Unicode (UTF-8)"),
    ("utf-16-le", "Unicode (UTF-16, little-endian)"),
    ("utf-16-be", "Unicode (UTF-16, big-endian)"),
    ("cp1252", "Western European (Windows-1252)"),
    ("iso8859-15", "Western European (ISO-8859-15)"),
    ("mac-roman", "Western European (Macintosh)"),
    ("cp850", "Western European (DOS)"),
    ("cp1250", "Central European (Windows-1250)"),
    ("iso8859-2", "Central European (ISO-8859-2)"),
    ("mac-latin2", "Central European (Macintosh)"),
    ("iso8859-16", "Romanian (ISO-8859-16)"),
    ("cp1251", "Cyrillic (Windows-1251)"),
    ("koi8-r", "Cyrillic (KOI8-R)"),
    ("koi8-u", "Cyrillic (KOI8-U)"),
    ("iso8859-5", "Cyrillic (ISO-8859-5)"),
    ("cp866", "Cyrillic (DOS)"),
    ("mac-cyrillic", "Cyrillic (Macintosh)"),
    ("cp1253", "Greek (Windows-1253)"),
    ("iso8859-7", "Greek (ISO-8859-7)"),
    ("cp1254", "Turkish (Windows-1254)"),
    ("cp1255", "Hebrew (Windows-1255)"),
    ("iso8859-8", "Hebrew (ISO-8859-8)"),
    ("cp1256", "Arabic (Windows-1256)"),
    ("iso8859-6", "Arabic (ISO-8859-6)"),
    ("cp1257", "Baltic (Windows-1257)"),
    ("iso8859-13", "Baltic (ISO-8859-13)"),
    ("iso8859-4", "Baltic (ISO-8859-4)"),
    ("cp1258", "Vietnamese (Windows-1258)"),
    ("cp874", "Thai (Windows-874)"),
    ("gb18030", "Chinese, simplified (GB18030)"),
    ("big5hkscs", "Chinese, traditional (Big5)"),
    ("cp932", "Japanese (Shift_JIS)"),
    ("euc_jp", "Japanese (EUC-JP)"),
    ("iso2022_jp", "Japanese (ISO-2022-JP)"),
    ("cp949", "Korean (EUC-KR)"),
)
# What a label means on the web where Python takes it at its word: https://encoding.spec.whatwg.org/#names-and-labels
_ON_THE_WEB = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874"}
_ON_THE_WEB |= {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949"}
_LABELS = {"x-sjis": "cp932", "ks_c_5601-1987": "cp949", "x-gbk": "gb18030", "windows-874": "cp874", "x-x-big5": "big5hkscs"}
_LABELS |= {
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-roman": "mac-roman",
    "iso-8859-8-i": "iso8859-8",
    "unicode": "utf-16-le",
}
_LABELS |= {"x-cp1250": "cp1250", "x-cp1251": "cp1251", "x-cp1252": "cp1252", "dos-874": "cp874", "windows-31j": "cp932"}
_LABELS |= {"windows-949": "cp949", "x-mac-ukrainian": "mac-cyrillic", "x-user-defined": "", "replacement": ""}
# What mail programs and databases write where they mean one of these.
_LABELS |= {"ansi": "cp1252", "utf8mb4": "utf-8", "utf8mb3": "utf-8", "x-unicode-2-0-utf-8": "utf-8", "koi8-ru": "koi8-u"}
_LABELS |= {"unicode-1-1-utf-8": "utf-8", "unicode-1-1-utf-7": "utf-7", "x-euc-jp": "euc_jp", "x-euc-kr": "cp949"}
_LABELS |= {"iso-2022-jp-ms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext", "cp50221": "iso2022_jp_ext"}
_LABELS |= {"x-iso-2022-jp": "iso2022_jp", "x-big5": "big5hkscs", "x-gb2312": "gb18030", "x-euc-cn": "gb18030"}
_CODE_PAGE = re.compile(r"(?:x-)?(?:cp|ibm|dos|win|windows|msdos|ansi|oem|microsoft)?[-_ ]?(?:cp)?[-_ ]?(\d{3,5})")
_WITH_DIRECTION = re.compile(r"(iso[-_]?8859[-_]?[68])[-_ ]?[ie]")  # RFC 1556: in which direction its lines are written

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
# Encodings in seven bits, which say so each time that they change the alphabet.
_SHIFTED = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b\$[@B]"), "iso2022_jp"),
    (re.compile(rb"~\{(?:[!-w][!-~]){2,200}~\}"), "hz"),
)
_UTF_7 = re.compile(rb"\+(?:[A-Za-z0-9/]|\+(?!\+)){3,}")
# Bytes that a program took for Windows-1252, where that has signs; where it has none they stay what they are.
_BYTES_OF_1252 = {ord(bytes([byte]).decode("cp1252", "ignore") or chr(byte)): byte for byte in range(0x80, 0xA0)}
_WEIGHED_NAMES = """
    ibm866 iso-8859-1 iso-8859-2 iso8859-3 iso8859-4 iso-8859-5 iso-8859-6 iso-8859-7 iso-8859-8 iso8859-10 iso-8859-13
    iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u macroman cp874 windows-1250 windows-1251 windows-1252 windows-1253
    windows-1254 windows-1255 windows-1256 windows-1257 cp1258 maccyrillic maclatin2 macgreek macturkish gb18030 big5
    euc-jp shift_jis cp932 cp949 cp850 cp852
"""
_WEIGHED = _WEIGHED_NAMES.split()
# How much rarer they are than what else the same bytes may be.
_RARE = {"macroman": 0.75, "maccyrillic": 0.75, "maclatin2": 0.6, "macgreek": 0.6, "macturkish": 0.6, "ibm866": 0.9}
_RARE |= {"iso8859-3": 0.7, "iso8859-4": 0.7, "iso8859-10": 0.7, "iso8859-14": 0.7, "cp850": 0.5, "cp852": 0.5}

# Accents of western languages read like Czech ones: "più perché" as "piů perché". Their small words have no accents.
_WESTERN = re.compile(
    rb"\b(?:il|lo|della|delle|degli|dal|alle?|che|per|non|una|sono|gli|del|nel|les|des|est|pour|dans|avec|vous|nous|sur|une"
    rb"|que|los|las|para|con|por|uma|dos|das|com|und|der|die|ist|mit|nicht|och|att|det|inte|til|med|ikke|het|een|van|voor)\b",
    re.IGNORECASE,
)
_EASTERN_EUROPEAN = {"windows-1250", "windows-1257", "iso-8859-2", "iso-8859-13", "iso8859-4", "iso8859-16", "maclatin2"}

# The letters beyond ASCII that one language has, and the least share of all letters that they are in any longer text.
_ALPHABETS = (
    ("äöüß", 0.0),
    ("àâæçéèêëîïôœùûüÿ", 0.0),
    ("áéíóúüñªº", 0.0),
    ("áàâãçéêíóôõúüªº", 0.0),
    ("àèéìíîòóùúªº", 0.0),
    ("àçéèíïóòúü·", 0.0),
    ("åäöéü", 0.0),
    ("åæøéèêóòâôü", 0.0),
    ("äöåšž", 0.0),
    ("áðéíóúýþæö", 0.06),
    ("äöõüšž", 0.03),
    ("āčēģīķļņšūž", 0.05),
    ("ąčęėįšųūž", 0.05),
    ("ąćęłńóśźż", 0.04),
    ("áäčďéíĺľňóôŕšťúýž", 0.07),
    ("áčďéěíňóřšťúůýž", 0.08),
    ("áéíóöőúüű", 0.07),
    ("čćđšž", 0.015),
    ("ăâîșțşţ", 0.02),
    ("çğıöşüâîû\u0307", 0.05),
    ("ëçé", 0.03),
    ("ċġħżàèìòù", 0.03),
    ("áéíóú", 0.0),
    ("âêîôûŵŷäëïöàáù", 0.0),
    ("ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ", 0.1),
    ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", 0.0),
    ("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", 0.0),
    ("абвгдежзийклмнопрстуфхцчшщъьюя", 0.0),
    ("абвгдеёжзійклмнопрстуўфхцчшыьэюя", 0.0),
    ("абвгдђежзијклљмнњопрстћуфхцчџш", 0.0),
    ("абвгдѓежзѕијклљмнњопрстќуфхцчџш", 0.0),
)
_LETTERS = tuple((frozenset(letters), least) for letters, least in _ALPHABETS)
_LONG_ENOUGH = 50  # letters, from which on a share says something
_EASTERN = {"CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH", "FULLWIDTH", "KATAKANA-HIRAGANA", "HANGUL", "IDEOGRAPHIC"}
_SYMBOLS = set("€£¥¢°§©®™№×÷±µ฿₪¤¬¦′″´¨¸")
_TYPOGRAPHY = set("‘’“”–—…•€™£©®\xa0".encode("cp1252"))
_WORD = re.compile(r"[^\W\d_]+")
_UNWRITTEN = re.compile(
    r"[^\W\d_][¤¦§¨©ª«¬®°±²³´µ¶¸¹º»¼½¾×÷‡†‰‹›„“”•™€£¥¢₪฿ˆˇ¿¡˜˘˙˚˛˝…–—][^\W\d_]"  # a sign within a word
    r"|[a-zß-öø-ÿа-яёіїєґα-ωά-ώ][A-ZÀ-ÖØ-ÞА-ЯЁІЇЄҐΑ-Ω]"  # a capital after a small letter
    r"|(?:^|\s)[…–—‡†‰ˆ˜•™]\w|[ˆ˜‡](?:\s|$)"
    r"|\w–(?:\s|$)|[¡¿](?:[\s.,]|$)"
)


def known(label: str) -> str:
    """The encoding that a label names on the web or in a mail, "" for none that can be read."""
    label = re.split(r"[;,$]", label.strip().strip("\"'").lower())[0].strip(" \"'").removeprefix("_")
    directed, page = _WITH_DIRECTION.fullmatch(label), _CODE_PAGE.fullmatch(label)
    for name in filter(None, (label, directed and directed[1], page and f"cp{page[1]}")):
        if name in _LABELS:
            return _LABELS[name]
        try:
            found = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        if found._is_text_encoding:
            return _ON_THE_WEB.get(found.name, found.name)
    return ""


def decoded(data: bytes, charset: str = "") -> str:
    """Bytes as text, of which others say that they are in `charset`: that is believed where it can be true.

    Raises `Unreadable`.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").removeprefix("\ufeff")
    wide = _without_mark(data)
    if wide is not None:
        return wide
    if data.isascii() and (shifted := next((name for mark, name in _SHIFTED if mark.search(data)), "")):
        return data.decode(shifted, "replace")
    if _is_binary(data[:100_000]):
        raise Unreadable("binary")
    if data.isascii():
        return _seven_bits(data) or data.decode("ascii")
    for name in filter(None, ("utf-8", known(charset))):  # nothing else passes for UTF-8 by chance
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, ValueError):
            continue
        if name == "utf-8":
            return _encoded_once(text)
        if is_plausible(text[:SAMPLE_BYTES]):
            return text
        try:  # servers name an encoding for all of their files, also for those that are in another one
            return _recognised(data)
        except Unreadable:
            return text
    return _nearly_utf8(data) or _recognised(data)


def decoded_as(data: bytes, encoding: str) -> str:
    """Bytes as text in the encoding that somebody has chosen. Raises `Unreadable` where they cannot be in it."""
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable("wrong_encoding") from error


def _is_binary(sample: bytes) -> bool:
    return b"\0" in sample or sum(byte < 9 or 13 < byte < 27 for byte in sample) > len(sample) // 100


def _without_mark(data: bytes) -> str | None:
    """UTF-32 or UTF-16 that does not say so; None for what is neither. A zero byte is in any text of them that has a
    space or a line's end, and in no other text."""
    if b"\0" not in data[:4096] or _has_stray_zeros(data[:4096]):
        return None
    found: list[tuple[int, str]] = []
    for encoding, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        try:
            text = data[: len(data) - len(data) % width].decode(encoding)
        except UnicodeDecodeError:
            continue
        start = text[:2000]
        if re.search(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]", start) or not re.search(r"\w", start):
            continue
        if not any(unicodedata.category(char) in ("Cn", "Co", "Cs") for char in start):
            found.append((sum(char.isascii() for char in start), text))  # with its bytes swapped, a space is none
    found.sort(reverse=True)
    return found[0][1] if len(found) == 1 or (found and found[0][0] > found[1][0]) else None


def _has_stray_zeros(sample: bytes) -> bool:
    """Whether it is text in single bytes or UTF-8 but for a few zeros, such as a database leaves behind a value. Every
    second byte of Latin letters in UTF-16 is one, and letters of other scripts make no UTF-8."""
    if sample.count(0) * 5 >= len(sample):
        return False
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample.replace(b"\0", b""))
    return not re.search(r"[\x01-\x08\x0e-\x1f\x7f-\x9f\ufffd]", text)


def _seven_bits(data: bytes) -> str:
    """UTF-7, which old mail programs write; "" for plain ASCII that has a plus sign before letters."""
    if not _UTF_7.search(data):
        return ""
    try:
        text = data.decode("utf-7")
    except UnicodeDecodeError:
        return ""
    return text if any(char > "\x7f" and char.isalpha() for char in text) and is_plausible(text[:SAMPLE_BYTES]) else ""


def _encoded_once(text: str) -> str:
    """`text` as it was before a program took its UTF-8 for Windows-1252 and saved that as UTF-8: "ö" for "Ã¶". Nobody writes
    a text in which all letters beyond ASCII make UTF-8 by chance."""
    if text.isascii():
        return text
    try:
        return text.translate(_BYTES_OF_1252).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _nearly_utf8(data: bytes) -> str:
    """UTF-8 that a few broken bytes are in, as where a program has cut a letter; "" for anything else."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    right = sum(char > "\x7f" for char in text[:200_000]) - broken
    return text if right >= 20 * broken else ""


def _punctuated(data: bytes) -> str:
    """Text whose only signs beyond ASCII are typographic ones of Windows-1252, as English has them; "" for anything else.
    Weighing does not tell such signs from single letters of another encoding ("We’re" from "Weíre")."""
    return data.decode("cp1252") if {byte for byte in set(data) if byte > 0x7F} <= _TYPOGRAPHY else ""


def _recognised(data: bytes) -> str:
    from chardet import detect_all

    text = _punctuated(data)
    if text and is_plausible(text[:SAMPLE_BYTES]):
        return text

    # Only what is beyond ASCII tells encodings apart, and it may begin late in a long file.
    lines = [line for line in data.splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:SAMPLE_BYTES] if len(data) > SAMPLE_BYTES else data
    sample = re.sub(rb"(?i)charset|coding", b"", sample)  # chardet would believe it again
    western = len(_WESTERN.findall(sample)) >= max(1, len(sample) // 80)
    readings: dict[str, tuple[float, str]] = {}
    for one in detect_all(sample, ignore_threshold=True, include_encodings=_WEIGHED):
        name = one["encoding"] or ""
        try:
            text = codecs.getincrementaldecoder(name)().decode(sample, final=len(data) <= SAMPLE_BYTES)
        except (LookupError, UnicodeDecodeError):
            continue
        worth = one["confidence"] * _RARE.get(name.lower(), 1)
        if western and name.lower() in _EASTERN_EUROPEAN:
            worth /= 2
        if readings.get(text, (0.0, ""))[0] < worth and is_plausible(text):
            readings[text] = (worth, name)
    best = sorted(readings.values(), reverse=True)[:2]
    margin = next(margin for size, margin in MARGINS if len(sample) <= size or size == SAMPLE_BYTES)
    if not best or (len(best) > 1 and best[0][0] < margin * best[1][0]):
        raise Unreadable("unknown_encoding")
    try:
        return data.decode(best[0][1])
    except UnicodeDecodeError as error:
        raise Unreadable("unknown_encoding") from error


@cache
def _script(char: str) -> str:
    return unicodedata.name(char, "?").split()[0].split("-")[0]


def is_plausible(text: str) -> bool:
    """Whether somebody may have written this, as far as single letters and their neighbours tell."""
    letters: set[str] = set()
    for char in set(text):
        kind = unicodedata.category(char)
        if char < "\x80":
            continue
        if kind in ("Cc", "Co", "Cn", "Cs") or (kind[0] == "S" and char not in _SYMBOLS):
            return False
        if kind[0] == "L":
            letters |= set(char.lower())
    if _UNWRITTEN.search(text) or ("“" in text and "„" not in text and re.search(r"\w“(?:\W|$)", text)):
        return False
    words = set(_WORD.findall(text))
    if any(before.islower() and after > "\x7f" and after.isupper() for word in words for before, after in pairwise(word)):
        return False
    if any(len({_script(char) for char in word} - _EASTERN) > 1 for word in words):
        return False
    scripts = {_script(char) for char in letters} - _EASTERN - {"LATIN", "FEMININE", "MASCULINE"}
    return len(scripts) < 2 and _fits_a_language(text, letters) and not _is_speckled(text, words, letters)


def _fits_a_language(text: str, letters: set[str]) -> bool:
    total = sum(char.isalpha() for char in text)
    for script in ("LATIN", "CYRILLIC"):
        own = {char for char in letters if _script(char) == script}
        count = sum(char > "\x7f" and char.isalpha() and _script(char) == script for char in text)
        if own and not any(
            own <= alphabet and (total < _LONG_ENOUGH or count >= least * total) for alphabet, least in _LETTERS
        ):
            return False
    return True


def _is_speckled(text: str, words: set[str], letters: set[str]) -> bool:
    """Single letters of another script in a Latin text, which are accented letters misread: "а midi", "픀u뇆to"."""
    if not re.search(r"[a-z]{2}", text) or not {_script(char) for char in letters} - {"LATIN", "FEMININE", "MASCULINE"}:
        return False
    foreign = [word for word in words if any(char > "\x7f" and _script(char) != "LATIN" for char in word)]
    if any(_script(char) in _EASTERN for char in letters):
        latin = sum(char.isascii() and char.isalpha() for char in text)
        return latin > 3 * sum(char > "\x7f" and char.isalpha() for char in text)
    return bool(foreign) and max(map(len, foreign)) <= 2
