"""Public holidays of a country, for staff to tick: days on which a calendar is closed, or a team away."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays
from django.db import transaction
from holidays.registry import COUNTRIES

from assistant.models import Calendar, Organization


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


@transaction.atomic
def close_on(owner: Calendar | Organization, chosen: Collection[Holiday]) -> int:
    """Close the calendar, or the organization's office, on those days; how many were not closed before."""
    closed = [(row.first_day, row.last_day) for row in owner.closures.all()]
    new = [one for one in chosen if not any(first <= one.day <= last for first, last in closed)]
    for one in new:
        owner.closures.create(first_day=one.day, last_day=one.day, reason=one.name[:120])
    return len(new)
