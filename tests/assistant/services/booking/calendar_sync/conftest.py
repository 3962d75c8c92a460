"""Calendars at Google and Microsoft, and accounts that are connected to them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.models import CalendarAccount, OutsideCalendar
from tests import make
from tests.assistant.services.booking.calendar_sync.cloud_accounts import connected
from tests.assistant.services.booking.calendar_sync.clouds import CLIENT, Cloud, behind


@pytest.fixture
def cloud(request, settings) -> Iterator[Cloud]:
    made = request.param()
    settings.CALENDAR_CLIENTS = {made.provider: (*CLIENT, "common")}
    with behind(made):
        yield made


@pytest.fixture
def account(cloud) -> CalendarAccount:
    made = CalendarAccount.objects.create(
        organization=make.organization(team_email="team@example.com"), provider=cloud.provider, name="Mira"
    )
    return connected(made, cloud)


@pytest.fixture
def mira(account, cloud) -> OutsideCalendar:
    """Mira's own calendar, for one of ours."""
    return OutsideCalendar.objects.create(
        organization=account.organization, calendar=make.calendar(account.organization, minutes=60), name="Mira's own",
        kind=account.provider, account=account, remote_id=cloud.remote_id, writes_bookings=True,
    )  # fmt: skip
