"""Office hours: open or not, and when they begin again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from assistant.models import Organization
from assistant.services.booking.availability.hours import Interval
from assistant.services.organizations import office_hours
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def berlin() -> Organization:
    """From nine to five on weekdays, and on Friday nights until one in the morning."""
    made = make.organization(timezone="Europe/Berlin")
    week = [[Interval(time(9), time(17))] for _ in range(5)] + [[], []]
    week[4].append(Interval(time(20), time(1)))
    office_hours.set_week(made, week)
    return made


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "opens_at"),
    [
        ("2030-01-08T08:00", None),  # Tuesday, nine in Berlin
        ("2030-01-08T15:59:59", None),
        ("2030-01-08T16:00", "2030-01-09T08:00"),  # five o'clock sharp
        ("2030-01-08T23:30", "2030-01-09T08:00"),  # half past midnight in Berlin
        ("2030-01-11T23:30", None),  # Friday night, past midnight
        ("2030-01-12T00:00", "2030-01-14T08:00"),  # one o'clock: over until Monday
        ("2030-03-30T12:00", "2030-04-01T07:00"),  # clocks change in between
    ],
)
def test_the_office_is_open_in_its_hours_and_says_when_it_opens_next(berlin, now, opens_at):
    found = office_hours.office(berlin, at(now))
    assert (found.is_open, found.opens_at) == (opens_at is None, at(opens_at) if opens_at else None)


def test_the_office_is_closed_on_days_away(berlin):
    berlin.closures.create(first_day=date(2030, 1, 9), last_day=date(2030, 1, 10))
    assert office_hours.office(berlin, at("2030-01-09T10:00")).opens_at == at("2030-01-11T08:00")
    berlin.closures.create(first_day=date(2030, 1, 12), last_day=date(2030, 1, 12))
    assert not office_hours.office(berlin, at("2030-01-11T23:30")).is_open  # past midnight, on the day away


def test_an_organization_without_hours_counts_as_there(berlin):
    office_hours.set_week(berlin, [[]] * 7)
    assert office_hours.office(berlin, at("2030-01-08T23:30")).is_open


def test_a_page_reads_until_when_the_team_answers_or_when_it_does_again(berlin):
    def presence(*now: int) -> dict[str, datetime]:
        return office_hours.presence(berlin, datetime(*now, tzinfo=UTC))  # type: ignore[arg-type, misc]

    week = [[Interval(time(9), time(17))], [Interval(time(22), time())], [Interval(time(), time(2))], *([[]] * 4)]
    office_hours.set_week(berlin, week)
    # 2030-01-07 is a Monday, an hour ahead of UTC; hours that meet at midnight are one stretch.
    assert presence(2030, 1, 7, 9) == {"closes_at": datetime(2030, 1, 7, 16, tzinfo=UTC)}
    assert presence(2030, 1, 7, 17) == {"opens_at": datetime(2030, 1, 8, 21, tzinfo=UTC)}
    assert presence(2030, 1, 8, 22) == {"closes_at": datetime(2030, 1, 9, 1, tzinfo=UTC)}
    assert office_hours.presence(make.organization("Silent"), datetime(2030, 1, 7, tzinfo=UTC)) == {}
