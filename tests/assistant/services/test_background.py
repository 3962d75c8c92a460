"""Staff and operators are told that the scheduler or the workers of a queue have stopped, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from celery import signals
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client, override_settings
from django.utils import timezone

from assistant.management.doctor import examine
from assistant.services import background
from interworky.celery import TICK, app

BEGAN = datetime(2030, 3, 4, 9, tzinfo=UTC)
QUEUES = ("mail", "documents", "celery")


@pytest.fixture(autouse=True)
def no_marks() -> Iterator[None]:
    caches["shared"].clear()
    background._worked.clear()
    yield
    caches["shared"].clear()
    background._worked.clear()


def after(**passed: float) -> datetime:
    return BEGAN + timedelta(**passed)


def web_runs(until: datetime, since: datetime = BEGAN) -> None:
    """A web process that leaves its marks every half minute."""
    while since <= until:
        background.show_web(since)
        since += timedelta(seconds=30)


def work_until(now: datetime, *queues: str) -> None:
    background.record(background.SCHEDULER, now)
    for queue in queues:
        background.record(f"queue {queue}", now)


def names(now: datetime) -> list[str]:
    return [one.queue for one in background.stopped(now)]


def test_nothing_is_said_while_all_of_it_runs_nor_where_nothing_does() -> None:
    assert names(BEGAN) == []
    web_runs(after(hours=1))
    work_until(after(minutes=59), *QUEUES)
    assert names(after(hours=1)) == []
    assert names(after(days=3)) == [], "no web process runs any more either"


def test_a_clock_and_queues_that_do_not_run_are_missed_after_a_while_and_not_at_a_start() -> None:
    web_runs(after(minutes=9))
    assert names(after(minutes=4)) == []
    assert [(one.queue, one.since) for one in background.stopped(after(minutes=9))] == [("", None)]
    work_until(after(minutes=9), "mail")
    assert names(after(minutes=9)) == ["documents", "celery"], "while the clock stands still, none can be blamed"


def test_the_time_is_told_since_when_it_has_stopped() -> None:
    work_until(BEGAN, *QUEUES)
    web_runs(after(minutes=30))
    assert [(one.queue, one.since) for one in background.stopped(after(minutes=30))] == [("", BEGAN)]


@pytest.mark.parametrize("away", [timedelta(minutes=3), timedelta(days=2)])
def test_what_was_switched_off_or_has_slept_begins_anew(away: timedelta) -> None:
    web_runs(after(minutes=1))
    work_until(after(minutes=1), *QUEUES)
    again = after(minutes=2) + away
    assert names(again) == []
    web_runs(again + timedelta(minutes=4), again)
    assert names(again + timedelta(minutes=4)) == []
    web_runs(again + timedelta(minutes=6), again + timedelta(minutes=4))
    assert names(again + timedelta(minutes=6)) == [""]


def test_a_restart_of_the_web_processes_does_not_hide_what_has_stopped() -> None:
    web_runs(after(minutes=10))
    background.show_web(after(minutes=11))
    assert names(after(minutes=11)) == [""]


def test_what_stops_is_missed_although_the_system_s_clock_was_set_back() -> None:
    web_runs(after(hours=3), after(hours=2))
    work_until(after(hours=3), *QUEUES)
    assert names(BEGAN) == [], "before the web processes have left a mark by the new time"
    web_runs(after(minutes=4))
    assert names(after(minutes=4)) == []
    web_runs(after(minutes=6), after(minutes=4))
    assert [(one.queue, one.since) for one in background.stopped(after(minutes=6))] == [("", None)]


# --- Who leaves marks -----------------------------------------------------------------------------------------------------


def test_the_clock_sends_something_to_every_queue(settings: Any) -> None:
    ticks = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == TICK]
    assert {entry["options"]["queue"] for entry in ticks} == set(settings.CELERY_TASK_QUEUES)
    assert all(timedelta(seconds=3 * entry["schedule"]) < background.PATIENCE for entry in ticks)


def test_what_the_clock_sends_and_what_a_worker_begins_leave_marks() -> None:
    now = timezone.now()
    web_runs(now, now - timedelta(minutes=20))
    assert names(now) == [""]
    signals.after_task_publish.send(sender="assistant.tasks.deliver")
    assert names(now) == [""], "others than the clock send that"
    signals.after_task_publish.send(sender=TICK)
    assert names(now) == list(QUEUES)
    for queue in ("mail", "documents"):
        task = SimpleNamespace(request=SimpleNamespace(delivery_info={"exchange": "", "routing_key": queue}))
        signals.task_prerun.send(sender=queue, task=task)
    assert names(now) == ["celery"]


def test_a_busy_worker_leaves_a_mark_now_and_then_and_not_for_each_task() -> None:
    background.record_work("mail")
    caches["shared"].clear()
    background.record_work("mail")
    assert caches["shared"].get("background.queue.mail") is None


@pytest.mark.django_db
def test_a_cache_that_is_away_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    with override_settings(CACHES={"default": away, "shared": away}):
        background.show_web()
        background.record_work("mail")
        assert background.stopped() == [] and "whether the background work runs is not known" in caplog.text


# --- Who is told ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("embedded", [False, True])
def test_the_first_page_and_doctor_say_what_has_stopped_and_what_to_start(client: Client, settings: Any, embedded) -> None:
    settings.EMBEDDED = embedded
    now = timezone.now()
    web_runs(now, now - timedelta(minutes=20))
    work_until(now, "mail", "celery")
    background.record("queue documents", now - timedelta(minutes=12))
    client.force_login(User.objects.create_superuser("boss"))
    page = " ".join(client.get("/admin/").content.decode().split())
    [finding] = [one for one in examine().findings if one.about == "background"]
    said = "No worker is serving the queue “documents”, since"
    assert said in page and said in finding.text and finding.level == "warning"
    assert "reading documents, web pages and outside calendars" in page and "reading documents" in finding.text
    remedy = "python3 manage.py up" if embedded else "celery -A interworky worker --queues documents"
    assert remedy in page and remedy in finding.remedy
    background.record("queue documents")
    assert "No worker is serving" not in client.get("/admin/").content.decode()
    assert not [one for one in examine().findings if one.about == "background"]
