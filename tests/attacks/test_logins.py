"""Guessing passwords: a few guesses from a network, nothing is hashed beyond them, and nobody is locked out from
elsewhere."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from assistant.errors import TooMuch
from assistant.services import logins
from assistant.services.organizations import rate_limits

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough one"
HASHED: list[str] = []


class Counting(PBKDF2PasswordHasher):
    """Says what it was asked to hash."""

    algorithm = "counting"
    iterations = 1

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        HASHED.append(password)
        return super().encode(password, salt, iterations)


@pytest.fixture(autouse=True)
def ada(settings: Any) -> Iterator[User]:
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    settings.TRUSTED_PROXY_COUNT = 1
    rate_limits.reset()
    user = User.objects.create_superuser("ada", password=PASSWORD)
    HASHED.clear()
    yield user
    rate_limits.reset()


def log_in(password: str, address: str = "192.0.2.1", username: str = "ada") -> str:
    """ "in", "wrong", or the sentence with which the page refuses to look."""
    client = Client(headers={"x-forwarded-for": address})
    answer = client.post("/admin/login/?next=/admin/", {"username": username, "password": password})
    if answer.status_code == 302:
        return "in"
    refused = re.search(r"Too many attempts to log in\. Try again in [^.<]+\.", answer.content.decode())
    return refused[0] if refused else "wrong"


def test_a_guesser_has_five_guesses_and_then_nothing_is_hashed():
    assert [log_in(f"guess {number}") for number in range(5)] == ["wrong"] * 5
    assert len(HASHED) == 5
    for _ in range(10):
        assert re.fullmatch(r"Too many attempts to log in\. Try again in (a minute|[2-5] minutes)\.", log_in(PASSWORD))
    assert len(HASHED) == 5


def test_a_user_that_does_not_exist_is_refused_alike():
    answers = [log_in("guess", username="nobody") for _ in range(6)]
    assert answers[:5] == ["wrong"] * 5 and answers[5].startswith("Too many")


def test_the_name_in_another_spelling_is_the_same_user():
    for name in ("ada", "ADA", " ada ", "Ada", "aDa"):
        log_in("guess", username=name)
    assert log_in(PASSWORD).startswith("Too many")


def test_trying_many_users_from_one_network_ends_too():
    answers = [log_in("guess", f"2001:db8::{number}", f"user{number}") for number in range(40)]
    assert answers[:30] == ["wrong"] * 30 and all(answer.startswith("Too many") for answer in answers[30:])


def test_a_user_locked_out_in_one_network_can_log_in_from_another():
    for _ in range(20):
        log_in("guess")
    assert log_in(PASSWORD).startswith("Too many")
    assert log_in(PASSWORD, "198.51.100.7") == "in"


def test_an_attack_from_everywhere_locks_nobody_out():
    """Each network has few guesses at a user; theirs go on counting, and the user's own are still looked at."""
    for network in range(12):
        for _ in range(5):
            log_in("guess", f"203.0.113.{network}")
    # Three an hour from each network, and twenty beyond those from all of them together.
    assert len(HASHED) == 12 * 3 + 20
    assert log_in(PASSWORD, "198.51.100.7") == "in"


def test_the_right_password_forgives_the_wrong_ones_before():
    for _ in range(3):
        for _ in range(3):
            assert log_in("slip") == "wrong"
        assert log_in(PASSWORD) == "in"


def test_log_ins_are_counted_where_other_limits_are_off(settings: Any):
    settings.RATE_LIMITS = False
    for _ in range(5):
        log_in("guess")
    assert log_in(PASSWORD).startswith("Too many")


def test_one_password_is_hashed_at_a_time():
    with logins.one_hash_at_a_time():
        turns: list[str] = []

        def second() -> None:
            try:
                with logins.one_hash_at_a_time(seconds=0.01):
                    turns.append("hashed")
            except TooMuch:
                turns.append("refused")

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert turns == ["refused"]
    with logins.one_hash_at_a_time(seconds=0.01):
        pass


@pytest.mark.parametrize("weak", ["short", "elevenchars", "123456789012345", "password1234", "adalovelace12"])
def test_a_weak_password_is_refused(weak: str):
    with pytest.raises(ValidationError):
        validate_password(weak, User(username="adalovelace"))


def test_a_long_password_is_good():
    validate_password("correct horse battery staple", User(username="adalovelace"))


def test_a_session_of_staff_is_known_by_its_cookie(ada: User):
    client = Client()
    client.force_login(ada)
    key = client.cookies["sessionid"].value
    assert logins.is_staff_session(key)
    assert not logins.is_staff_session("nonsense") and not logins.is_staff_session("")
    ada.is_staff = False
    ada.save()
    assert not logins.is_staff_session(key)
