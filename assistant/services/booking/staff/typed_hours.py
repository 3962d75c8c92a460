"""Times, days and opening hours as staff write them: "9", "6pm", "18.30", "24.12.2026", "9–12:30, 13:30–18"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import combinations

from assistant.services.booking.availability.hours import Interval

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (  # in the languages that hours are read in
    "jan january januar jän jänner", "feb february februar", "mar march mär mrz märz maerz", "apr april", "may mai",
    "jun june juni", "jul july juli", "aug august", "sep sept september", "oct october okt oktober", "nov november",
    "dec december dez dezember",
)  # fmt: skip
_MONTH = {name: number for number, names in enumerate(MONTHS, 1) for name in names.split()}
MINUTES_PER_DAY = 24 * 60
YEARS = range(2000, 2200)  # beyond them, a day or its night may be none that a date can hold

# What keyboards, phones and word processors write for a dash; spaces and digits in other forms are plain ones by NFKC.
_DASHES = str.maketrans(dict.fromkeys("‐‑‒−~〜", "–"))
_CLOSED = {"", "-", "–", "—", "closed", "geschlossen", "none", "off", "n/a"}
_ALL_DAY = re.compile(r"(?:open )?(?:24\s*(?:h|hours|stunden)|all day|ganztägig)", re.IGNORECASE)
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "mittag": time(12), "midnight": time(), "mitternacht": time()}
_BETWEEN = re.compile(r"\s*(?:[-–—]|\b(?:to|till?|until|bis)\b)\s*", re.IGNORECASE)
_AND = re.compile(r"[,;\n/&+،、]|\b(?:and|und)\b", re.IGNORECASE)
_FROM = re.compile(r"^(?:from|von)\s+", re.IGNORECASE)
_WEEKDAY_BEFORE = re.compile(
    r"^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:mo|di|mi|do|fr|sa|so)(?:[a-zä]*tag|ttwoch)?)\.?,?\s+(?=\S*\d)",
    re.IGNORECASE,
)

_TIME = re.compile(r"(\d{1,2})(?:\s*[:.h]\s*(\d{2}))?\s*(?:(a|p)\.?\s*m\.?|h|uhr)?|(\d{2})(\d{2})", re.IGNORECASE)
_TWELVE = re.compile(r"(?:[1-9]|1[0-2])(?:\s*[:.]\s*\d{2})?")  # may be in the morning or in the afternoon; 01:00 may not
_DAYS_IN_WORDS = [  # "24th of Dec 2026" and "24. Dez. 2026", "Dec 24, 2026", "2026 Dec 24"
    re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?(?:\s+of\s)?[-\s]*(?P<month>[^\W\d_]+)\.?[-,\s]*(?P<year>\d{4})"),
    re.compile(r"(?P<month>[^\W\d_]+)\.?[-\s]*(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[-,\s]\s*(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})[-\s]+(?P<month>[^\W\d_]+)\.?[-\s]*(?P<day>\d{1,2})\.?"),
]


def parse_time(text: str) -> time:
    """An hour of the day; 24:00 is midnight. Raises `ValueError` that says what it takes."""
    text = _typed(text)
    if named := _NAMED_TIMES.get(text.lower()):
        return named
    found = _TIME.fullmatch(text)
    if found:
        hour, minute = int(found[1] or found[4]), int(found[2] or found[5] or 0)
        if half := (found[3] or "").lower():
            hour = hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 99
        if (hour, minute) == (24, 0):
            return time()
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError(f"“{text}” is not a time. Enter it like 9, 9:30, 18.30 or 6pm.")


def _typed(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_DASHES).strip()


def parse_day(text: str) -> date:
    """A day, year included. Raises `ValueError` that says what it takes; also for 3/4/2026, which could be either."""
    text = _WEEKDAY_BEFORE.sub("", _typed(text))
    wrong = f"“{text}” is not a day. Enter it like 2026-12-24, 24.12.2026 or 24 Dec 2026."
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if re.fullmatch(r"\d{4}([-–/.])\d{1,2}\1\d{1,2}", text):
        year, month, day = numbers
    elif re.fullmatch(r"\d{1,2}\.\s*\d{1,2}\.\s*\d{4}", text):
        day, month, year = numbers
    elif re.fullmatch(r"\d{1,2}([-–/])\d{1,2}\1\d{4}", text):
        day, month, year = numbers
        if month > 12:
            day, month = month, day
        elif day <= 12 and day != month:
            either = f"{year}-{month:02}-{day:02} or {year}-{day:02}-{month:02}"
            raise ValueError(f"“{text}” can be two different days. Enter it like {either}.")
    elif (worded := _in_words(text)) and worded["month"].lower() in _MONTH:
        day, month, year = int(worded["day"]), _MONTH[worded["month"].lower()], int(worded["year"])
    else:
        raise ValueError(wrong)
    if year not in YEARS:
        raise ValueError(f"“{text}” is not in the years {YEARS[0]} to {YEARS[-1]}. Enter a day like 2026-12-24.")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"“{text}” does not exist. Enter a day like 2026-12-24.") from None


def _in_words(text: str) -> re.Match[str] | None:
    return next((found for pattern in _DAYS_IN_WORDS if (found := pattern.fullmatch(text))), None)


def parse_intervals(text: str) -> list[Interval]:
    """ "9–12:30, 13:30–18" as intervals, in order; none for "" or "closed". Raises `ValueError` that names what is wrong."""
    text = _typed(text)
    if text.lower() in _CLOSED:
        return []
    if _ALL_DAY.fullmatch(text):
        return [Interval(time(), time())]
    found: list[Interval] = []
    for part in _AND.split(text):
        if not part.strip():
            continue
        ends = _BETWEEN.split(_FROM.sub("", part.strip()))
        if len(ends) != 2:
            raise ValueError(f"“{part.strip()}” has no beginning and end. Enter hours like 9–12:30, 13:30–18.")
        opens, closes = _parse_ends(*ends)
        if opens == closes != time():
            raise ValueError(f"“{part.strip()}” begins when it ends. For the whole day, enter 0–24.")
        if time() < closes < opens < time(12) and not ends[1].lower().rstrip(". ").endswith(("am", "a.m")):
            # Nine to five is rarely meant to last into the next morning.
            meant = f"{opens.hour}–{closes.hour + 12} for the afternoon, or {opens.hour}–{closes.hour}am if that is meant"
            raise ValueError(f"“{part.strip()}” would end on the next morning. Enter {meant}.")
        at_night = opens < time(7) and opens < closes < time(12) and _TWELVE.fullmatch(ends[0])
        if found and at_night and opens < found[-1].closes:
            # After nine to twelve, one to five is rarely meant to be at night.
            meant = f"{ends[0]}pm–{ends[1]}pm for the afternoon, or {ends[0]}am–{ends[1]}am if that is meant"
            raise ValueError(f"“{part.strip()}” would be before what is entered ahead of it. Enter {meant}.")
        found.append(Interval(opens, closes))
    return sorted(found, key=lambda interval: interval.opens)


def _parse_ends(first: str, last: str) -> tuple[time, time]:
    """Beginning and end. Where one of them says am or pm, the other is the nearest that fits: "1–5pm", "11–2pm", "9am–5"."""
    opens, closes = parse_time(first), parse_time(last)
    if (half := _half_of(last)) and _TWELVE.fullmatch(first):
        same, other = _both_halves(first, half)
        opens = same if same < closes else other
    elif (half := _half_of(first)) and _TWELVE.fullmatch(last):
        same, other = _both_halves(last, half)
        closes = same if opens < same else other
    return opens, closes


def _half_of(text: str) -> str:
    found = _TIME.fullmatch(text)
    return (found[3] or "").lower() if found else ""


def _both_halves(text: str, half: str) -> tuple[time, time]:
    """The time in the half of the day that is `half`, "a" or "p", and in the other."""
    return parse_time(f"{text}{half}m"), parse_time(f"{text}{'a' if half == 'p' else 'p'}m")


def write_time(at: time, *, closing: bool = False) -> str:
    if closing and at == time():
        return "24:00"
    return f"{at.hour}:{at.minute:02}"


def write_interval(interval: Interval) -> str:
    return f"{write_time(interval.opens)}–{write_time(interval.closes, closing=True)}"


@dataclass(frozen=True)
class HoursOverlap:
    """A sentence about two intervals; `weekday` is that of the later one, 0 for Monday."""

    text: str
    weekday: int


def overlaps(week: Sequence[Sequence[Interval]]) -> Iterator[HoursOverlap]:
    """Every two intervals which overlap: `week` has those of Monday first. An interval past midnight can overlap one of the
    next day, and Sunday's one of Monday."""
    spans = [
        (weekday * MINUTES_PER_DAY + _minutes(one.opens), weekday * MINUTES_PER_DAY + _closing_minutes(one), weekday, one)
        for weekday, intervals in enumerate(week)
        for one in intervals
    ]
    for one, other in combinations(spans, 2):
        for shift in (-7 * MINUTES_PER_DAY, 0, 7 * MINUTES_PER_DAY):
            if one[0] < other[1] + shift and other[0] + shift < one[1]:
                yield HoursOverlap(f"{_named(one)} and {_named(other)} overlap. Change one of them.", other[2])
                break


def _named(span: tuple[int, int, int, Interval]) -> str:
    return f"{WEEKDAYS[span[2]]} {write_interval(span[3])}"


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _closing_minutes(interval: Interval) -> int:
    return _minutes(interval.closes) + (MINUTES_PER_DAY if interval.closes_next_day else 0)
