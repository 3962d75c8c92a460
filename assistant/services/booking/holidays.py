"""Public holidays of a country, for staff to tick: days on which a calendar is closed."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

from assistant.models import Calendar, Closure


@dataclass(frozen=True)
class Holiday:
    day: date
    name: str


@lru_cache(maxsize=1)
def countries() -> list[tuple[str, str]]:
    """Code and name of each country whose holidays are known, by name."""
    # "UnitedStates", "US", "USA": what the package calls each of them.
    named = [(code, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)) for name, code, *_ in COUNTRIES.values()]
    return sorted(named, key=lambda pair: pair[1])


def regions(country: str) -> list[tuple[str, str]]:
    """Code and name of the states or provinces of a country that have holidays of their own, by name."""
    codes = holidays.list_supported_countries().get(country, [])
    aliases = holidays.country_holidays(country).subdivisions_aliases if codes else {}
    names = {code: name for name, code in reversed(aliases.items())}
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda pair: pair[1])


def of(country: str, region: str, years: Collection[int]) -> list[Holiday]:
    """In English where they are known in it, by day. Raises `ValueError` for a country or region that is not known."""
    languages = holidays.list_localized_countries().get(country, [])
    language = next((name for name in ("en_US", "en_GB") if name in languages), None)
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=list(years), language=language)
    except (NotImplementedError, KeyError) as error:
        raise ValueError("Choose a country and a region from the lists.") from error
    return [Holiday(day, name) for day, name in sorted(found.items())]


def close_on(calendar: Calendar, chosen: Collection[Holiday]) -> int:
    """Close the calendar on those days; how many were not closed before."""
    closed = [(row.first_day, row.last_day) for row in calendar.closures.all()]
    new = [one for one in chosen if not any(first <= one.day <= last for first, last in closed)]
    Closure.objects.bulk_create(
        Closure(calendar=calendar, first_day=one.day, last_day=one.day, reason=one.name[:120]) for one in new
    )
    return len(new)
