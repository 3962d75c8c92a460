"""Zones are named as their places are called today, whatever name a browser has for them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.models import Appointment, Service
from assistant.services.booking.availability import wording, zone_names

AT = datetime(2030, 1, 8, 13, 45, tzinfo=UTC)
NAMES = [
    ("Asia/Calcutta", "Kolkata"), ("Europe/Kiev", "Kyiv"), ("Asia/Saigon", "Ho Chi Minh"), ("Asia/Rangoon", "Yangon"),
    ("America/Godthab", "Nuuk"), ("Asia/Katmandu", "Kathmandu"), ("US/Eastern", "New York"), ("Australia/NSW", "Sydney"),
    ("Africa/Asmera", "Asmara"), ("Pacific/Truk", "Chuuk"), ("Mexico/General", "Mexico City"),
]  # fmt: skip
# Links of another kind: places of their own, which keep the same time as another one.
OWN = ["Europe/Oslo", "Europe/Amsterdam", "America/Montreal", "Asia/Chongqing", "Europe/Belfast", "Antarctica/South_Pole"]


@pytest.mark.parametrize(("zone", "place"), NAMES)
def test_a_place_has_the_name_that_it_has_today(zone: str, place: str) -> None:
    assert wording.place(zone) == place


@pytest.mark.parametrize("zone", [*OWN, "America/New_York", "UTC", "Singapore", "nowhere", ""])
def test_a_place_with_a_name_of_its_own_keeps_it(zone: str) -> None:
    assert zone_names.current(zone) == zone


@pytest.mark.parametrize("zone", sorted(zone_names.RENAMED))
def test_the_new_name_is_a_zone_with_the_same_clock(zone: str) -> None:
    old, new = ZoneInfo(zone), ZoneInfo(zone_names.current(zone))
    months = [datetime(year, month, 1, tzinfo=UTC) for year in (1990, 2010, 2026) for month in (1, 7)]
    assert [at.astimezone(old).utcoffset() for at in months] == [at.astimezone(new).utcoffset() for at in months]
    assert zone_names.current(zone_names.current(zone)) == zone_names.current(zone)


def test_what_visitors_and_staff_read_of_a_time_has_it() -> None:
    in_person = Service(place=Service.Place.IN_PERSON)
    row = Appointment(service=in_person, timezone="Europe/London", start_at=AT, end_at=AT)
    assert wording.when(row, "Asia/Calcutta", "en-US").endswith("(Europe/London), 7:15 PM in Kolkata")
    row.timezone = "Europe/Kiev"
    assert "(Europe/Kyiv)" in wording.when(row) and "(Asia/Yangon)" in wording.moment(AT, "Asia/Rangoon")
