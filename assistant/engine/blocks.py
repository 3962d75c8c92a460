"""Text in lines instead of sentences: labels with values, tables, headings and references."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from assistant.engine.caseless import Caseless
from assistant.engine.folding import respelled
from assistant.engine.grammars import LEXICONS
from assistant.engine.grammars.grammar import words
from assistant.engine.moments import UNSPACED, stated

# Our references: six of an alphabet without 0, O, 1, I and L (`models.booking.appointments`), and those of e-mails.
_OURS = re.compile(r"(?<![\w-])(?:(?=[A-Z]*\d)(?=\d*[A-Z])[2-9A-HJKMNP-Z]{6}|M-[0-9A-F]{6})(?![\w-])")
_OURS_SMALL = re.compile(r"(?<![\w@./-])(?=[a-z]*\d)(?=\d*[a-z])[2-9a-hjkmnp-z]{6}(?![\w@-])")  # where a label speaks of one
_CODE = r"(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{3,19}|[A-Z]{5,12}"
_CODE_FOLLOWS = re.compile(rf"[ :#=](?:{_CODE})(?!\w)")
_LINE = re.compile(r"\A[\W_]*(?P<label>[^\W_][^:=→⇒➔➜➡»|–—\n]{0,59}?) ?(?:[:=→⇒➔➜➡»]| [–—-] |\t| {3,}) ?(?P<value>\S.*)\Z")
_TICKED = re.compile(r"\A[\W_]*(?P<label>[^\W_][^✓✔✅☑\n]{0,59}?)[\s:=–—-]*[✓✔✅☑🗸][\s\ufe0f!.]*\Z")  # "Booking ✅"
_FIELD = re.compile(r"\A[\W_]*[^\W_][^:.,;!?\n]{0,29}:\s+\S")  # a line that is a label with its value
_LONGEST_LABEL, _MOST_PAIRS = 60, 40
_DOTTED = re.compile(r"\s+[·•‧∙/]\s+")  # between the parts of a line that is no table: "Fri 14 May · 10:00 · confirmed"
_MARKER = re.compile(r"\A(?:\s+|\s*[-•·▪●◦‣+–—]\s+|\s*\d{1,2}[.)]\s+)")
_RULE = re.compile(r"\A[\s|:+-]*-[\s|:+-]*\Z")
# A single line without any of this is a sentence, and nothing else.
_SIGN = re.compile(r"[\d\t\n:=→⇒➔➜➡»|·•‧∙/✓✔✅☑🗸]")
_DASH = re.compile(r"[–—-](?<= .) ")
_CAPITALS = re.compile(r"[A-Z][A-Z](?:[A-Z]{3}| [A-Z]{2})")
_EDGE = re.compile(r"\A[^\w\u0900-\u097f]+|[^\w\u0900-\u097f]+\Z")
_CANCELLED = re.compile(
    "cancel|storn|abgesagt|annul|anul|disdett|geannul|afgezegd|odwoł|iptal|отмен|аннул|скасов|ביטל|בוטל|ملغ|الغاء"
    "|रद्द|कैंस|取消|キャンセル",
    re.IGNORECASE,
)
_FREE = re.compile(r"\bfree\b|\bfrei\b|\blibre\b|\bavailable\b|\bverfügbar\b|\bdisponible\b|متاح")
_ASKS = re.compile("[?؟]")  # in the last line: above it, a heading or a table's head may ask, and what follows answers
_BIDS = re.compile(
    "please confirm|bitte bestätigen|(?:veuillez|merci de) confirmer|por favor,? confirm|confirme por favor|يرجي تاكيد",
    re.IGNORECASE,
)
_MOVED = re.compile(
    "resched|moved|verschob|umgebucht|déplac|report|cambiad|spostat|remarcad|verzet|verplaats|przeło|ertelen|перенес|הועבר"
    "|نقل|تغيير|स्थानांतरित|変更|改期",
    re.IGNORECASE,
)
# Alone, these stand before anybody's number: a telephone's, a house's.
_BARE = frozenset(
    words(
        "code number no id pin nummer nr numéro num código número codice numero kod numer numara номер код קוד מספר"
        " नंबर कोड 番号 号 编号"
    )
)


@dataclass(frozen=True)
class BlockClaims:
    """What a block says has happened, the references it names, and whether it looks like a confirmation."""

    acts: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    doubtful: bool = False
    rows: tuple[str, ...] = ()  # its lines, each as one sentence; the prose among them in one piece


@dataclass(frozen=True)
class _Labels:
    status: Caseless
    done: Caseless
    reference: Caseless
    details: Caseless
    confirmation: Caseless
    named: re.Pattern[str]  # a reference inside a sentence, its code as group `code`


@cache
def _labels() -> _Labels:
    def one(part: str, after: str = "") -> Caseless:
        bodies = []
        for name, lexicon in LEXICONS.items():
            body = respelled(getattr(lexicon, part))
            bodies.append(f"(?:{body}){'' if name in UNSPACED else after}")
        return Caseless("|".join(bodies))

    reference = "|".join(f"(?:{respelled(lexicon.reference)})" for lexicon in LEXICONS.values())
    return _Labels(
        one("status"),
        one("done", r"(?!\w)"),
        one("reference"),
        one("details"),
        one("confirmation"),
        re.compile(
            rf"(?i:(?<!\w)(?:{reference}))(?i: is| ist| lautet| est| es| è| é| to| jest| هو| הוא| है|は|是|为)?"
            rf"[ :#=]{{1,4}}(?P<code>{_CODE})(?!\w)"
        ),
    )


def names_code(text: str) -> bool:
    """Whether a text has anything in the shape of our references, or a label that one follows."""
    return _OURS.search(text) is not None


def _is_shaped(text: str) -> bool:
    # One by one: `re` looks at once for the first letters of each.
    return bool(_SIGN.search(text) or _DASH.search(text) or _CAPITALS.search(text)) or "   " in text


def look(text: str) -> BlockClaims:
    """What the lines of folded `text` say as lines."""
    lines = [line for line in text.split("\n") if line.strip() and not _RULE.match(line)]
    labels = _labels()
    if len(lines) == 1 and not _is_shaped(text):
        (row,) = _rows(lines, asks=False)
        if not labels.confirmation.needs.met_by(row):
            return BlockClaims(rows=(row,))
    pairs = list(_pairs(lines))
    acts: set[str] = set()
    codes = {found[0] for found in _OURS.finditer(text)}
    # In this order: few sentences have anything like a code, and looking for labels costs more than all the rest.
    if (small := {found[0] for found in _OURS_SMALL.finditer(text)}) and labels.reference.search(text):
        codes |= small
    grouped = _joined(text)
    for found in labels.named.finditer(grouped) if _CODE_FOLLOWS.search(grouped) else ():
        label = found[0][: found.start("code") - found.start()].strip(" :#=").lower()
        if label not in _BARE or re.search(r"[A-Z].*\d|\d.*[A-Z]", found["code"]):
            codes.add(found["code"])
    details, confirmed, listed = 0, 0, Counter[str]()
    for label, value in pairs:
        bare = _EDGE.sub("", label)
        if labels.status.fullmatch(bare) and (state := labels.done.match(_EDGE.sub("", value))):
            acts.add(_act(state[0]))
        elif labels.done.fullmatch(bare) and stated(value).day:
            acts.add(_act(bare))
        details += labels.details.fullmatch(bare) is not None
        listed[bare] += 1
        if labels.reference.fullmatch(bare) and bare.lower() not in _BARE and (code := re.match(_CODE, _joined(value))):
            codes.add(code[0])
    for parts in (_DOTTED.split(line) for line in lines if _DOTTED.search(line)):
        done = [state for part in parts if (state := labels.done.fullmatch(_EDGE.sub("", part)))]
        if done and stated(" ".join(parts)).day:
            acts.add(_act(done[0][0]))
    for line in lines:
        confirmed += labels.confirmation.fullmatch(_EDGE.sub("", line)) is not None
    if confirmed and (details or stated(text).whole):
        acts.add("booked")
    ticked = [tick["label"] for line in lines if (tick := _TICKED.match(line))]
    single = _EDGE.sub("", ticked[0]) if len(ticked) == 1 else ""
    confirms = bool(single) and (labels.status.fullmatch(single) or labels.confirmation.fullmatch(single)) is not None
    asks = _BIDS.search(text) is not None or (bool(lines) and _ASKS.search(lines[-1]) is not None)
    offers = any(_FREE.search(value) for _, value in pairs)
    if acts and (asks or offers):
        return BlockClaims(frozenset(), frozenset(codes), True, tuple(_rows(lines, asks)))
    # What a table has in several rows is a list: of courses, of prices.
    shaped = details >= 2 and not asks and max(listed.values()) == 1 and (stated(text).day or stated(text).clock)
    return BlockClaims(frozenset(acts), frozenset(codes), bool(shaped or confirms), tuple(_rows(lines, asks)))


def _act(state: str) -> str:
    if _CANCELLED.search(state):
        return "cancelled"
    return "rescheduled" if _MOVED.search(state) else "booked"


def _joined(value: str) -> str:
    """A code that is written in groups, as one."""
    return re.sub(r"(?<=\b[A-Z0-9]{2}) (?=[A-Z0-9]{2,4}\b)|(?<=\b[A-Z0-9]{3}) (?=[A-Z0-9]{2,4}\b)", "", value)


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    """Labels with their values: from "label: value", from rows of two cells, from cells under a table's head."""
    found: list[tuple[str, str]] = []
    head: list[str] = []
    for line in lines:
        if "|" in line:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            found += zip(head, cells, strict=False)
            if len(cells) == 2:
                found.append((cells[0], cells[1]))
            head = head or cells
        else:
            head = []
            if match := _LINE.match(line):
                found.append((match["label"], match["value"]))
    return [(label, value) for label, value in found if label and value and len(label) <= _LONGEST_LABEL][:_MOST_PAIRS]


def _rows(lines: list[str], asks: bool) -> list[str]:
    """Every item, row, label with its value and heading for itself; what is only wrapped, in one piece. Labels with their
    values are of one piece with the question that they end in if it `asks`."""
    rows: list[str] = []
    wraps = False
    for line in lines:
        apart = "|" in line or _MARKER.match(line) is not None or (not asks and _FIELD.match(line) is not None)
        text = " ; ".join(cell.strip() for cell in line.strip().strip("|").split("|")) if "|" in line else line
        text = _MARKER.sub("", text).strip()
        if rows and wraps and not apart:
            rows[-1] += " " + text
        else:
            rows.append(text)
        wraps = not apart
    return rows
