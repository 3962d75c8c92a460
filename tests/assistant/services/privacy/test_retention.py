"""Retention: each kind of data goes after its own time, in one organization and not in the other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assistant.models import (
    Appointment,
    Conversation,
    Delivery,
    Message,
    Organization,
    Removal,
    ToolCall,
    Turn,
    Usage,
    Visitor,
)
from assistant.services.conversations.messages import post_message
from assistant.services.privacy import erasure, retention
from tests.assistant.services.privacy.planted import plant, rows_with

pytestmark = pytest.mark.django_db
MINE, OTHERS = "qzvisitorwordqz", "qzneighbourwordqz"
LATER = timedelta(days=40)


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


@pytest.fixture
def home() -> Organization:
    return plant("one", MINE).organization


@pytest.fixture
def neighbour() -> Organization:
    return plant("two", OTHERS).organization


def run_later(home: Organization, **days: int | None) -> list[Removal]:
    Organization.objects.filter(pk=home.pk).update(**days)
    return retention.run(timezone.now() + LATER)


def test_without_a_setting_nothing_is_deleted(home, neighbour):
    before = sorted(rows_with(MINE))
    assert run_later(home) == [] and sorted(rows_with(MINE)) == before


def test_messages_go_after_their_time_and_the_ledger_stays_with_its_visitor(home, neighbour):
    others = sorted(rows_with(OTHERS))
    [removal] = run_later(home, keep_messages_days=30)
    assert removal.counts["Message"] == 2 and removal.organization == home
    left = {name.partition(".")[0] for name in rows_with(MINE)}
    assert left == {"Visitor", "ToolCall", "Delivery", "Appointment", "Feedback"}
    talk = Conversation.objects.get(organization=home)
    assert (talk.title, talk.summary, talk.state) == ("", "", "closed")
    assert sorted(rows_with(OTHERS)) == others
    # What stays is still found when the visitor is erased.
    erasure.erase(home, talk.visitor_id)
    assert list(rows_with(MINE)) == []


def test_a_conversation_without_anything_that_is_kept_longer_goes_with_its_messages(home):
    run_later(home, keep_messages_days=30, keep_ledger_days=30)
    run_later(home)
    assert not Conversation.objects.exists() and Visitor.objects.exists() and Usage.objects.exists()


def test_the_ledger_goes_after_its_time_and_the_messages_stay(home, neighbour):
    [removal] = run_later(home, keep_ledger_days=30)
    assert removal.counts == {"ToolCall": 1, "Delivery": 1}
    assert not ToolCall.objects.filter(organization=home).exists()
    assert Message.objects.filter(conversation__organization=home).count() == 2
    assert Delivery.objects.filter(organization=neighbour).exists() and Usage.objects.filter(organization=home).exists()


def test_what_has_no_outcome_yet_is_not_deleted(home):
    ToolCall.objects.update(state="waiting")
    Delivery.objects.update(state="queued")
    assert run_later(home, keep_ledger_days=30) == []


def test_emails_of_an_appointment_that_is_not_over_are_kept(home):
    Appointment.objects.update(start_at=timezone.now() + 2 * LATER, end_at=timezone.now() + 3 * LATER,
                               busy_until=timezone.now() + 3 * LATER)  # fmt: skip
    [removal] = run_later(home, keep_ledger_days=30)
    assert removal.counts == {"ToolCall": 1} and Delivery.objects.exists()


def test_visitors_are_erased_after_their_last_visit_or_appointment(home, neighbour):
    Visitor.objects.update(last_seen_at=timezone.now())
    run_later(home, keep_visitors_days=39)  # an appointment of theirs is two days ahead
    assert Visitor.objects.filter(organization=home).exists()
    run_later(home, keep_visitors_days=30)
    assert list(rows_with(MINE)) == [] and Visitor.objects.filter(organization=neighbour).exists()
    assert [removal.reason for removal in Removal.objects.filter(visitor__isnull=False)] == ["expired"]


def test_the_person_in_an_appointment_without_a_visitor_goes_as_well(home):
    Appointment.objects.update(visitor=None, conversation=None)
    run_later(home, keep_visitors_days=30)
    assert list(rows_with(MINE)) == [] and Appointment.objects.count() == 1


def test_a_visitor_who_wrote_lately_and_a_turn_that_runs_are_left_alone(home):
    talk = Conversation.objects.get()
    post_message(talk, "1", "Still here")
    Conversation.objects.update(last_message_at=timezone.now() + LATER)
    Visitor.objects.update(last_seen_at=timezone.now() - LATER)
    assert run_later(home, keep_visitors_days=30) == [] and Visitor.objects.exists()
    Conversation.objects.update(last_message_at=timezone.now())
    assert run_later(home, keep_visitors_days=None, keep_messages_days=30) == []  # its turn waits
    Turn.objects.update(state="done")
    assert run_later(home, keep_messages_days=30)[0].counts["Message"] == 3


def test_a_second_run_finds_nothing_and_says_nothing(home):
    run_later(home, keep_messages_days=30, keep_ledger_days=30, keep_visitors_days=30)
    assert run_later(home) == []


def test_a_run_deletes_in_batches_and_the_next_one_goes_on(home):
    assistant, old = Conversation.objects.get().assistant, timezone.now()
    for number in range(5):
        visitor = Visitor.objects.create(organization=home, name=str(number))
        Conversation.objects.create(organization=home, assistant=assistant, visitor=visitor, last_message_at=old)
    Organization.objects.update(keep_messages_days=30)
    home.refresh_from_db()
    counts = retention.delete_messages(home, timezone.now() + timedelta(days=10), most=2)
    assert counts["Conversation"] + (counts.get("Message", 0) > 0) == 2
    retention.run(timezone.now() + LATER)
    assert Conversation.objects.count() == 1  # the one with calls


def test_an_organization_that_fails_does_not_hold_up_the_others(home, neighbour, caplog):
    Organization.objects.update(keep_messages_days=30)
    Organization.objects.filter(pk=home.pk).update(keep_messages_days=4_000_000)  # before any date there is
    [removal] = retention.run(timezone.now() + LATER)
    assert removal.organization == neighbour and "retention stopped" in caplog.text
