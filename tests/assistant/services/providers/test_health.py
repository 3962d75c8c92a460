"""The breaker, with the clock in our hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.models import Delivery, Provider, ProviderHealth, Rotation
from assistant.services.providers import health
from tests import make

pytestmark = pytest.mark.django_db

T0 = datetime(2030, 1, 8, 12, tzinfo=UTC)
KEY = "platform:a:0"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def fail(cause: str = "server_error", seconds: float = 0, times: int = 1, **more: Any) -> None:
    for _ in range(times):
        health.failed(KEY, "m", cause, name="a", now=at(seconds), **more)


def succeed(seconds: float = 0) -> None:
    health.succeeded(KEY, "m", now=at(seconds))


def state(seconds: float = 0, model: str = "m") -> str:
    return health.standings({(KEY, model)}, at(seconds))[KEY, model].state


def probe(seconds: float, **more: Any) -> bool:
    return health.claim_probe(KEY, "m", now=at(seconds), **more)


def test_an_unknown_provider_is_asked() -> None:
    assert state() == "closed"


@pytest.mark.parametrize("cause", sorted(health.COUNTED))
def test_five_failures_in_a_row_open(cause: str) -> None:
    fail(cause, times=4)
    assert state() == "closed"
    fail(cause)
    assert state() == "open"


def test_one_success_between_them_begins_the_count_anew() -> None:
    fail(times=4)
    succeed()
    fail(times=4)
    assert state() == "closed"


@pytest.mark.parametrize("cause", sorted(health.OPEN_AT_ONCE))
def test_what_does_not_pass_by_itself_opens_at_once(cause: str) -> None:
    fail(cause)
    assert state() == "open"
    assert state(model="other") == ("closed" if cause == "model_not_found" else "open")


@pytest.mark.parametrize("cause", ["context_too_long", "content_filter", "empty"])
def test_what_the_request_is_to_blame_for_is_no_failure(cause: str) -> None:
    fail(cause, times=9)
    assert state() == "closed"
    assert not ProviderHealth.objects.exists()


def test_each_opening_in_a_row_lasts_longer_up_to_ten_minutes() -> None:
    now, waits = 0.0, []
    fail(times=5)
    for _ in range(25):
        row = ProviderHealth.objects.get(model="")
        assert row.open_until is not None
        waits.append((row.open_until - at(now)).total_seconds())
        now += waits[-1]
        assert probe(now)
        fail(seconds=now)
    assert waits[:4] == [30, 60, 90, 120]
    assert max(waits) == waits[-1] == 600


def test_a_used_up_quota_is_left_for_five_minutes() -> None:
    fail("quota")
    assert (state(299), state(300)) == ("open", "half-open")


def test_half_open_lets_one_probe_through_at_a_time() -> None:
    fail(times=5)
    assert not probe(29)
    assert state(30) == "half-open"
    assert [probe(30), probe(30), probe(31)] == [True, False, False]
    assert state(31) == "open", "while somebody probes, others leave it alone"


def test_two_answers_in_a_row_close() -> None:
    fail(times=5)
    assert probe(30)
    succeed(31)
    assert state(31) == "half-open"
    assert probe(31)
    succeed(32)
    row = ProviderHealth.objects.get()
    assert (state(32), row.failures, row.openings, row.cause) == ("closed", 0, 0, "")


def test_a_failed_probe_opens_again_for_longer() -> None:
    fail(times=5)
    probe(30)
    succeed(30)
    probe(31)
    fail(seconds=31)
    assert (state(90), state(91)) == ("open", "half-open")


def test_failures_that_were_under_way_do_not_lengthen_the_pause() -> None:
    fail(times=5)
    fail(seconds=10, times=20)
    assert state(30) == "half-open"


def test_a_process_that_died_while_probing_does_not_block_the_probe() -> None:
    fail(times=5)
    assert probe(30)
    assert not probe(89)
    assert probe(90)


def test_a_probe_that_was_stopped_is_given_back() -> None:
    fail(times=5)
    probe(30)
    health.give_back_probe(KEY, "m")
    assert probe(31)


def test_the_last_provider_is_probed_every_five_seconds_while_open() -> None:
    fail("unauthorized")
    assert [probe(second, last=True) for second in (0, 1, 4, 5, 6)] == [True, False, False, True, False]
    succeed(6)
    assert state(6) == "half-open"


def test_a_missing_model_says_that_the_provider_is_well() -> None:
    fail(times=4)
    fail("model_not_found")
    fail()
    assert state(model="other") == "closed"


def test_an_answer_changes_nothing_for_a_provider_that_is_well() -> None:
    succeed()
    assert not ProviderHealth.objects.exists()


def test_turn_numbers_are_given_once_each() -> None:
    assert [health.turn_number("platform:reply") for _ in range(4)] == [1, 2, 3, 4]
    assert health.turn_number("7:reply") == 1


def test_another_address_or_key_is_another_provider() -> None:
    keys = {
        health.health_key(owner, "a", url, key)
        for owner in (None, 1) for url in ("https://a/v1", "https://b/v1") for key in ("k", "l", "")
    }  # fmt: skip
    assert len(keys) == 12
    assert all(len(key) <= 80 for key in keys)
    assert len(health.health_key(10**12, "n" * 300, "u", "k")) <= 80


def test_lessons_accumulate() -> None:
    health.measured(KEY, "m", {"tools": False}, name="a")
    health.measured(KEY, "m", {"streaming": True}, name="a")
    assert health.standings({(KEY, "m")}, T0)[KEY, "m"].capabilities == {"tools": False, "streaming": True}


def test_a_team_is_notified_once_a_day_of_problems_that_only_it_can_fix() -> None:
    organization = make.organization(team_email="team@example.com")
    row = Provider.objects.create(organization=organization, name="Ours", base_url="https://api.example.com/v1", smart="m")
    for cause in ("unauthorized", "unauthorized"):
        ProviderHealth.objects.all().update(open_until=None)
        fail(cause, provider_id=row.pk)
    [mail] = Delivery.objects.all()
    assert (mail.to, mail.organization) == ("team@example.com", organization)
    assert "Ours" in mail.subject and "refuses the key" in mail.text


def test_a_new_key_or_address_clears_what_was_held_against_the_old() -> None:
    row = Provider.objects.create(organization=make.organization(), name="a", base_url="https://api.example.com/v1")
    for change in ("key", "address", "name"):
        fail("unauthorized", provider_id=row.pk)
        if change == "key":
            row.set_key("sk-new", row.base_url)
        elif change == "address":
            row.base_url = "https://api.example.com/v2"
        else:
            row.name = "b"
        row.save()
        assert row.health.exists() is (change == "name")


def test_the_team_is_not_notified_of_temporary_problems() -> None:
    organization = make.organization(team_email="team@example.com")
    row = Provider.objects.create(organization=organization, name="Ours", base_url="https://api.example.com/v1", smart="m")
    fail(times=5, provider_id=row.pk)
    assert not Delivery.objects.exists()


# --- What a process keeps -----------------------------------------------------------------------------------------------


def changes() -> int:
    return Rotation.objects.filter(pk=Rotation.HEALTH).values_list("number", flat=True).first() or 0


def test_what_is_known_is_asked_again_only_when_something_has_changed(django_assert_num_queries):
    place = ("platform:kept:1", "big")
    assert health.standings([place], at=changes())[place].state == "closed"
    count = changes()
    with django_assert_num_queries(0):
        assert health.standings([place], at=count)[place].well
    with django_assert_num_queries(1):
        health.standings([place])  # nobody has said how often
    health.failed(*place, "unauthorized", name="kept")
    assert health.standings([place], at=changes())[place].state == "open"


@pytest.mark.parametrize(
    "change",
    [
        lambda key: health.failed(key, "big", "timeout", name="n"),
        lambda key: health.measured(key, "big", {"tools": False}, name="n"),
        lambda key: ProviderHealth.objects.filter(key=key).update(failures=3),
        lambda key: ProviderHealth.objects.filter(key=key).delete(),
        lambda key: ProviderHealth.objects.get(key=key).save(),
        lambda key: health.close(key, ""),
    ],
)
def test_every_change_to_a_providers_health_is_counted(change):
    ProviderHealth.objects.create(key="platform:counted:1", name="n", failures=1)
    before = changes()
    change("platform:counted:1")
    assert changes() > before


def test_an_answer_of_a_provider_that_is_well_changes_nothing():
    before = changes()
    health.succeeded("platform:well:1", "big")
    assert changes() == before
