"""Simple parsing of English for the demonstration: words, days, times, names, and lines that answer a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

STOP = frozenset(
    re.findall(
        r"\S+",
        """
        a about above after again all also am an and any are as at be because been before being but by can could did do
        does doing don for from get give go going got had has have having he hello help her here hey hi him his how i if
        in into is it its just know let like may me might more most much my need no not now of off on once one only or
        other our out over please question see she should so some something tell than thank thanks that the their them
        then there these they thing this those to too under until up us very want was way we were what when which while
        will with would yes you your d ll m re s t ve information offer kind take accept use happen happens
        """,
    )
)
# Synonyms in questions: every word on the right counts as the word on the left.
SAME = {
    "price": "cost costs fee fees charge charges expensive cheap pricing £ $ €",
    "address": "where address located location directions find street situated",
    "parking": "park car cars",
    "payment": "pay paying paid card cards cash instalments",
    "children": "child kid kids son daughter family",
    "opening": "open opens closed close closes closing hour hours",
    "emergency": "urgent urgently pain hurts hurt toothache broken bleeding",
    "team": "who staff doctor doctors people",
    "phone": "telephone call number ring",
    "insurance": "insured insurer insurers plan plans coverage cover covered ",
    "cancel": "cancellation cancelling reschedule move change",
    "nervous": "afraid scared anxious fear anxiety",
    "check": "checkup checkups examination exam",
    "accessibility": "wheelchair accessible step lift",
}
SUFFIXES = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ances",
    "ance",
    "ings",
    "ing",
    "ies",
    "ers",
    "er",
    "ed",
    "es",
    "s",
    "e",
    "y",
)


def stem(word: str) -> str:
    """`word` without its ending, so that "opening" matches "opens"."""
    for suffix in SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word.removesuffix(suffix)
    return word


_SAME = {stem(word): stem(head) for head, others in SAME.items() for word in (head, *others.split())}


def tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+|[£$€]", text.lower())


@lru_cache(maxsize=8192)  # an assistant's knowledge is the same in every request
def meaning(text: str) -> tuple[str, ...]:
    """The stems of a text's meaningful words, in order, with synonyms unified."""
    text = re.sub(r"\bhow (much|expensive)\b", "price", text.lower())
    text = re.sub(r"\b(get there|get to you|find you)\b", "address", text)
    return tuple(_SAME.get(stem(word), stem(word)) for word in tokens(text) if word not in STOP or word in ("who", "where"))


# --- The assistant's knowledge ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    heading: str
    lines: tuple[str, ...]


def knowledge(system: str) -> list[Section]:
    """The sections of a system prompt below "# What you know"."""
    found = re.search(r"^# What you know[^\n]*\n(.*?)(?=^# End of what you know|\Z)", system, re.M | re.S)
    sections: list[Section] = []
    heading, lines = "", list[str]()
    for line in [*(found[1].splitlines() if found else ()), "# end"]:
        if title := re.match(r"#{1,6}\s+(.*)", line):
            if lines:
                sections.append(Section(heading, tuple(lines)))
            heading, lines = title[1].strip(), []
        elif text := line.strip().lstrip("-*• ").strip():
            lines.append(text)
    return sections


MAX_LINES = 10


def best_lines(question: str, sections: list[Section]) -> str | None:
    """The lines that answer `question`, or None if too few of its words occur anywhere."""
    wanted = set(meaning(question))
    if not wanted or not sections:
        return None
    everything = [set(meaning(line)) for section in sections for line in (section.heading, *section.lines)]
    seen = Counter(word for line in everything for word in line)
    rarity = {word: math.log(1 + len(everything) / (1 + seen[word])) for word in wanted}

    def score(words: set[str]) -> float:
        return math.fsum(rarity[word] for word in wanted & words)

    def covered(section: Section) -> float:
        return score(set(meaning(" ".join((section.heading, *section.lines)))))

    def rank(section: Section) -> float:
        best_line = max(score(set(meaning(line))) for line in section.lines)
        return covered(section) + 0.3 * score(set(meaning(section.heading))) + 0.2 * best_line

    section = max(sections, key=rank)
    if covered(section) < 0.4 * math.fsum(rarity.values()):
        return None
    scores = [score(set(meaning(line))) for line in section.lines]
    if max(scores) == 0 or wanted <= set(meaning(section.heading)):  # the question is about the whole section
        chosen = list(section.lines[:MAX_LINES])
    else:
        chosen = [line for line, points in zip(section.lines, scores, strict=True) if points >= 0.7 * max(scores)][
            :MAX_LINES
        ]
    return chosen[0] if len(chosen) == 1 else "\n".join(f"- {line}" for line in chosen)


# --- Days and times --------------------------------------------------------------------------------------------------


