"""Logins of staff that are over leave nothing behind: no address, no browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from assistant import jobs
from assistant.services import logins

pytestmark = pytest.mark.django_db
TWO_WEEKS = timedelta(days=14)


@pytest.fixture
def grace() -> User:
    return User.objects.create_user("grace", is_staff=True)


def log_in(user: User, lasts: timedelta = TWO_WEEKS) -> UserSession:
    session: Any = SessionStore()
    session.set_expiry(lasts)
    session.create()
    return UserSession.objects.create(user=user, session_key=session.session_key, ip="203.0.113.9", user_agent="Firefox")


def test_an_expired_login_goes_with_its_address_and_browser_and_the_others_stay(grace: User) -> None:
    log_in(grace, timedelta(seconds=-1))
    current = log_in(grace)
    jobs.tidy()
    assert [one.pk for one in UserSession.objects.all()] == [current.pk]
    assert [one.pk for one in Session.objects.all()] == [current.session_key]


def test_what_was_kept_of_a_login_that_ended_otherwise_goes_as_well(grace: User) -> None:
    ended, current = log_in(grace), log_in(grace)
    SessionStore(ended.session_key).delete()
    assert logins.delete_expired() == 0
    assert [one.pk for one in UserSession.objects.all()] == [current.pk]


def test_a_login_lasts_until_its_very_end(grace: User) -> None:
    log_in(grace)
    assert logins.delete_expired(timezone.now() + TWO_WEEKS - timedelta(minutes=1)) == 0 and UserSession.objects.exists()
    assert logins.delete_expired(timezone.now() + TWO_WEEKS + timedelta(minutes=1)) == 1
    assert not UserSession.objects.exists() and not Session.objects.exists()
