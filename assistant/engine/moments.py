"""Days and clock times that a text states, in any of the grammars' languages, and whether receipts have them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from assistant.engine.caseless import Caseless
from assistant.engine.folding import respelled
from assistant.engine.grammars import LEXICONS
from assistant.engine.word_prefixes import WordPrefixes

UNSPACED = {"ja", "zh"}  # written without spaces: a word has no borders there

_MONTHS = (
    r"jan\w*|janv\w*|feb\w*|fév\w*|fevereiro|mar[cstzç]\w*|mär\w*|apr\w*|avr\w*|abr\w*|ma[iyg]\w*|jun\w*|jui\w*"
    r"|giugno|jul\w*"
    r"|lug\w*|aug\w*|août|ago\w*|sep\w*|set\w*|okt\w*|oct\w*|ott\w*|out\w*|nov\w*|dez\w*|dec\w*|déc\w*|dic\w*|gen\w*"
    r"|stycz\w*|lut\w*|kwie\w*|czerw\w*|lip\w*|sierp\w*|wrze\w*|paź\w*|list\w*|grud\w*|ocak|şubat|nisan|mayıs|haziran|temmuz"
    r"|ağustos|eylül|ekim|kasım|aralık|янв\w*|фев\w*|мар\w*|апр\w*|ма[йя]|июн\w*|июл\w*|авг\w*|сен\w*|окт\w*|ноя\w*|дек\w*"
    r"|січ\w*|лют\w*|берез\w*|квіт\w*|трав\w*|черв\w*|лип\w*|серп\w*|вер\w*|жовт\w*|листоп\w*|груд\w*"
    r"|يناير|فبراير|مارس|ابريل|مايو|يونيو|يوليو|اغسطس|سبتمبر|اكتوبر|نوفمبر|ديسمبر"
    r"|ב?(?:ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר)"
    r"|जनवरी|फरवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर"
)
_DATE = Caseless(
    rf"(?<![\w:])(\d{{1,2}})(?:st|nd|rd|th|º|\.|er)?,? (?:of |de |di |d')?(?:{_MONTHS})(?!\w)"
    rf"|(?<!\w)(?:{_MONTHS}) (\d{{1,2}})(?:st|nd|rd|th)?(?![\w:])"
    r"|(?<!\d)\d{4}-\d\d-(\d\d)(?!\d)|(?<![\d.])(\d{1,2})[./]\d{1,2}[./](?:\d{4}|\d\d)?(?!\d)"
    r"|\d{1,2} ?月 ?(\d{1,2}) ?[日号號]|the (\d{1,2})(?:st|nd|rd|th)\b|(?<!\w)(?:den|am|le|el|il"
    r"|dia) (\d{1,2})\.?(?= um| à| a las)",
    whole=True,
)
_AT = "|".join(respelled(lexicon.at) for lexicon in LEXICONS.values() if lexicon.at)
_PM = r"(?P<half{0}>[ap]\.?m\b)"
_CLOCK = Caseless(
    r"(?<![\w:./,-])(?P<h1>\d{1,2})(?::| ?h ?)(?P<m1>[0-5]\d)(?![\d:])(?: ?" + _PM.format(1) + ")?"
    r"|(?<![\da-z:./,-])(?P<h2>\d{1,2})(?:[.:](?P<m2>[0-5]\d))? ?(?:" + _PM.format(2) + r"|(?:uhr|uur|h|hs|heures?|o'clock"
    r"|ч|год|часов|часа)(?!\w)|बजे|[点點時时])"
    r"|(?<!\w)(?:"
    + _AT
    + r") ?(?P<h3>\d{1,2})(?:[.:](?P<m3>[0-5]\d))?(?![\w:%€$£]|[.,]\d| ?(?:%|€|\$|£|min|people|pers|personen|km)"
    r"|\. ?(?:" + _MONTHS + r")(?!\w)| (?:de |di )?(?:" + _MONTHS + r")(?!\w))(?: ?" + _PM.format(3) + ")?",
    whole=True,
)
_VAGUE = (
    r"noon|midday|half past \w+|quarter (?:past|to) \w+|(?:at|by|for) (?:one|two|three|four|five|six|seven"
    r"|eight|nine|ten"
    r"|eleven|twelve)|mittags?|halb \w+|viertel (?:vor|nach) \w+|midi|mediod[ií]a|mezzogiorno|meio-dia|half \w+"
    r"|polud\w+|öğle\w*"
    r"|полд\w+|полудн\w+|صباحا|مساء|ظهرا|الساعه \w+|बजे|正午|中午|早上|上午|下午|午前|午後"
)
_VAGUE_CLOCK = Caseless(rf"(?<!\w)(?:{_VAGUE})(?!\w)")
_DIGIT = re.compile(r"\d")
_DAYS = {name: "|".join(lexicon.days) for name, lexicon in LEXICONS.items()}
_SOON = {name: lexicon.soon for name, lexicon in LEXICONS.items()}


_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Moment:
    """Weekdays (0 is Monday), days of the month and clock times (24 hours where the text says so) that a text states."""

    weekdays: frozenset[int] = frozenset()
    dates: frozenset[int] = frozenset()
    clocks: frozenset[tuple[int, int, bool]] = frozenset()  # hour, minute, whether the half of the day is certain
    day: bool = False  # some day is stated, if only "tomorrow"
    clock: bool = False  # some time of the day is stated

    @property
    def whole(self) -> bool:
        return self.day and self.clock


@cache
def _day_patterns() -> tuple[Caseless, ...]:
    return tuple(_of_all({name: lexicon.days[day] for name, lexicon in LEXICONS.items()}) for day in range(7))


@cache
def _any_day() -> Caseless:
    return _of_all(_DAYS)


@cache
def _soon() -> Caseless:
    return _of_all(_SOON)


def _of_all(by_language: dict[str, str]) -> Caseless:
    spaced = "|".join(respelled(body) for name, body in by_language.items() if name not in UNSPACED)
    unspaced = "|".join(respelled(body) for name, body in by_language.items() if name in UNSPACED)
    return Caseless(rf"(?<!\w)(?:{spaced})(?!\w)|{unspaced}")


DAY_HEADS = WordPrefixes(respelled(body) for name, body in _DAYS.items() if name not in UNSPACED)


def names_day(text: str) -> bool:
    """Whether folded `text` names a weekday."""
    return _any_day().search(text) is not None


@lru_cache(maxsize=512)
def stated(text: str) -> Moment:
    """The moments that folded `text` states."""
    weekdays = (
        frozenset(n for n, pattern in enumerate(_day_patterns()) if pattern.search(text)) if names_day(text) else _NONE
    )
    digits = _DIGIT.search(text)
    dates = frozenset(int(next(filter(None, found.groups()))) for found in _DATE.finditer(text)) if digits else _NONE
    clocks = set()
    for found in _CLOCK.finditer(text) if digits else ():
        for form in "123":
            if (hour := found[f"h{form}"]) is not None:
                clocks.add(_clock(int(hour), int(found[f"m{form}"] or 0), (found[f"half{form}"] or "").lower()))
    valid = frozenset(clock for clock in clocks if clock[0] < 25)
    day = bool(weekdays or dates or _soon().search(text))
    vague = not valid and _VAGUE_CLOCK.search(text) is not None
    return Moment(weekdays, dates, valid, day, bool(valid) or vague)


def _clock(hour: int, minute: int, half: str) -> tuple[int, int, bool]:
    if half.startswith("p") and hour < 12:
        hour += 12
    if half.startswith("a") and hour == 12:
        hour = 0
    return hour, minute, bool(half) or hour > 12


def agree(moment: Moment, times: Iterable[datetime], *, all_of_them: bool = True) -> bool:
    """Whether what is stated is among `times` (each on the clock that a visitor is shown). Nothing stated agrees."""
    known = list(times)
    enough = all if all_of_them else (lambda found: any(found) or not found)
    return (
        enough([any(time.weekday() == day for time in known) for day in moment.weekdays])
        and enough([any(time.day == day for time in known) for day in moment.dates])
        and enough([any(_same(clock, time) for time in known) for clock in moment.clocks])
    )


def _same(clock: tuple[int, int, bool], time: datetime) -> bool:
    hour, minute, certain = clock
    same_hour = time.hour == hour % 24 if certain else time.hour % 12 == hour % 12
    return same_hour and time.minute == minute