_DAY = "|".join(WEEKDAYS)
DAY = re.compile(rf"\b(?:{_DAY}),?\s+\(?(\d{{4}}-\d\d-\d\d)|\b(\d{{4}}-\d\d-\d\d)\)?,?\s+\(?(?:{_DAY})\b", re.I)


def days_in(system: str) -> list[date]:
    """The dates with weekdays in a system prompt below "# Today" (or else before the knowledge), in order."""
    dated = re.split(r"^# What you know", system, maxsplit=1, flags=re.M)[0]
    dated = re.split(r"^# Today\b", dated, maxsplit=1, flags=re.M)[-1]
    found: dict[date, None] = {}
    for match in DAY.finditer(dated):
        try:
            found[date.fromisoformat(match[1] or match[2])] = None
        except ValueError:
            continue
    return list(found)


def day_in(text: str, days: list[date]) -> date | None:
    """The day that `text` mentions, looked up in `days` (today first), never computed from our own clock."""
    if not days:
        return None
    text, today = text.lower(), days[0]
    if iso := re.search(r"\b\d{4}-\d\d-\d\d\b", text):
        try:
            return date.fromisoformat(iso[0])
        except ValueError:
            return None
    if "day after tomorrow" in text:
        return today + timedelta(2)
    if re.search(r"\btomorrow\b", text):
        return today + timedelta(1)
    for number, name in enumerate(WEEKDAYS):
        if re.search(rf"\b{name[:3]}(?:{name[3:]}|r|rs|s)?s?\b", text):
            return next((day for day in days if day.weekday() == number and day > today), None)
    if match := re.search(
        rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({'|'.join(MONTHS)})|\b({'|'.join(MONTHS)})\w* (\d{{1,2}})", text
    ):
        number, month = int(match[1] or match[4]), MONTHS.index(match[2] or match[3]) + 1
        return next((day for day in days if (day.day, day.month) == (number, month)), None)
    if match := re.search(r"\b(\d{1,2})(?:st|nd|rd|th)\b", text):
        return next((day for day in days if day.day == int(match[1])), None)
    if "next week" in text:
        return next((day for day in days[1:] if day.weekday() == 0), None)
    if re.search(r"\b(today|tonight|now|asap|as soon as|soon|soonest|earliest|next available|this week)\b", text):
        return today
    return None


def part_of_day_in(text: str) -> str | None:
    text = text.lower()
    for part, pattern in {
        "morning": r"\b(morning|before (noon|lunch)|a\.?m\.?\b)",
        "afternoon": r"\b(afternoon|after lunch|after (noon|1|2|3|one|two|three)\b)",
        "evening": r"\b(evening|tonight|after work|after (4|5|6|four|five|six)\b)",
    }.items():
        if re.search(pattern, text):
            return part
    return None


HOURS = {
    name: number
    for number, name in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}
_HOUR = rf"(\d{{1,2}}|{'|'.join(HOURS)})"
# Each pattern captures hour, minute and half of the day, in this order.
CLOCKS = (
    r"\b(\d{1,2})[:.h](\d\d)(?:\s*([ap])\.?m\b)?",  # 10:30, 2.15 pm
    rf"(?<![:.\d]){_HOUR}()\s*([ap])\.?m\b",  # 2pm
    rf"\b(?:at|around|about|the|@)\s+{_HOUR}()()(?=$|[.,!?]|\s+(?:o.?clock|please|works|is|would|on|slot|one)\b)",
    rf"^\W*{_HOUR}()()(?:\s+o.?clock)?(?:\s+please)?\W*$",  # only the hour
)
PAST = re.compile(rf"\b(half past|quarter past|quarter to)\s+{_HOUR}\b")


def clocks_in(text: str) -> set[int]:
    """The times of day that `text` may mean, in minutes after midnight: "at 2" may be 02:00 or 14:00."""
    text = re.sub(r"\d{4}-\d\d-\d\d", " ", text.lower())
    said = [match.groups() for pattern in CLOCKS for match in re.finditer(pattern, text)]
    found: set[int] = set()
    for hour, minute, half in said:
        found |= _minutes(hour, int(minute or 0), half or "")
    for past, hour in PAST.findall(text):
        found |= _minutes(hour, {"half past": 30, "quarter past": 15, "quarter to": -15}[past], "")
    return found


def _minutes(hour: str, minute: int, half: str) -> set[int]:
    number = HOURS.get(hour) or int(hour)
    if number > 23 or minute > 59:
        return set()
    if half:
        return {(number % 12 + (12 if half == "p" else 0)) * 60 + minute}
    evening = {(number + 12) * 60 + minute} if 1 <= number < 8 and not hour.startswith("0") else set()
    return {number * 60 + minute} | evening


# --- People ----------------------------------------------------------------------------------------------------------

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<!\w)\+?\d[\d ()/-]{5,}\d")
NAME = re.compile(r"(?i:my name is|my name's|this is|i am|i[’']m|it[’']s|name:)\s+([A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+){0,2})")
