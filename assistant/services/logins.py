"""Log-in attempts, counted before a password is hashed.

A hash costs half a second of a core, by design. So attempts are counted first, and hashed one at a time: a flood of them
takes one core at most, and a guesser gets a few guesses. The limit on a user across all networks leaves each network its
first attempts, so that nobody can lock a user out from elsewhere.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from assistant.errors import TooMuch
from assistant.services.organizations import rate_limits

AT_ONCE, WAITING = 2, 20  # requests for the log-in page; more wait, and then are refused
HASH_SECONDS = 20  # that an attempt waits for its turn
DELETED_AT_ONCE = 1000

_hashing = threading.BoundedSemaphore(1)


def count_attempt(username: str, network: str) -> None:
    """Count one attempt at `username` from `network`. Raises `TooMuch` with the seconds to wait, before anything was hashed.

    Unknown users are counted like any other: a refusal says nothing about who there is.
    """
    user = key_of(username)
    rate_limits.hit("login", visitor=user + network, network=network)
    try:
        rate_limits.hit("login.first", visitor=user + network)
    except TooMuch:
        rate_limits.hit("login.user", visitor=user)


def forget_attempts(username: str, network: str) -> None:
    """The password was right: what this network got wrong before does not count any more."""
    for kind in ("login", "login.first"):
        rate_limits.clear(kind, visitor=key_of(username) + network)


def key_of(username: str) -> str:
    """By which attempts at a user are counted."""
    return hashlib.sha256(username.strip().casefold().encode()).hexdigest()[:32]


@contextmanager
def one_hash_at_a_time(seconds: float = HASH_SECONDS) -> Iterator[None]:
    """One password at a time in this process. Raises `TooMuch` when it takes too long to be next."""
    if not _hashing.acquire(timeout=seconds):
        raise TooMuch("passwords to hash", retry_after_seconds=60)
    try:
        yield
    finally:
        _hashing.release()


def has_two_factor(user: User) -> bool:
    """Whether logging in takes a second factor of theirs; recovery codes alone are none."""
    return second_factors().filter(user=user).exists()


def second_factors() -> QuerySet[Authenticator]:
    return Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)


def reset_two_factor(user: User) -> int:
    """Delete a user's factors and recovery codes; returns how many rows there were."""
    return Authenticator.objects.filter(user=user).delete()[0]


def username_for(typed: str) -> str:
    """The user whom somebody means that logs in: by name, or by an address that only one user has."""
    if "@" not in typed or User.objects.filter(username=typed).exists():
        return typed
    found = list(
        User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).values_list("username", flat=True)[:2]
    )
    return found[0] if len(found) == 1 else typed


def user_of_session(cookies: Mapping[str, str]) -> User | None:
    """The active member of the staff whose session the cookies carry, as Django's middleware would find them."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(cookies.get(settings.SESSION_COOKIE_NAME, ""))
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active and user.is_staff else None


def is_staff_session(key: str) -> bool:
    """Whether `key` is the session of an active member of the staff."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = session.get(SESSION_KEY)
    return user is not None and User.objects.filter(pk=user, is_active=True, is_staff=True).exists()


def delete_expired(now: datetime | None = None) -> int:
    """Delete logins that have expired, and what was kept of the address and browser of any login that is over; returns how
    many logins. The next run deletes what is left."""
    expired = Session.objects.filter(expire_date__lt=now or timezone.now()).order_by("expire_date")
    found = list(expired.values_list("pk", flat=True)[:DELETED_AT_ONCE])
    Session.objects.filter(pk__in=found).delete()
    over = UserSession.objects.filter(~Exists(Session.objects.filter(session_key=OuterRef("session_key"))))
    UserSession.objects.filter(pk__in=list(over.values_list("pk", flat=True)[:DELETED_AT_ONCE])).delete()
    return len(found)
