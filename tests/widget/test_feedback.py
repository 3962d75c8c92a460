"""The page on which a visitor says how an appointment was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from assistant.models import Appointment, Feedback
from assistant.services.booking.appointments import appointments, feedback, holds
from assistant.services.booking.invitations import links
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment() -> Appointment:
    """Over since yesterday."""
    calendar = make.calendar()
    start_at = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=1)
    early = start_at - timedelta(days=1)
    hold = holds.hold(make.pick(calendar, start_at), now=early)
    return appointments.confirm(hold, name="Ann", email="ann@example.com", now=early)


def address(appointment: Appointment) -> str:
    return f"/feedback/{links.feedback_token(appointment)}/"


def test_a_visitor_says_how_it_was_and_can_change_it(appointment):
    visitor = Client(enforce_csrf_checks=True)
    page = visitor.get(address(appointment))
    assert page.status_code == 200 and "How was your visit?" in page.content.decode()
    assert not Feedback.objects.exists()
    for score in ("4", "5"):
        visitor.post(address(appointment), {"score": score, "comment": "Lovely <b>cut</b>"})
    assert [(one.score, one.comment) for one in Feedback.objects.all()] == [(5, "Lovely <b>cut</b>")]
    page = visitor.get(address(appointment) + "?done=1").content.decode()
    assert "Thank you." in page and "<b>" not in page


@pytest.mark.parametrize("score", ["", "0", "6", "5.5", "five", "٥", "-1"])
def test_what_is_no_number_from_one_to_five_is_refused_and_the_comment_is_kept(appointment, score):
    page = Client().post(address(appointment), {"score": score, "comment": "Fine."}).content.decode()
    assert "Please choose a number from 1 to 5." in page and "Fine." in page
    assert not Feedback.objects.exists()


def test_one_link_is_good_for_one_thing(appointment):
    manage, ask = links.token_of(appointment), links.feedback_token(appointment)
    assert Client().get(f"/feedback/{manage}/").status_code == 404
    assert Client().get(f"/appointments/{ask}/").status_code == 404
    assert Client().get(f"/feedback/{ask[:-2]}xx/").status_code == 404


def test_nobody_can_say_how_it_was_before_it_was_or_of_what_was_called_off(appointment):
    begins = timezone.now() + timedelta(hours=1)
    Appointment.objects.update(start_at=begins, end_at=begins + timedelta(hours=1), busy_until=begins + timedelta(hours=2))
    page = Client().post(address(appointment), {"score": "5"}).content.decode()
    assert "once the appointment has begun" in page and not Feedback.objects.exists()
    Appointment.objects.update(state="cancelled")
    assert Client().get(address(appointment)).status_code == 404


def test_feedback_is_summed_up_by_service_of_ones_own_organizations(appointment):
    feedback.give(appointment, "4", "")
    since = timezone.now() - timedelta(days=7)
    [found] = feedback.summaries([appointment.organization_id], since)
    assert (found.of, found.count, found.mean) == ("Dr. Moss", 1, 4.0)
    assert feedback.summaries([make.organization("Other").pk], since) == []
    assert feedback.summaries(None, timezone.now()) == []
