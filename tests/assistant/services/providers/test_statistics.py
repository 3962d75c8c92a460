from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from assistant.models import Conversation, Turn, Usage
from assistant.services.providers import health, statistics
from tests import make

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def conversation() -> Conversation:
    return make.conversation()


def asked(conversation: Conversation, name: str = "a", at: datetime = NOW, **causes: int) -> None:
    """So many attempts for each cause; `answered` ones speak after 100, 101, … ms and end after 1000, 1010, … ms."""
    for cause, count in causes.items():
        for number in range(count):
            answered = cause == "answered"
            row = Usage.objects.create(
                organization=conversation.organization, assistant=conversation.assistant, task="reply",
                provider_name=name, source="platform", health_key=f"platform:{name}:1", model="m",
                cause="" if answered else cause, prompt_tokens=10, completion_tokens=5, micros=20,
                total_ms=1000 + number * 10, first_token_ms=100 + number if answered else None,
            )  # fmt: skip
            Usage.objects.filter(pk=row.pk).update(at=at)


def rows(*of: Conversation, since: datetime = NOW - timedelta(days=1)) -> Any:
    return statistics.attempts(since, [each.organization.pk for each in of] or None)


def test_errors_are_counted_by_class_and_latencies_ranked(conversation: Conversation) -> None:
    asked(conversation, answered=10, timeout=2, unauthorized=1, stopped=1)
    asked(conversation, "b", answered=1)
    asked(conversation, "b", at=NOW - timedelta(days=2), answered=1)
    Usage.objects.create(organization=conversation.organization, task="reply", reserved=True)
    health.failed("platform:a:1", "m", "unauthorized", name="a")
    first, second = statistics.by_provider(rows(conversation))
    assert (first.name, first.requests, first.failures) == ("a", 14, {"timeout": 2, "unauthorized": 1})
    assert first.success_rate == pytest.approx(11 / 14)
    assert (first.first_token_p50_ms, first.first_token_p95_ms) == (105, 109)
    assert (first.total_p50_ms, first.total_p95_ms) == (1040, 1090)
    assert (first.state, first.tokens, first.dollars, first.models) == ("open", 14 * 15, 0.00028, ("m",))
    assert first.last_used_at == NOW and first.open_until
    assert (second.name, second.requests, second.success_rate, second.state) == ("b", 1, 1, "closed")


def test_statistics_of_one_organization_hold_nothing_of_another(conversation: Conversation) -> None:
    asked(conversation, answered=2)
    stranger = make.conversation(make.assistant(make.organization("Elsewhere")))
    asked(stranger, answered=3)
    assert [one.requests for one in statistics.by_provider(rows(stranger))] == [3]
    assert [one.requests for one in statistics.by_provider(rows())] == [5]
    assert [one.requests for one in statistics.by_provider(rows(), by_organization=True)] == [3, 2]
    assert statistics.by_provider(statistics.attempts(NOW, [])) == []


def test_days_are_those_of_the_zone_and_days_without_use_are_days_too(conversation: Conversation) -> None:
    auckland = ZoneInfo("Pacific/Auckland")
    asked(conversation, at=datetime(2030, 3, 30, 10, 59, tzinfo=UTC), answered=2, timeout=1)  # still the 30th there
    asked(conversation, at=datetime(2030, 3, 30, 11, 1, tzinfo=UTC), answered=4)
    asked(conversation, at=NOW - timedelta(days=20), answered=1)
    days = statistics.over_time(rows(since=NOW - timedelta(days=30)), days=7, zone=auckland, now=NOW)
    assert [(day.start.day, day.requests, day.failures) for day in days[-3:]] == [(30, 3, 1), (31, 4, 0), (1, 0, 0)]
    assert (days[-3].tokens, days[-3].micros) == (45, 60)
    assert (days[-2].first_token_p50_ms, days[-2].first_token_p95_ms) == (102, 103)
    assert len(days) == 7 and {day.requests for day in days[:-3]} == {0}


def test_a_day_is_twenty_four_hours_even_where_the_clock_is_put_forward(conversation: Conversation) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    asked(conversation, at=datetime(2030, 3, 31, 1, 30, tzinfo=UTC), answered=1)  # 03:30 there, just after 01:59
    hours = statistics.over_time(rows(), days=1, zone=berlin, now=NOW)
    assert [hour.start.hour for hour in hours if hour.requests] == [3]
    assert len({hour.start.astimezone(UTC) for hour in hours}) == 24


def test_counters_begin_with_the_month_and_say_how_it_ended(conversation: Conversation) -> None:
    asked(conversation, at=NOW - timedelta(days=31), answered=9)
    asked(conversation, answered=3, timeout=1)
    answered, failed = statistics.totals(NOW)
    assert (answered.outcome, answered.requests, failed.outcome, failed.requests) == ("answered", 3, "timeout", 1)
    assert (answered.prompt_tokens, answered.completion_tokens, answered.micros) == (30, 15, 60)
    # 1000, 1010 and 1020 ms: one within a second, all within two and a half.
    assert answered.answer == ([0, 0, 0, 1, 3, 3, 3, 3, 3, 3], 3030)
    assert answered.first_token == ([1, 3, 3, 3, 3, 3, 3, 3, 3, 3], 303)
    assert failed.first_token == ([0] * 10, 0)


def test_turns_are_counted_by_how_they_ended_and_those_that_wait(conversation: Conversation) -> None:
    message = conversation.messages.create(role="visitor", text="Hi", seq=1)
    now = timezone.now()
    for fields in (
        {"state": "done", "ended_at": now},
        {"state": "failed", "code": "not_available", "ended_at": now},
        {"state": "done", "ended_at": now - timedelta(days=40)},
        {"state": "queued"},
    ):
        Turn.objects.create(conversation=conversation, message=message, deadline_at=now, **fields)
    assert statistics.turns() == {("done", ""): 1, ("failed", "not_available"): 1}
    assert statistics.waiting()["turns"] == {"queued": 1, "running": 0}


def test_staff_can_have_a_provider_asked_again_at_once() -> None:
    health.failed("k", "m", "quota", name="a")
    assert health.standings([("k", "m")])["k", "m"].state == "open"
    health.close("k", "")
    assert health.standings([("k", "m")])["k", "m"].well
