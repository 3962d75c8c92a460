"""What the forms of a new calendar, service and method suggest, so that a newcomer has little left to do."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from assistant.admin.booking.services import PREFILLED
from assistant.management.doctor import examine
from assistant.models import Calendar, Membership, Method, Organization, Service
from tests import make
from tests.assistant.admin.test_scoping import fields_of

pytestmark = pytest.mark.django_db
SERVICE, METHOD = "/admin/assistant/service/add/", "/admin/assistant/method/add/?kind=appointment"


@pytest.fixture
def home() -> Organization:
    return make.organization("Salon Lind", timezone="Europe/Berlin")


@pytest.fixture
def owner(home: Organization, client: Client) -> Client:
    user = User.objects.create_user("lind", is_staff=True)
    Membership.objects.create(user=user, organization=home, role="owner")
    client.force_login(user)
    return client


def chairs(home: Organization, count: int) -> list[Calendar]:
    return [Calendar.objects.create(organization=home, name=f"Chair {number}") for number in range(1, count + 1)]


def as_shown(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send back of the page, with its rows."""
    values = fields_of(client, address)
    for inline in client.get(address).context["inline_admin_formsets"]:
        for form in (inline.formset.management_form, *inline.formset.forms):
            values |= {field.html_name: field.value() for field in form if field.value() is not None}
    return values


def suggested(client: Client) -> list[Any]:
    (offerings, _) = client.get(SERVICE).context["inline_admin_formsets"]
    return [form["calendar"].value() for form in offerings.formset.forms]


def test_a_new_service_is_offered_on_all_calendars_unless_staff_remove_one(owner: Client, home: Organization) -> None:
    first, second = chairs(home, 2)
    make.calendar(make.organization("Somebody else"), name="Their chair")
    assert suggested(owner) == [first.pk, second.pk]
    assert owner.post(SERVICE, as_shown(owner, SERVICE) | {"name": "Cut", "minutes": 45}).status_code == 302
    service = Service.objects.get(name="Cut")
    assert [offering.calendar for offering in service.offerings.order_by("calendar__name")] == [first, second]


def test_where_there_are_many_calendars_staff_choose(owner: Client, home: Organization) -> None:
    chairs(home, PREFILLED + 1)
    assert suggested(owner) == [None]


def test_a_service_that_is_there_keeps_the_calendars_that_it_has(owner: Client, home: Organization) -> None:
    (chair, _) = chairs(home, 2)
    service = make.service(chair, name="Cut", minutes=45)
    address = f"/admin/assistant/service/{service.pk}/change/"
    assert owner.post(address, as_shown(owner, address)).status_code == 302
    assert [offering.calendar for offering in service.offerings.all()] == [chair]


def test_a_new_service_is_in_person_so_that_the_clock_of_the_place_leads(owner: Client, home: Organization) -> None:
    chairs(home, 1)
    owner.post(SERVICE, as_shown(owner, SERVICE) | {"name": "Cut"})
    assert Service.objects.get().place == Service.Place.IN_PERSON


def test_a_new_calendar_leads_on_to_its_holidays_and_its_first_service(owner: Client, home: Organization) -> None:
    address = "/admin/assistant/calendar/add/"
    page = owner.post(address, as_shown(owner, address) | {"name": "Chair <1>"}, follow=True).content.decode()
    calendar = Calendar.objects.get()
    assert f'href="/admin/assistant/calendar/{calendar.pk}/holidays/">Select the days</a>' in page
    assert 'href="/admin/assistant/service/add/">Add a service</a>' in page
    assert "Is Chair &lt;1&gt; closed on public holidays?" in page
    change = f"/admin/assistant/calendar/{calendar.pk}/change/"
    assert "closed on public holidays?" not in owner.post(change, as_shown(owner, change), follow=True).content.decode()


def test_a_method_for_appointments_is_saved_as_it_is_suggested_and_a_second_one_needs_a_name(owner: Client) -> None:
    assert owner.post(METHOD, fields_of(owner, METHOD)).status_code == 302
    method = Method.objects.get()
    assert (method.name, method.kind) == ("appointment", "appointment") and method.description
    assert fields_of(owner, METHOD)["name"] == ""


# --- What could never be booked -----------------------------------------------------------------------------------------

NEVER = "Visitors cannot find a time for “Cut”"


def told(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.mark.parametrize(
    "fields",
    [
        {"minutes": 600},
        {"minutes": 480, "buffer_after_minutes": 0, "notice_minutes": 43_200, "horizon_days": 14},
        {"minutes": 45, "notice_minutes": 2880, "horizon_days": 1},
    ],
)
def test_a_service_that_its_hours_and_rules_leave_no_time_for_is_saved_and_said_to_have_none(owner, home, fields) -> None:
    chair = make.calendar(home)
    service = chair.services.get()
    address = f"/admin/assistant/service/{service.pk}/change/"
    form = as_shown(owner, address) | {"name": "Cut"}
    assert NEVER not in told(owner.post(address, form, follow=True))
    assert NEVER in told(owner.post(address, {**form, **fields}, follow=True))
    service.refresh_from_db()
    assert service.minutes == fields["minutes"]
    [finding] = [one for one in examine().findings if one.text == "visitors cannot find a time for this service"]
    assert finding.about == "Salon Lind: Cut"
    inactive = {name: value for name, value in {**form, **fields}.items() if name != "active"}
    assert NEVER not in told(owner.post(address, inactive, follow=True))


def test_hours_that_leave_a_service_no_time_say_so_where_they_are_saved(owner: Client, home: Organization) -> None:
    chair = make.calendar(home)
    chair.services.update(name="Cut", minutes=120)
    address = f"/admin/assistant/calendar/{chair.pk}/change/"
    form = as_shown(owner, address)
    closed = {f"day_{day}": "" for day in range(7)}
    assert NEVER not in told(owner.post(address, {**form, **closed, "day_2": "9-11"}, follow=True))
    assert NEVER in told(owner.post(address, {**form, **closed, "day_2": "9-10"}, follow=True))


def test_a_service_of_the_set_up_that_is_longer_than_the_days_says_so(owner: Client, home: Organization) -> None:
    steps = f"/admin/assistant/organization/{home.pk}/first-run/"
    form = {"day_0": "9-17", "name_0": "Cut", "minutes_0": 600}
    assert NEVER in told(owner.post(f"{steps}services/", form, follow=True))
    assert Service.objects.get().minutes == 600
