"""Every field of booking that staff fill in refuses what it cannot hold: beside itself, with a reason, and nothing is lost.

The fields are read from the pages and forms themselves, so that a new one is tried as well; a new type of field fails until
it has values here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.test import Client

import assistant.admin.booking
from assistant.admin.booking.fields import DayField, HourField, HoursField
from assistant.admin.booking.schedule_forms import BlockForm, BookForm, MoveForm, TimeForm
from assistant.models import Appointment, Calendar
from assistant.services.booking.appointments import appointments, holds
from tests import make

pytestmark = pytest.mark.django_db
BASE = "/admin/assistant/appointment/"
HUGE = str(10**30)
# The first type that a field is of decides; a field of an empty row holds whatever is sent.
BAD: list[tuple[type[forms.Field], list[str]]] = [
    (forms.models.InlineForeignKeyField, []),
    (DayField, ["soon", "31.2.2030", "3/4/2030", "2030-13-01", "1.1.0001", "31.12.9999", "\0"]),
    (HourField, ["25", "9:75", "noon or so", "\0"]),
    (HoursField, ["9 to late", "9-9", "9–25", "9-13, 12-18", "9-12\0"]),
    (forms.BooleanField, []),
    (forms.ModelChoiceField, ["nonsense", HUGE, "-1", "\0"]),
    (forms.ChoiceField, ["nonsense", "\0"]),
    (forms.IntegerField, ["soon", "-1", "1.5", HUGE]),
    (forms.EmailField, ["ann@@example", "a\0@example.com"]),
    (forms.CharField, ["a\0b"]),
]
# What else the field of a model cannot hold, by its name.
MORE = {
    "colour": ["red", "#12345"],
    "timezone": ["Berlin", "Mars/Olympus", "+02:00"],
    "reminder_hours": ["soon", "-2", "721", "6,5,4,3,2,1", "1.5"],
    "minutes": ["0", "4", "1441"],
    "capacity": ["0", "501"],
    "phone": ["call me", "12"],
    "subject": ["{nothing}"],
    "text": ["{nothing}"],
    "address": ["nowhere", "ftp://example.com/x"],
}


def bad_values(name: str, field: forms.Field) -> list[str]:
    found = next((values for of, values in BAD if isinstance(field, of)), None)
    assert found is not None, f"{name} is a {type(field).__name__}, which has no bad values here"
    longest = getattr(field, "max_length", None)
    too_long = ["x" * (longest + 1)] if longest else []
    return [*found, *too_long, *MORE.get(name.rpartition("-")[2], [])]


@pytest.fixture
def calendar() -> Calendar:
    calendar = make.calendar(make.organization(phone="+49 30 123456"), timezone="America/New_York")
    calendar.services.get().form_fields.create(label="Size")
    return calendar


# --- Pages of the admin -----------------------------------------------------------------------------------------------


def booking_admins() -> Iterator[Any]:
    for found in pkgutil.iter_modules(assistant.admin.booking.__path__, "assistant.admin.booking."):
        importlib.import_module(found.name)
    for model_admin in admin.site._registry.values():
        if type(model_admin).__module__.startswith("assistant.admin.booking."):
            yield model_admin


PAGES = sorted(one.opts.model_name for one in booking_admins())
WITHOUT_A_FORM = {"appointment", "calendaraccount", "oauthclient", "feedback"}


def page_of(client: Client, model: str) -> tuple[str, dict[str, forms.Field], dict[str, Any]]:
    """Where the form of a new row is sent, its fields with those of one row of each table, and what a browser would send."""
    address = f"/admin/assistant/{model}/add/"
    context = client.get(address).context
    drawn = [context["adminform"].form]
    sent: dict[str, Any] = {}
    for table in context["inline_admin_formsets"]:
        prefix = table.formset.prefix
        sent |= {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 0}
        drawn.append(type(table.formset)(instance=table.formset.instance, prefix=prefix).empty_form)
        drawn[-1].prefix = f"{prefix}-0"
    fields = {form.add_prefix(name): field for form in drawn for name, field in form.fields.items()}
    for form in drawn:
        sent |= {bound.html_name: bound.value() for bound in form if bound.value() not in (None, False, "", [])}
    return address, {name: field for name, field in fields.items() if not name.endswith(("DELETE", "-id"))}, sent


def forms_of(answer: Any) -> list[forms.Form]:
    tables = answer.context["inline_admin_formsets"]
    return [answer.context["adminform"].form, *(form for table in tables for form in table.formset.forms)]


def errors_of(answer: Any) -> dict[str, list[str]]:
    return {form.add_prefix(name): list(said) for form in forms_of(answer) for name, said in form.errors.items()}


def bound_of(answer: Any) -> dict[str, Any]:
    """What the page shows in its fields. A secret is asked for again instead."""
    drawn = [bound for form in forms_of(answer) for bound in form]
    return {bound.html_name: bound.value() for bound in drawn if not isinstance(bound.field.widget, forms.PasswordInput)}


def test_every_page_of_booking_is_tried_or_has_no_form():
    assert set(PAGES) >= {"service", "calendar", "messagetemplate", "messagechannel", "outsidecalendar", "calendarfeed"}


def rounds(fields: dict[str, forms.Field]) -> Iterator[dict[str, str]]:
    """Every bad value of every field once; many fields at a time, but choices, on which others depend, by themselves."""
    chosen = {name for name, field in fields.items() if isinstance(field, forms.ChoiceField)}
    for group in (chosen, set(fields) - chosen):
        values = {name: bad_values(name, fields[name]) for name in group}
        for number in range(max(map(len, values.values()), default=0)):
            yield {name: found[number] for name, found in values.items() if number < len(found)}


@pytest.mark.parametrize("model", [one for one in PAGES if one not in WITHOUT_A_FORM])
def test_every_field_of_a_page_refuses_bad_values_beside_itself_and_keeps_what_was_typed(boss, calendar, model):
    address, fields, sent = page_of(boss, model)
    rows = apps.get_model("assistant", model).objects
    before, wrong = list(rows.values_list("pk", flat=True)), []
    for typed in rounds({name: field for name, field in fields.items() if not field.disabled}):
        answer = boss.post(address, {**sent, **typed})
        errors = errors_of(answer) if answer.status_code == 200 else {}
        shown = bound_of(answer) if errors else {}
        wrong += [(name, value[:20], answer.status_code) for name, value in typed.items() if not all(errors.get(name, [""]))]
        wrong += [(name, "lost") for name, value in typed.items() if name in shown and shown[name] != value]
    assert wrong == []
    assert list(rows.values_list("pk", flat=True)) == before


# --- The calendar page ------------------------------------------------------------------------------------------------


@pytest.fixture
def row(calendar: Calendar) -> Appointment:
    held = holds.hold(make.pick(calendar, make.offer(calendar).slots[0].start_at))
    return appointments.confirm(held, name="Ann", email="ann@example.com")


def addresses(row: Appointment) -> dict[type[forms.Form], str]:
    return {
        BookForm: f"{BASE}schedule/book/",
        BlockForm: f"{BASE}schedule/block/",
        MoveForm: f"{BASE}{row.pk}/move/",
    }


def test_every_form_of_the_calendar_page_refuses_bad_values_by_the_name_of_the_field(boss, row):
    found = addresses(row)
    assert {one for one in all_subclasses(TimeForm)} == set(found), "a new form needs its address here"
    time = {"day": "2030-01-08", "time": "10", "until": "11"}
    good = {"calendar": row.calendar_id, "service": row.service_id, "name": "Bo", **time}
    wrong = []
    for form, address in found.items():
        for name, field in form(None, Calendar.objects.all()).fields.items():
            for value in bad_values(name, field):
                answer = boss.post(address, {**good, name: value})
                said = answer.json().get("fields", {}) if answer.status_code == 400 else {}
                if not said.get(name) or not all(said[name]):
                    wrong.append((form.__name__, name, value[:20], answer.status_code, said))
    assert wrong == [] and Appointment.objects.count() == 1


def all_subclasses(of: type) -> Iterator[type]:
    for one in of.__subclasses__():
        yield one
        yield from all_subclasses(one)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"first": "soon", "last": "2030-01-08"},
        {"first": "2030-01-08", "last": "2030-01-01"},
        {"first": "2030-01-08", "last": "2031-01-08"},
        {"first": "9999-12-01", "last": "9999-12-31"},
        {"first": "0001-01-01", "last": "0001-01-02"},
    ],
)
def test_days_that_cannot_be_shown_are_refused_with_the_reason(boss, row, asked):
    answer = boss.get(f"{BASE}schedule/events/", asked)
    assert answer.status_code == 400 and answer.json()["error"]


@pytest.mark.parametrize("pk", ["nonsense", HUGE, "-1"])
def test_of_a_calendar_that_does_not_exist_nothing_is_shown(boss, row, pk):
    answer = boss.get(f"{BASE}schedule/events/", {"first": "2030-01-01", "last": "2030-01-08", "calendar": pk})
    assert answer.status_code == 200 and answer.json()["open"] == []


@pytest.mark.parametrize("pk", ["", "nonsense", HUGE, "-1", "²"])
def test_a_block_that_does_not_exist_is_not_found(boss, row, pk):
    assert boss.post(f"{BASE}schedule/unblock/", {"id": pk}).status_code == 404
    if pk:
        assert boss.post(f"{BASE}schedule/block/", {"id": pk}).status_code == 404


@pytest.mark.parametrize(("field", "most"), [("reason", 300), ("message", 500)])
def test_a_cancellation_says_which_text_is_too_long_and_cancels_nothing(boss, row, field, most):
    answer = boss.post(f"{BASE}{row.pk}/cancel/", {field: "x" * (most + 1)})
    assert answer.status_code == 400 and f"at most {most} characters" in answer.json()["fields"][field][0]
    listed = {"action": "cancel", "sure": "yes", "_selected_action": str(row.pk), field: "x" * (most + 1)}
    page = boss.post(BASE, listed)
    assert page.status_code == 200 and f"at most {most} characters" in page.content.decode()
    assert "x" * (most + 1) in page.content.decode(), "what was typed is kept"
    row.refresh_from_db()
    assert row.state == "confirmed"


@pytest.mark.parametrize("token", ["", "x", "x:y:z", HUGE])
def test_an_undo_that_was_not_signed_is_not_found(boss, row, token):
    assert boss.post(f"{BASE}schedule/undo/", {"token": token}).status_code == 404
