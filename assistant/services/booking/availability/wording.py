"""Days, times and places in words, as visitors, teams and models read them."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.formats import date_format

from assistant.models import Appointment, Service
from assistant.models.organizations.organization import validate_timezone
from assistant.sentences import catalogue, label, language
from assistant.services.booking.availability import zone_names

# Where English is read on a clock of twelve hours (CLDR 48, `timeFormats` of en and its regions), and where the month
# stands before the day.
TWELVE_HOUR_REGIONS = """
    AE AG AS AU BB BD BM BS CA CY DM ER FJ FM GD GH GM GU GY HK IN JM KI KN KY LC LR LS MH MO MP MW MY NA NZ PG PH PK PR PW
    SB SD SG SL SS SZ TC TO TT UM US VC VG VI VU WS ZM
"""
TWELVE_HOURS = {f"en-{region}" for region in TWELVE_HOUR_REGIONS.split()}
MONTH_FIRST = {f"en-{region}" for region in ("AS", "BI", "CA", "GU", "JP", "MH", "MP", "PH", "PR", "UM", "US", "VI")}


def clock(local: datetime, locale: str = "") -> str:
    """A wall time as `locale` writes it: "14:30", "2:30 PM"; "02:30 (UTC+02:00)" where the clocks show it twice."""
    half = "AM" if local.hour < 12 else "PM"
    text = f"{local.hour % 12 or 12}:{local:%M} {half}" if reads_twelve_hours(locale) else f"{local:%H:%M}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{text} (UTC{local.isoformat()[-6:]})" if twice else text


def reads_twelve_hours(locale: str) -> bool:
    return _named(locale) in TWELVE_HOURS


def _named(locale: str) -> str:
    """Language and region of a locale, however it is written: "en-US" of en_us, en-Latn-US or en-US-u-hc-h12."""
    speech, *rest = locale.replace("_", "-").split("-")
    region = next((part for part in rest[:2] if len(part) == 2), "")
    return f"{speech.lower()}-{region.upper()}" if region else speech.lower()


MONTH_FIRST_DAY = ("l, F j", "l, F j, Y")
# What Django calls a language that it has under a longer name than ours.
DJANGO_NAMES = {"zh": "zh-hans"}


def day_label(day: date, today: date | None = None, locale: str = "") -> str:
    """ "Tuesday 8 January" in the language of `locale`; with the year where it is not the one of `today`."""
    written = catalogue(locale)
    if _named(locale) in MONTH_FIRST:
        pattern, dated = MONTH_FIRST_DAY
    else:
        pattern, dated = written.day, written.dated or written.day + written.year
    return _formatted(day, pattern if today and today.year == day.year else dated, locale)


def places_left(count: int, locale: str = "") -> str:
    """ "3 places left" """
    return label("places_left", locale, count=count)


def weekday_of(day: date, locale: str = "") -> str:
    """ "Tuesday" in the language of `locale`."""
    return _formatted(day, "l", locale)


def _formatted(day: date, pattern: str, locale: str) -> str:
    """With the names of days and months that Django's translations have."""
    spoken = language(locale)
    with translation.override(DJANGO_NAMES.get(spoken, spoken)):
        text = date_format(day, pattern)
    return text.lower() if catalogue(locale).lower else text


def moment(at: datetime, zone_name: str, locale: str = "") -> str:
    """ "Tuesday 8 January 2030, 10:00 (Europe/Berlin)": an instant on the clock of `zone_name`."""
    local = at.astimezone(ZoneInfo(zone_name))
    return f"{day_label(local.date(), locale=locale)}, {clock(local, locale)} ({zone_names.current(zone_name)})"


def when(appointment: Appointment, zone_name: str = "", locale: str = "") -> str:
    """ "Tuesday 8 January 2030, 10:00–10:30 (Europe/Berlin)" on the clock that leads, for a visitor in `zone_name`; without
    one, on the calendar's.

    Where the other clock shows another time, that stands behind it, with its day where that is another too.
    """
    there = ZoneInfo(appointment.timezone)
    theirs = known_zone(zone_name) or there
    zone, other = leading(appointment.service, there, theirs)
    start, end = appointment.start_at.astimezone(zone), appointment.end_at.astimezone(zone)
    text = f"{day_label(start.date(), locale=locale)}, {clock(start, locale)}–{clock(end, locale)}"
    text += f" ({zone_names.current(zone.key)})"
    start_there = appointment.start_at.astimezone(other)
    if start_there.utcoffset() != start.utcoffset():
        day = "" if start_there.date() == start.date() else f"{day_label(start_there.date(), start_there.date(), locale)}, "
        text += ", " + label("time_in_place", locale, time=f"{day}{clock(start_there, locale)}", place=place(other.key))
    return text


def start(appointment: Appointment, zone_name: str = "", locale: str = "") -> str:
    """ "Tuesday 8 January, 10:00": when it begins on the clock that leads, as `when` has it, in the few words that a subject
    has room for; with the year where that is another one than today's."""
    there = ZoneInfo(appointment.timezone)
    zone, _ = leading(appointment.service, there, known_zone(zone_name) or there)
    local = appointment.start_at.astimezone(zone)
    return f"{day_label(local.date(), timezone.now().astimezone(zone).date(), locale)}, {clock(local, locale)}"


def leading(service: Service, there: ZoneInfo, visitors: ZoneInfo) -> tuple[ZoneInfo, ZoneInfo]:
    """Of the place's zone and the visitor's, the one whose clock leads, and the other: a visitor who comes in person reads
    the clock on the wall there, one who is called reads their own."""
    return (there, visitors) if service.place == Service.Place.IN_PERSON else (visitors, there)


def place(zone_name: str) -> str:
    """ "New York" of America/New_York, and "Kolkata" of Asia/Calcutta."""
    return zone_names.current(zone_name).rsplit("/", 1)[-1].replace("_", " ")


@lru_cache(maxsize=1024)
def known_zone(name: str) -> ZoneInfo | None:
    """The zone of that name, or None for what names no place on any machine."""
    try:
        validate_timezone(name)
    except ValidationError:
        return None
    return ZoneInfo(name)
