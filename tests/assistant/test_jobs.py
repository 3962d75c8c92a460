"""Scheduled jobs, beyond what the tests of each service cover."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import OperationalError, connection
from django.test import override_settings
from django.utils import timezone

from assistant import jobs, outbound
from assistant.management.doctor import examine
from assistant.models import Appointment, Delivery, Organization, Provider
from assistant.providers import retirements
from assistant.services import failing_steps
from assistant.services.booking.appointments import holds
from tests import make

pytestmark = pytest.mark.django_db
END = date(2031, 6, 1)
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def asked(settings: Any) -> Iterator[list[str]]:
    """Every server says that its models m and v end on END; what it is asked is kept."""
    settings.AI_ENVIRONMENT = {}
    settings.DEMO_MODEL = False
    settings.OUTBOUND_ALLOWED_ORIGINS = ["https://llm.example.com"]
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"data": [{"id": name, "shutdown_date": str(END)} for name in "mv"]})

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        yield seen


@pytest.fixture
def home() -> Organization:
    return make.organization(team_email="team@example.com")


def own(home: Organization, **fields: Any) -> Provider:
    return Provider.objects.create(
        organization=home, **{"name": "Own", "base_url": "https://llm.example.com/v1", "smart": "m", **fields}
    )


def mails(days_before: int) -> list[str]:
    """The recipients of e-mail after the job has run twice on that day."""
    for _ in range(2):
        jobs.warn_of_shutdowns(END - timedelta(days=days_before))
    return list(Delivery.objects.order_by("created_at").values_list("to", flat=True))


def test_a_team_is_notified_of_a_retirement_once_at_each_stage(home):
    own(home)
    counts = {days: len(mails(days)) for days in (91, 90, 89, 31, 30, 8, 7, 0, -1, -30)}
    assert counts == {91: 0, 90: 1, 89: 1, 31: 1, 30: 2, 8: 2, 7: 3, 0: 3, -1: 4, -30: 4}
    first = Delivery.objects.order_by("created_at").first()
    assert first.organization == home and "ends on 2031-06-01" in first.subject and "in 90 days" in first.text


def test_only_operators_are_notified_of_the_environments_models(home, settings):
    settings.AI_ENVIRONMENT = {"AI_BASE_URL": "https://llm.example.com/v1", "AI_MODEL": "m"}
    User.objects.create_superuser("boss", "boss@example.com")
    User.objects.create_superuser("nobody")
    User.objects.create_user("ed", "ed@example.com", is_staff=True)
    assert mails(20) == ["boss@example.com"]
    assert Delivery.objects.get().organization is None


def test_the_retirement_of_an_assistants_model_is_reported_to_its_organization(home, settings):
    settings.AI_ENVIRONMENT = {"AI_BASE_URL": "https://llm.example.com/v1", "AI_MODEL": "lasting"}
    make.assistant(home, model="m")
    make.assistant(make.organization("Other", team_email="other@example.com"))
    assert mails(20) == ["team@example.com"]


def test_each_organization_is_notified_of_its_own_providers_alone(home):
    own(home, smart="lasting", fallback_model="v")
    own(make.organization("Other", team_email="other@example.com"), smart="lasting")
    own(make.organization("Shut", team_email="shut@example.com", active=False))
    assert mails(20) == ["team@example.com"]


def test_a_server_is_asked_once_however_many_use_it_and_need_not_answer(home, asked):
    for name in ("One", "Two"):
        own(make.organization(name), preset="openai", base_url="https://llm.example.com/v1")
    jobs.warn_of_shutdowns()
    assert asked == ["https://llm.example.com/v1/models"]

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("gone")

    own(home, preset="openai", smart="gpt-4o")
    with outbound.transport_for_tests(httpx.MockTransport(broken)):
        jobs.warn_of_shutdowns(date(2027, 1, 10))  # of which the shipped list knows
    assert Delivery.objects.get().to == "team@example.com"


def test_what_is_known_without_asking_is_there_to_be_shown(home):
    own(home, preset="openai", smart="gpt-3.5-turbo")
    assert [(one.model, one.stage) for one in retirements.known(home)] == [("gpt-3.5-turbo", 0)]
    assert retirements.known() == []


def test_a_retirement_is_not_announced_again_after_old_rows_were_deleted(home):
    own(home)
    told = mails(20)
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=900), state=Delivery.State.SENT)
    jobs.sweep()
    jobs.tidy()
    assert mails(20) == told == ["team@example.com"]


# --- Steps ------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def nothing_fails() -> Iterator[None]:
    caches["shared"].clear()
    yield
    caches["shared"].clear()


def broken(table: str) -> Callable[..., Any]:
    """Every statement about a table fails, as when it is locked or damaged."""

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if f'"{table}"' in sql:
            raise OperationalError(f"{table} cannot be read")
        return execute(sql, params, many, context)

    return run


def steps_that_failed(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [record.args[0] for record in caplog.records if record.name == jobs.log.name and record.levelno == logging.ERROR]


def test_a_step_that_fails_is_logged_by_its_name_and_the_others_run(caplog):
    ran: list[str] = []
    steps = {"one": lambda: ran.append("one"), "two": fail, "three": lambda: ran.append("three")}
    assert jobs.run_steps("sweep", steps) == ["two"] and ran == ["one", "three"]
    assert steps_that_failed(caplog) == ["two"] and "not today" in caplog.text


def test_no_step_of_the_sweep_keeps_the_others_from_running(caplog):
    talk = make.conversation()
    calendar = make.calendar(talk.organization)
    held = holds.hold(make.pick(calendar, NINE), conversation=talk, now=NINE - timedelta(days=1))
    Appointment.objects.update(held_until=timezone.now())
    with connection.execute_wrapper(broken("assistant_delivery")):
        jobs.sweep()
    held.refresh_from_db()
    assert "deliveries" in steps_that_failed(caplog) and held.state == "expired"


def test_no_step_of_tidying_keeps_the_others_from_running(caplog, home):
    with connection.execute_wrapper(broken("assistant_usage")):
        jobs.tidy()
    assert steps_that_failed(caplog) == ["usage and counters"]


def fail() -> None:
    raise ValueError("not today")


def test_staff_and_operators_see_which_step_fails_until_it_has_succeeded(client, home):
    client.force_login(User.objects.create_superuser("boss"))
    jobs.run_steps("sweep", {"reminders": fail, "replays": list})
    jobs.run_steps("tidy", {"reminders": list})  # of the same name, but of another job
    page = client.get("/admin/").content.decode()
    assert "Some of the work in the background fails:" in page and "reminders, since" in page and "replays" not in page
    [finding] = [one for one in examine().findings if one.about == "job “sweep”"]
    assert finding.level == "warning" and "the step “reminders” has been failing since" in finding.text
    [known] = failing_steps.current()
    jobs.run_steps("sweep", {"reminders": fail, "replays": fail})
    assert [(step.name, step.since == known.since) for step in failing_steps.current()] == [
        ("reminders", True),
        ("replays", False),
    ]
    jobs.run_steps("sweep", {"reminders": list, "replays": list})
    assert failing_steps.current() == [] and "in the background" not in client.get("/admin/").content.decode()


def test_every_scheduled_job_of_ours_shows_that_it_fails(settings):
    settings.INBOUND_IMAP_URL = "imap://nobody:x@127.0.0.1:9/"
    no_conversations, no_organizations = (broken(f"assistant_{table}") for table in ("conversation", "organization"))
    with connection.execute_wrapper(no_conversations), connection.execute_wrapper(no_organizations):
        for job in (jobs.read_mailbox, jobs.close_idle, jobs.watch_models):
            job()
    assert {step.job for step in failing_steps.current()} == {"mailbox", "idle", "watch models"}


def test_a_cache_that_is_away_keeps_no_step_from_running(caplog):
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    ran: list[str] = []
    with override_settings(CACHES={"default": away, "shared": away}):
        assert jobs.run_steps("sweep", {"one": lambda: ran.append("one"), "two": fail}) == ["two"] and ran == ["one"]
        assert failing_steps.current() == [] and "the cache is away (ConnectionError)" in caplog.text


def test_a_damaged_file_of_the_cache_keeps_no_failing_step_from_being_noted(settings, tmp_path: Path) -> None:
    shared = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    with override_settings(CACHES={**settings.CACHES, "shared": shared}):
        for _ in range(2):
            failing_steps.record("sweep", ["expire holds"], ["expire holds"])
            assert [step.name for step in failing_steps.current()] == ["expire holds"]
            for file in tmp_path.iterdir():
                file.write_bytes(b"damaged")
            assert failing_steps.current() == []
