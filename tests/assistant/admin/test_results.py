"""The results on the first page: each number is the number of rows that it leads to."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from assistant.admin import results as page
from assistant.models import Appointment, Assistant, Conversation, Organization, Question, Usage
from assistant.services.conversations import takeover
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.ratings import rate_conversation
from assistant.services.conversations.results import Period, last_days, results
from assistant.services.conversations.state import change_state
from assistant.services.providers.budgets import left_this_month
from tests import make

pytestmark = pytest.mark.django_db
CASES = {
    "Conversations": 4,
    "Handled by the assistant alone": 3,
    "Appointments made": 2,
    "Unanswered questions": 2,
    "Rating by visitors": 2,
}


@pytest.fixture
def mia() -> Assistant:
    return make.assistant()


def talked(mia: Assistant, days_ago: float = 0, **fields: Any) -> Conversation:
    talk = make.conversation(mia)
    post_message(talk, "c-1", "Is there a lift?")
    began = timezone.now() - timedelta(days=days_ago)
    Conversation.objects.filter(pk=talk.pk).update(created_at=began, **fields)
    talk.refresh_from_db()
    return talk


def booked(mia: Assistant, state: str, days_ago: float = 0) -> None:
    calendar = (
        make.calendar(mia.organization) if not mia.organization.calendars.exists() else mia.organization.calendars.get()
    )
    start = datetime(2031, 1, 6, 9, tzinfo=UTC) + timedelta(hours=Appointment.objects.count())
    row = Appointment.objects.create(
        organization=mia.organization, calendar=calendar, service=calendar.services.first(), state=state,
        start_at=start, end_at=start + timedelta(minutes=30), busy_from=start, busy_until=start + timedelta(minutes=30),
        timezone="UTC",
    )  # fmt: skip
    Appointment.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days_ago))


def asked(talk: Conversation, state: str = "open", days_ago: float = 0) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    Question.objects.create(
        organization=talk.organization, conversation=talk, key=str(Question.objects.count()), text="A lift?",
        reason="unsure", state=state, first_at=at, last_at=at,
    )  # fmt: skip


@pytest.fixture
def busy(mia: Assistant) -> Assistant:
    """An organization in which each figure has rows within 7 days, before them, and such as are not counted."""
    make.conversation(mia)  # in which nobody wrote
    talks = [talked(mia), talked(mia, 3), talked(mia, 6), talked(mia, 1)]
    before = talked(mia, 9)
    change_state(talks[3], Conversation.State.WAITING)
    rate_conversation(talks[0], 5)
    rate_conversation(before, 2)
    for days_ago, state in ((0, "confirmed"), (5, "no_show"), (1, "cancelled"), (2, "held"), (12, "confirmed")):
        booked(mia, state, days_ago)
    for days_ago, state in ((0, "open"), (6, "open"), (1, "answered"), (20, "open")):
        asked(talks[1], state, days_ago)
    Usage.objects.create(organization=mia.organization, task="reply", micros=60_000, at=timezone.now())
    Usage.objects.create(organization=mia.organization, task="reply", micros=9_000_000, reserved=True)
    return mia


def shown(client: Client, days: int = 7) -> dict[str, page.Figure]:
    return {one.label: one for one in client.get(f"/admin/?days={days}").context["figures"]}


@pytest.mark.parametrize("label", CASES)
def test_each_figure_leads_to_exactly_the_rows_that_it_counts(boss: Client, busy: Assistant, label: str):
    rows = boss.get(shown(boss)[label].link).context["cl"].result_count
    assert rows == CASES[label]


def test_figures_say_what_was_counted_and_compare_it_with_the_days_before(boss: Client, busy: Assistant):
    values = {label: (one.value, one.before) for label, one in shown(boss).items()}
    assert values == {
        "Conversations": ("4", "1"),
        "Handled by the assistant alone": ("75%", "100%"),
        "Appointments made": ("2", "1"),
        "Unanswered questions": ("2", "0"),
        "Rating by visitors": ("3.5 of 5 (2)", "None"),
        "Cost per conversation handled alone": ("$0.020", "$0.000"),
    }


def test_a_longer_period_counts_more(boss: Client, busy: Assistant):
    assert shown(boss, 30)["Conversations"].value == "5"
    assert shown(boss, 30)["Unanswered questions"].value == "3"


def test_days_that_are_no_choice_are_the_shortest(boss: Client, mia: Assistant):
    assert boss.get("/admin/?days=99999999999").context["period"] == last_days(7)


def test_another_organizations_rows_are_not_counted(busy: Assistant):
    other = make.organization("Other")
    assert results(Organization.objects.filter(pk=other.pk), last_days(90)).conversations == 0


def test_a_person_who_has_left_again_has_taken_part(mia: Assistant, django_user_model: Any):
    talk = talked(mia)
    takeover.take_over(talk, django_user_model.objects.create_user("grace"))
    takeover.hand_back(talk)
    assert results(Organization.objects.all(), last_days(7)).containment == 0


def test_persons_of_earlier_versions_are_noted_from_the_events(mia: Assistant, monkeypatch: pytest.MonkeyPatch):
    migration = import_module("assistant.migrations.0049_note_persons")
    talks = [talked(mia) for _ in range(3)]
    for talk in talks[1:]:
        change_state(talk, Conversation.State.WAITING)
        change_state(talk, Conversation.State.ASSISTANT)
    noted = [talk.events.filter(data__state="waiting").values_list("at", flat=True).first() for talk in talks]
    Conversation.objects.update(person_at=None)
    monkeypatch.setattr(migration, "AT_ONCE", 1)
    migration.note_persons(apps, None)
    assert [Conversation.objects.get(pk=talk.pk).person_at for talk in talks] == noted


def test_figures_can_be_downloaded(boss: Client, busy: Assistant):
    answer = boss.get("/admin/assistant/conversation/results.csv?days=7")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == list(page.HEADINGS) and [row[0] for row in rows[1:]] == list(shown(boss))
    assert rows[1][3:] == ["4", "1"]


def test_nobody_who_belongs_nowhere_can_download_figures(client: Client, django_user_model: Any):
    client.force_login(django_user_model.objects.create_user("eve", is_staff=True))
    assert client.get("/admin/assistant/conversation/results.csv").status_code == 403


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Pacific/Apia", "UTC"])
def test_a_period_is_whole_days_and_meets_the_one_before_it(zone: str):
    with timezone.override(zone):
        period = Period(date(2026, 3, 25), date(2026, 3, 31))  # the clocks of Berlin change within it
        assert period.before.end == period.start and period.before.first == date(2026, 3, 18)
        assert period.start.hour == period.end.astimezone(timezone.get_current_timezone()).hour == 0


# --- Filters by days --------------------------------------------------------------------------------------------------


def test_the_last_day_of_a_range_belongs_to_it(boss: Client, mia: Assistant):
    talked(mia)
    today = timezone.localdate()
    for first, last, found in ((today, today, 1), (today - timedelta(days=3), today - timedelta(days=1), 0)):
        address = f"/admin/assistant/conversation/?created_at_from={first}&created_at_to={last}"
        assert boss.get(address).context["cl"].result_count == found


@pytest.mark.parametrize("asked", ["0001-01-01", "9999-12-31", "tomorrow", "", "2026-02-30"])
def test_a_day_that_is_none_or_far_away_shows_a_list_all_the_same(boss: Client, mia: Assistant, asked: str):
    answer = boss.get("/admin/assistant/conversation/", {"created_at_from": asked, "created_at_to": asked})
    assert answer.status_code == 200


# --- What is left of a budget -----------------------------------------------------------------------------------------


def test_what_is_left_of_a_budget_is_of_the_limit_that_is_used_up_furthest(mia: Assistant):
    home = mia.organization
    assert left_this_month(home) == 1.0
    now = datetime(2030, 5, 17, tzinfo=UTC)
    home.spendings.create(scope="organization", period="2030-05", tokens=15_000_000, micros=400_000_000)
    assert left_this_month(home, now) == pytest.approx(0.2)  # of 500 dollars; of 150 million tokens it is nine tenths
