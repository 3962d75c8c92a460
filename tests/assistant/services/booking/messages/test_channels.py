"""Text messages and webhooks: to whom they go, what they hold, and what becomes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from assistant.models import Appointment, Delivery, MessageChannel, Organization
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.invitations import phones
from assistant.services.booking.messages import channels, reminders
from assistant.services.deliveries import channels as sending
from assistant.services.deliveries import outbox
from assistant.tasks import deliver
from tests import make
from tests.assistant.services.booking.calendar_sync.outside_calendars import served

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)
GATEWAY = "https://gateway.example.com/messages?key=k3y-of-the-gateway"
BODY = '{"to": "{to}", "text": "{text}", "ref": "{id}"}'
NUMBER = "020 7946 0018"


def channel(of: Organization, address: str = GATEWAY, headers: str = "X-Key: s3cret", **fields: Any) -> MessageChannel:
    made = MessageChannel(organization=of, **{"name": "Gateway", "kind": "sms", "body": BODY, **fields})
    if address:
        made.set_address(address)
        made.set_headers(headers)
    made.save()
    return made


@pytest.fixture
def home() -> Organization:
    return make.organization(phone="+44 20 7946 0000")


def booked(of: Organization, phone: str = NUMBER, start_at: datetime = NINE, **fields: Any) -> Appointment:
    talk = make.conversation(make.assistant(of))
    calendar = make.calendar(of, name="Mira", reminder_hours="24", **fields)
    hold = holds.hold(make.pick(calendar, start_at), conversation=talk, now=NOW)
    return appointments.confirm(
        hold, name="Ann <b>", email=f"ann{start_at:%H}@example.com", phone=phone, reason="Knee", now=NOW
    )


def queued(kind: str) -> list[Delivery]:
    return list(Delivery.objects.filter(kind=kind).order_by("created_at"))


def sent(row: Delivery, status: int = 200) -> httpx.Request | None:
    with served(lambda request: httpx.Response(status)) as seen:
        deliver(str(row.pk))
    row.refresh_from_db()
    return seen[0] if seen else None


def test_a_visitor_who_gave_a_number_gets_text_messages_of_what_changes(home):
    channel(home)
    row = booked(home)
    appointments.reschedule(row, make.pick(row.calendar, NINE + timedelta(hours=1)), now=NOW)
    row.refresh_from_db()
    appointments.cancel(row, now=NOW)
    texts = [one.text for one in queued("sms")]
    assert [text.split(": ")[1].split(".")[0] for text in texts] == [
        "Appointment confirmed", "Appointment moved", "Appointment cancelled",
    ]  # fmt: skip
    assert {one.to for one in queued("sms")} == {"+442079460018"}
    assert "/appointments/" in texts[0] and "/appointments/" not in texts[2]
    assert not any("Ann" in text or "Knee" in text for text in texts), "the number may be somebody else's"


def test_the_gateway_gets_the_request_that_staff_described(home):
    channel(home)
    booked(home)
    (row,) = queued("sms")
    request = sent(row)
    said = json.loads(request.content)
    assert (said["to"], said["text"], said["ref"]) == ("+442079460018", row.text, str(row.pk))
    assert str(request.url) == GATEWAY and request.headers["x-key"] == "s3cret"
    assert request.headers["content-type"] == "application/json" and request.headers["idempotency-key"] == str(row.pk)
    assert row.state == "sent"


@pytest.mark.parametrize("text", ['Ada said "{to}"\n\\', "a&To=+4400000&b={id}", "{text}{text}", "ünïcode 🙂"])
def test_no_text_breaks_out_of_its_place(home, text):
    in_json, _ = sending.content(channel(home), "+44", text, "7")
    assert json.loads(in_json) == {"to": "+44", "text": text, "ref": "7"}
    form, kind = sending.content(channel(home, body="To={to}&Body={text}", format="form"), "+44", text, "7")
    assert parse_qs(form.decode()) == {"To": ["+44"], "Body": [text]} and kind == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("status", "state"), [(400, "dead"), (401, "dead"), (429, "queued"), (503, "queued"), (302, "queued")]
)
def test_what_the_gateway_refuses_is_tried_again_unless_it_would_be_refused_again(home, status, state):
    channel(home)
    booked(home)
    (row,) = queued("sms")
    sent(row, status)
    assert row.state == state and f"answered with {status}" in row.last_error and "k3y-of-the-gateway" not in row.last_error


def test_without_a_gateway_a_text_message_is_only_logged_and_says_so(home):
    channel(home, address="")
    booked(home)
    (row,) = queued("sms")
    assert sent(row) is None and row.state == "logged"


def test_a_channel_of_a_private_address_is_never_asked(home, settings):
    settings.OUTBOUND_ALLOWED_ORIGINS = []
    channel(home, address="http://127.0.0.1:9/sms")
    booked(home)
    (row,) = queued("sms")
    deliver(str(row.pk))
    row.refresh_from_db()
    assert row.state == "queued" and row.last_error and row.sent_at is None


@pytest.mark.parametrize("phone", ["", "call the front desk", "0800", "+44 20"])
def test_no_text_message_goes_to_what_is_no_complete_number(home, phone):
    channel(home)
    booked(home, phone=phone)
    assert queued("sms") == []


def test_a_channel_sends_what_it_is_for_and_only_of_its_own_organization(home):
    channel(home, sends_changes=False)
    channel(home, enabled=False)
    channel(make.organization("Other"))
    row = booked(home)
    assert queued("sms") == []
    reminders.send_due(NINE - timedelta(hours=1))
    (reminder,) = queued("sms")
    assert reminder.send_before == NINE and "Reminder" in reminder.text
    appointments.cancel(Appointment.objects.get(pk=row.pk), now=NOW)
    reminder.refresh_from_db()
    assert reminder.state == "withdrawn", "like the e-mail's"


def test_text_messages_have_a_limit_a_day_and_a_number(home):
    made = channel(home, per_day=2)
    for hour in range(3):
        booked(home, start_at=NINE + timedelta(hours=hour))
    assert len(queued("sms")) == 2
    MessageChannel.objects.filter(pk=made.pk).update(per_day=100)
    for hour in range(3, 8):
        row = booked(home, start_at=NINE + timedelta(hours=hour))
        row.refresh_from_db()
        appointments.cancel(row, now=NOW)
    assert len(queued("sms")) == outbox.PER_ADDRESS_PER_DAY


def test_a_webhook_gets_all_of_the_appointment_also_where_the_visitor_is_not_notified(home):
    channel(home, kind="webhook", headers="Authorization: Bearer t0ken")
    row = booked(home)
    appointments.cancel(row, by_staff=True, notify_visitor=False, reason="Ill", now=NOW)
    first, last = (json.loads(one.text) for one in queued("webhook"))
    assert (first["type"], last["type"]) == ("appointment.confirmed", "appointment.cancelled")
    about = first["appointment"]
    assert (about["reference"], about["name"], about["phone"]) == (row.reference, "Ann <b>", "+44 20 7946 0018")
    assert about["start_at"].startswith("2030-01-08T09:00:00") and last["appointment"]["cancel_reason"] == "Ill"
    assert first["id"] != last["id"]
    request = sent(queued("webhook")[0])
    assert json.loads(request.content) == first and request.headers["authorization"] == "Bearer t0ken"


def test_headers_go_to_the_server_that_they_were_given_for_alone(home):
    made = channel(home)
    made.set_address("https://elsewhere.example.com/x")
    assert made.sealed_headers == "" and "s3cret" not in f"{made.sealed_address}{made.sealed_headers}"


# --- Numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept", "dialled"),
    [
        ("020 7946 0018", "+44 20 7946 0018", "+442079460018"),
        ("+49 (0)30 901820", "+49 30 901820", "+4930901820"),
        ("0049 30 901820", "+49 30 901820", "+4930901820"),
        ("after six", "after six", ""),
        ("020 7946 0018 ext. 5", "+44 20 7946 0018 x5", ""),
    ],
)
def test_a_number_is_kept_in_its_international_form_or_as_it_was_typed(home, typed, kept, dialled):
    assert phones.normal(typed, home) == kept
    assert phones.dialled(typed, home) == dialled


def test_without_a_country_of_its_own_an_organization_takes_national_numbers_as_they_are():
    assert phones.normal(NUMBER, Organization(phone="")) == NUMBER
    assert phones.dialled(NUMBER, Organization(phone="020 1")) == ""
    assert phones.dialled("+44 20 7946 0018", Organization()) == "+442079460018"


@pytest.mark.parametrize(
    ("typed", "impossible"), [("+44 20 79", True), ("+999 1", True), ("+44 20 7946 0018", False), ("12", False)]
)
def test_a_number_that_cannot_exist_is_refused_where_it_is_typed(typed, impossible):
    assert phones.is_impossible(typed) is impossible


def test_a_sample_of_a_webhook_says_what_a_real_one_does(home):
    row = booked(home)
    assert set(json.loads(channels.as_json(channels.payload(row, "confirmed", "k")))) == {"type", "id", "at", "appointment"}
