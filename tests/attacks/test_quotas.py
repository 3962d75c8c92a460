"""One address that uses up what is there for everybody: method calls, messages to the team, times in a calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from assistant.errors import ToolRefused
from assistant.models import Appointment, Assistant, Calendar, Conversation, Delivery, Method, ToolCall, Visitor
from assistant.services.booking.appointments import appointments, holds, limits
from assistant.services.deliveries import email_receipts, outbox
from assistant.services.methods import ledger
from assistant.services.organizations import networks
from tests import make

pytestmark = pytest.mark.django_db
ATTACKER, OFFICE = (networks.network_of(address) for address in ("198.51.100.7", "203.0.113.80"))
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
Visit = Callable[..., Conversation]


@pytest.fixture
def mia() -> Assistant:
    return make.assistant(make.organization(team_email="team@example.com"))


@pytest.fixture
def visit(mia: Assistant) -> Visit:
    """A conversation of a visitor who has never been seen before."""

    def new(network: str = ATTACKER, **fields: object) -> Conversation:
        visitor = Visitor.objects.create(organization=mia.organization, **fields)
        return make.conversation(mia, visitor=visitor, network=network)

    return new


# --- Methods ----------------------------------------------------------------------------------------------------------


def taken(method: Method, talk: Conversation) -> str:
    row = ledger.write(talk.organization, method.name, {}, conversation=talk)
    return ledger.authorize(row, method, talk.assistant, method.risk) or ("" if ledger.claim(row) else "taken")


def a_method(mia: Assistant, **fields: object) -> Method:
    method = Method.objects.create(organization=mia.organization, name="order", kind="http", description="", **fields)
    mia.methods.add(method)
    return method


def test_one_network_uses_up_its_share_of_a_method_and_no_more(mia: Assistant, visit: Visit) -> None:
    method = a_method(mia, per_visitor_per_day=2, per_day=12)
    assert [taken(method, visit()) for _ in range(5)] == ["", "", "", "network_quota", "network_quota"]
    assert taken(method, visit(OFFICE)) == taken(method, visit("")) == ""


def test_staff_say_what_a_network_may_use(mia: Assistant, visit: Visit) -> None:
    method = a_method(mia, per_visitor_per_day=1, per_day=100, per_network_per_day=2)
    assert [taken(method, visit()) for _ in range(3)] == ["", "", "network_quota"]


def test_one_visitor_may_always_use_what_one_visitor_may(mia: Assistant, visit: Visit) -> None:
    method = a_method(mia, per_visitor_per_day=4, per_day=4)
    talk = visit()
    assert [taken(method, talk) for _ in range(5)] == ["", "", "", "", "visitor_quota"]


def test_a_networks_calls_of_yesterday_and_of_other_methods_do_not_count(mia: Assistant, visit: Visit) -> None:
    method = a_method(mia, per_visitor_per_day=1, per_day=4)
    assert taken(method, visit()) == ""
    assert taken(method, visit()) == "network_quota"
    ToolCall.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert taken(method, visit()) == ""


# --- Messages to the team ---------------------------------------------------------------------------------------------


def message(talk: Conversation, most: int = 40) -> None:
    call = ledger.write(talk.organization, "message_team", {}, conversation=talk)
    notice = email_receipts.EmailContent(subject="A message", body="Hello")
    email_receipts.queue_with_receipt(
        call, talk.organization, talk, ["team@example.com"], notice, per_recipient_per_day=most
    )


def test_one_network_cannot_use_up_the_days_messages_to_the_team(mia: Assistant, visit: Visit) -> None:
    for _ in range(10):
        message(visit())
    with pytest.raises(ToolRefused, match="network"):
        message(visit())
    message(visit(OFFICE))
    assert Delivery.objects.count() == 11


# --- Times in a calendar ----------------------------------------------------------------------------------------------


@pytest.fixture
def calendar(mia: Assistant) -> Calendar:
    return make.calendar(mia.organization, opens="00:00", closes="23:00", minutes=5)


def hold(calendar: Calendar, talk: Conversation) -> Appointment:
    start_at = NOW + timedelta(days=1, minutes=5 * Appointment.objects.count())
    return holds.hold(make.pick(calendar, start_at), conversation=talk, now=NOW)


def book(calendar: Calendar, talk: Conversation) -> Appointment:
    number = Appointment.objects.count()
    email = talk.visitor.email if talk.visitor.email_verified_at else f"guest{number}@example.com"
    return appointments.confirm(hold(calendar, talk), name="Guest", email=email, now=NOW)


def test_one_network_holds_so_many_times_and_takes_nobodys_hold_away(calendar: Calendar, visit: Visit) -> None:
    first = [hold(calendar, visit()) for _ in range(limits.HOLDS_PER_NETWORK)]
    with pytest.raises(ToolRefused, match="same network"):
        hold(calendar, visit())
    assert hold(calendar, visit(OFFICE)).state == "held"
    assert Appointment.objects.filter(pk__in=[one.pk for one in first], state="held").count() == len(first)


def test_one_network_fills_no_calendar_with_unproven_bookings(calendar: Calendar, visit: Visit) -> None:
    for _ in range(limits.UNPROVEN_PER_NETWORK_PER_DAY):
        book(calendar, visit())
    with pytest.raises(ToolRefused, match="network"):
        book(calendar, visit())
    assert book(calendar, visit(OFFICE)).state == "confirmed"
    proven = visit(email="ann@example.com", email_verified_at=NOW)
    assert book(calendar, proven).state == "confirmed"


def test_a_calendar_takes_so_many_unproven_bookings_a_day_from_everywhere(calendar: Calendar, visit: Visit) -> None:
    Calendar.objects.update(unproven_per_day=3)
    neighbours = [networks.network_of(f"198.51.100.{number}") for number in range(4)]
    for network in neighbours[:3]:
        book(calendar, visit(network))
    with pytest.raises(ToolRefused, match="allowed here"):
        book(calendar, visit(neighbours[3]))
    assert book(calendar, visit(neighbours[3], email="ann@example.com", email_verified_at=NOW)).state == "confirmed"


def test_an_address_that_was_proven_and_then_changed_is_unproven(calendar: Calendar, visit: Visit) -> None:
    Calendar.objects.update(unproven_per_day=0)
    talk = visit(email="ann@example.com", email_verified_at=NOW)
    with pytest.raises(ToolRefused):
        appointments.confirm(hold(calendar, talk), name="Ann", email="bob@example.com", now=NOW)
    assert not Delivery.objects.filter(to=outbox.plain_address("bob@example.com")).exists()
