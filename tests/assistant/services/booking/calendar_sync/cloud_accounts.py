"""What is done with a calendar account in these tests."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.cache import SessionStore
from django.utils import timezone

from assistant.models import CalendarAccount, OutsideCalendar, OutsideEntry
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.calendar_sync import accounts
from assistant.tasks import read_outside_calendar, write_outside_entry
from tests import make
from tests.assistant.services.booking.calendar_sync.clouds import Cloud, Google, Microsoft
from tests.assistant.services.booking.calendar_sync.outside_calendars import make_due

HOUR = timedelta(hours=1)
both = pytest.mark.parametrize("cloud", [Google, Microsoft], indirect=True)
google = pytest.mark.parametrize("cloud", [Google], indirect=True)
microsoft = pytest.mark.parametrize("cloud", [Microsoft], indirect=True)


def connected(account: CalendarAccount, cloud: Cloud) -> CalendarAccount:
    cloud.code = "code-1"
    user, session = User.objects.get_or_create(username="staff")[0], SessionStore()
    back = cloud.consent(accounts.begin(account, user_id=user.pk, session=session))
    consent = accounts.use_state(back["state"], user_id=user.pk, session=session)
    accounts.connect(consent, back["code"], user_id=user.pk)
    account.refresh_from_db()
    return account


def at(hour: int, days: int = 2) -> datetime:
    return (timezone.now() + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def book(calendar, start):
    return appointments.confirm(holds.hold(make.pick(calendar, start)), name="Ada", email="ada@example.com")


def read(mine: OutsideCalendar) -> OutsideCalendar:
    make_due(mine)
    read_outside_calendar(str(mine.pk))
    mine.refresh_from_db()
    return mine


def work() -> None:
    for pk in OutsideEntry.objects.due(timezone.now()).values_list("pk", flat=True):
        write_outside_entry(str(pk))


def busy(mine: OutsideCalendar) -> list[tuple[datetime, datetime]]:
    return list(mine.busy_times.values_list("start_at", "end_at"))


def expire(account: CalendarAccount, **fields) -> None:
    CalendarAccount.objects.filter(pk=account.pk).update(expires_at=timezone.now() - HOUR, **fields)
