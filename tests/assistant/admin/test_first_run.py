"""The guided first run: each step asks for little, derives the rest, and says what is still open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from assistant import outbound
from assistant.models import Assistant, Method, Organization, Provider, RefusedOrigin
from assistant.services.booking.staff import calendars
from assistant.services.organizations import access, office_hours
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
NEW = "/admin/assistant/organization/first-run/"
WEEK = {f"day_{day}": "9-17" for day in range(5)} | {"day_5": "", "day_6": ""}
NO_SERVICES = {f"{name}_{row}": "" for row in range(3) for name in ("name", "minutes", "price")}


@pytest.fixture
def home(db: None) -> Organization:
    return make.organization("Salon", allowed_origins="")


def at(home: Organization, step: str = "") -> str:
    return f"/admin/assistant/organization/{home.pk}/first-run/{step and f'{step}/'}"


def open_steps(client: Client, home: Organization) -> list[str]:
    return [step.name for step, done, _ in client.get(at(home, "tag")).context["rail"] if not done]


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_an_organization_begins_with_a_name_and_derives_the_rest(boss: Client) -> None:
    make.organization("Salon")
    answer = boss.post(NEW, {"name": "Salon", "website": "www.salon.example/contact", "timezone": "Europe/Berlin"})
    made = Organization.objects.latest("pk")
    assert answer.headers["Location"] == at(made, "notices")
    assert made.slug.startswith("salon-") and made.website == "https://www.salon.example/contact"
    assert made.allowed_origins == "https://www.salon.example"


def test_names_without_latin_letters_are_taken(boss: Client) -> None:
    boss.post(NEW, {"name": "美容室", "timezone": "Asia/Tokyo"})
    assert Organization.objects.get().slug == "organization"


def test_the_first_run_is_resumed_at_the_first_open_step(boss: Client, home: Organization) -> None:
    assert boss.get(at(home)).headers["Location"] == at(home, "notices")
    answer = boss.post(at(home, "notices"), {"team_email": "hello@salon.example", "team_language": "de"})
    assert answer.headers["Location"] == at(home, "provider")
    assert boss.get(at(home)).headers["Location"] == at(home, "provider")
    assert boss.get(at(home, "provider")).context["next"] == at(home, "services")  # skipped
    assert "provider" in open_steps(boss, home) and "notices" not in open_steps(boss, home)


def answering(status: int) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if status != 200 or request.url.path.endswith("/models"):
            return httpx.Response(status, json={"data": [{"id": "m"}]} if status == 200 else {"error": {"message": "No"}})
        chunk = '{"choices": [{"index": 0, "delta": {"content": "Hello."}, "finish_reason": "stop"}]}'
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, text=f"data: {chunk}\n\ndata: [DONE]\n\n")

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(("status", "leads_to"), [(200, "services"), (401, "provider")])
def test_a_provider_is_tested_when_it_is_saved(boss: Client, home: Organization, status: int, leads_to: str) -> None:
    given = {"preset": "", "base_url": "https://llm.example.com", "smart": "m"}
    with outbound.transport_for_tests(answering(status)):
        answer = boss.post(at(home, "provider"), given)
    assert answer.headers["Location"] == at(home, leads_to), answer.context and answer.context["form"].errors
    assert Provider.objects.get().name == "Own server"
    page = boss.get(at(home, leads_to))
    assert "works: m has answered" in said(page) if status == 200 else "has not answered" in page.content.decode()


def test_a_provider_without_the_key_that_it_needs_is_not_saved(boss: Client, home: Organization) -> None:
    answer = boss.post(at(home, "provider"), {"preset": "openai"})
    assert "OpenAI needs a key" in answer.context["form"].errors["key"][0]
    assert not Provider.objects.exists()


def test_hours_and_services_make_a_calendar(boss: Client, home: Organization) -> None:
    given = {**WEEK, **NO_SERVICES, "office": "on", "name_0": "Cut", "minutes_0": "45", "price_0": "€40"}
    assert boss.post(at(home, "services"), given).headers["Location"] == at(home, "assistant")
    service = home.services.get()
    [calendar] = service.calendars.all()
    assert (service.name, service.minutes, service.price, calendar.name) == ("Cut", 45, "€40", "Salon")
    assert calendars.week_of(calendar) == office_hours.week_of(home) and any(calendars.week_of(calendar))


def test_hours_alone_make_no_calendar(boss: Client, home: Organization) -> None:
    boss.post(at(home, "services"), {**WEEK, **NO_SERVICES, "office": "on"})
    assert not home.calendars.exists() and any(office_hours.week_of(home))
    assert "services" not in open_steps(boss, home)


def test_hours_that_overlap_are_named_beside_their_day(boss: Client, home: Organization) -> None:
    answer = boss.post(at(home, "services"), {**WEEK, **NO_SERVICES, "day_2": "9-13, 12-18"})
    assert list(answer.context["form"].errors) == ["day_2"] and not any(office_hours.week_of(home))


@pytest.mark.parametrize("given", [{"price_1": "€40"}, {"minutes_1": "45"}])
def test_a_service_without_a_name_is_asked_for_one_rather_than_dropped(boss: Client, home: Organization, given) -> None:
    answer = boss.post(at(home, "services"), {**WEEK, **NO_SERVICES, **given})
    assert list(answer.context["form"].errors) == ["name_1"] and not home.services.exists()


def test_a_service_that_is_entered_once_more_is_no_second_one(boss: Client, home: Organization) -> None:
    given = {**WEEK, **NO_SERVICES, "name_0": "Cut", "minutes_0": "45", "price_0": "£30", "name_2": "Cut", "minutes_2": "45"}
    twice = boss.post(at(home, "services"), given)
    assert "There is a service Cut already" in twice.context["form"].errors["name_2"][0] and not home.services.exists()
    for _ in range(2):
        assert boss.post(at(home, "services"), {**given, "name_2": "Colour"}).status_code == 302
    assert list(home.services.values_list("name", "minutes", "price")) == [("Cut", 45, "£30"), ("Colour", 45, "")]
    other = boss.post(at(home, "services"), {**given, "name_2": "", "minutes_2": "", "name_0": "cut", "price_0": "£35"})
    assert "There is a service Cut already" in other.context["form"].errors["name_0"][0]
    assert home.services.count() == 2


def test_services_need_hours(boss: Client, home: Organization) -> None:
    answer = boss.post(at(home, "services"), {**NO_SERVICES, "name_0": "Cut"})
    assert "Enter the hours" in str(answer.context["form"].non_field_errors())


def test_an_assistant_gets_the_methods_that_its_owner_ticks(boss: Client, home: Organization) -> None:
    make.calendar(home)
    given = {"name": "Mia", "locale": "de", "accent": "#0f766e", "knowledge": "We are closed on Mondays."}
    shown = boss.post(at(home, "assistant"), {**given, "books": "on", "fetches": "on", "preview": "yes"}, follow=True)
    assistant = Assistant.objects.get()
    assert set(assistant.methods.values_list("name", "kind")) == {("appointment", "appointment"), ("human", "handoff")}
    assert "Nobody is notified" in said(shown)
    assert f'<iframe src="/chat/{assistant.public_key}"' in shown.content.decode()
    assert "frame-src 'self'" in shown.headers["Content-Security-Policy"]
    boss.post(at(home, "assistant"), {**given, "books": "on"})
    assert list(assistant.methods.values_list("kind", flat=True)) == ["appointment"]
    assert Method.objects.count() == 2 and Assistant.objects.count() == 1


def test_an_assistant_that_no_model_answers_for_is_said_where_it_is_saved(boss: Client, home: Organization) -> None:
    Organization.objects.update(use_platform_providers="never")
    given = {"name": "Mia", "locale": "en", "accent": "#0f766e"}
    assert "Mia cannot answer" in said(boss.post(at(home, "assistant"), given, follow=True))
    first = boss.get("/admin/").content.decode()
    assert "cannot answer." in first and at(home, "provider") in first


def test_a_method_that_no_assistant_may_use_is_said_on_the_first_page(boss: Client, home: Organization) -> None:
    method = Method.objects.create(organization=home, name="look_up", kind="handoff", description="x")
    assert "Methods that no assistant may use" in boss.get("/admin/").content.decode()
    make.assistant(home).methods.add(method)
    assert "Methods that no assistant may use" not in boss.get("/admin/").content.decode()


def test_sites_are_taken_as_people_write_them(boss: Client, home: Organization) -> None:
    assistant = make.assistant(home)
    RefusedOrigin.objects.create(assistant=assistant, origin="https://shop.example", last_at=timezone.now())
    typed = "www.salon.example/contact?x=1\nhttp://localhost:3000/\nlocalhost:5000"
    boss.post(at(home, "sites"), {"sites": typed, "asking": ["https://shop.example"]})
    home.refresh_from_db()
    assert home.allowed_origins.split() == [
        "https://www.salon.example", "http://localhost:3000", "http://localhost:5000", "https://shop.example",
    ]  # fmt: skip
    answer = boss.post(at(home, "sites"), {"sites": "not a site!"})
    assert "not a site!" in answer.context["form"].errors["sites"][0]


def test_the_tag_counts_as_seen_for_a_while_after_the_chat_was_opened(boss: Client, home: Organization) -> None:
    Organization.objects.update(allowed_origins=make.ORIGIN)
    assistant = make.assistant(home)
    assert boss.get(at(home, "seen")).json()["seen"] == ""
    access.record_page(assistant, make.ORIGIN)
    assert boss.get(at(home, "seen")).json()["seen"] == make.ORIGIN
    assert "tag" not in open_steps(boss, home)
    Assistant.objects.update(seen_at=timezone.now() - access.SEEN_FOR - timedelta(minutes=1))
    assert boss.get(at(home, "seen")).json()["seen"] == ""
    assert "tag" in open_steps(boss, home)
    assert "Is the tag still there?" in boss.get(at(home, "tag")).content.decode()


def test_an_editor_does_the_steps_that_are_theirs(home: Organization) -> None:
    editor, viewer = entered(member(home, "editor")), entered(member(home, "viewer", "v"))
    assert editor.post(at(home, "services"), {**WEEK, **NO_SERVICES}).status_code == 302
    for step in ("organization", "notices", "provider", "sites"):
        assert editor.post(at(home, step), {}).status_code == 403
        assert "Only an owner of the organization can take this step" in editor.get(at(home, step)).content.decode()
    assert editor.get(NEW).headers["Location"] == at(home)
    assert viewer.get(at(home, "services")).status_code == 403


def test_only_superusers_begin_an_organization(home: Organization) -> None:
    owner = member(home, "owner")
    other = make.organization("Garage")
    other.memberships.create(user=owner, role="owner")
    assert entered(owner).post(NEW, {"name": "Mole", "timezone": "UTC"}).status_code == 403
    assert entered(User.objects.create_user("nobody", is_staff=True)).get(NEW).status_code == 403
