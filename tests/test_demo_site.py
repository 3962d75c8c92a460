"""The demonstration: an organization that works as it comes, its pages, its small API."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.test import Client

from assistant.engine.claims import claimed
from assistant.models import Assistant, Method, Organization
from assistant.services.knowledge.search import search
from assistant.services.organizations import access
from assistant.tools import KINDS
from assistant.tools.executor import try_out
from assistant.tools.kind import configured
from interworky.demo.model import words
from interworky.demo.seed import HERE, PUBLIC_KEY, knowledge, machine_timezone, seed
from interworky.demo.treatments import TREATMENTS
from tests import make


@pytest.fixture(autouse=True)
def embedded(settings: Any) -> None:
    settings.DEMO_SITE = True
    settings.PUBLIC_URL = "http://localhost:8000"
    settings.PORT = 8000
    settings.OUTBOUND_ALLOWED_ORIGINS = ["http://localhost:8000"]


def method(name: str) -> Method:
    return Method.objects.select_related("organization").get(name=name)


# --- The organization ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_seeding_creates_an_administrator_whose_password_is_shown_once():
    first = seed()
    assert first.password and authenticate(username=first.admin_user, password=first.password)
    assert seed().password is None


@pytest.mark.django_db
def test_seeding_again_changes_nothing_that_staff_have_changed():
    seed()
    Assistant.objects.update(name="Max", knowledge="We moved.")
    method("treatment_price").delete()
    seed()
    found = Assistant.objects.get()
    assert (found.name, found.knowledge, found.public_key) == ("Max", "We moved.", PUBLIC_KEY)
    assert Organization.objects.count() == 1
    assert not Method.objects.filter(name="treatment_price").exists()


@pytest.mark.django_db
def test_a_demonstration_that_staff_have_replaced_does_not_come_back():
    make.organization("Somebody Else")
    seed()
    assert [organization.name for organization in Organization.objects.all()] == ["Somebody Else"]


@pytest.mark.django_db
def test_an_existing_administrator_keeps_their_password():
    get_user_model().objects.create_superuser("ada", password="secret")
    assert seed().password is None
    assert not get_user_model().objects.filter(username="admin").exists()


@pytest.mark.django_db
def test_after_a_start_on_another_port_its_pages_and_its_price_list_still_work(settings: Any):
    seed()
    settings.PUBLIC_URL, settings.PORT = "http://localhost:9000", 9000
    seed()
    for origin in ("http://localhost:8000", "http://localhost:9000", "http://127.0.0.1:9000"):
        assert access.for_widget(PUBLIC_KEY, origin).name == "Mia"
    assert method("treatment_price").config["url"] == "http://localhost:9000/demo/api/treatments/{treatment}"


@pytest.mark.django_db
def test_its_methods_are_what_their_kinds_accept():
    seed()
    for found in Method.objects.all():
        kind = KINDS[found.kind]
        form = kind.form(found.organization, data=configured(kind.Config, found))
        assert form.is_valid(), (found.name, form.errors)
        kind.check(found)
        found.full_clean()
    kinds = {found.kind for found in Assistant.objects.get().methods.all()}
    assert kinds == {"appointment", "email", "http", "handoff", "knowledge"}


@pytest.mark.django_db
def test_its_rows_are_what_the_admin_would_let_staff_save():
    seed()
    found = Assistant.objects.get()
    for row in (found, found.organization, *found.organization.calendars.all()):
        row.full_clean()
    assert len(found.starter_list) == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("Can I drink coffee after my tooth was pulled out?", "After a tooth was taken out › Eating and drinking"),
        ("May I smoke after an extraction?", "After a tooth was taken out › Smoking"),
        ("How long does whitening last?", "Whitening at home › How long it lasts"),
        ("Does an implant hurt?", "An implant, step by step › Does it hurt?"),
        ("When are the stitches removed?", "After a tooth was taken out › Stitches"),
        ("is whitening ok when I am pregnant", "Whitening at home › Who should not"),
    ],
)
def test_its_guides_are_found_by_what_patients_ask(question, heading):
    seed()
    mia = Assistant.objects.get()
    assert search(mia.organization, mia, question)[0].heading == heading


@pytest.mark.django_db
async def test_its_calendar_has_free_times():
    from assistant.async_db import in_db

    await in_db(seed)()
    found = await in_db(method)("appointment")
    listed = await try_out(found, {}, name="appointment_find_times")
    services = re.findall(r"^- (.+?) \[service (\d+)\]: (\d+) minutes, (.+?); with", listed.text, re.M)
    assert [(name, minutes) for name, _, minutes, _ in services][:2] == [
        ("Check-up with X-rays", "30"),
        ("Cleaning by the hygienist", "45"),
    ]
    for _, id, *_ in services:
        result = await try_out(found, {"service": id}, name="appointment_find_times")
        assert result.outcome == "done" and result.text.startswith("Free times:")


def test_no_line_of_what_it_knows_reads_like_a_claim_of_something_done():
    for section in words.knowledge(f"# What you know\n{knowledge()}\n# End of what you know"):
        for line in section.lines:
            assert not claimed(line), line
    for guide in (HERE / "guides").glob("*.md"):
        for line in guide.read_text().splitlines():
            assert not claimed(line), line


def test_prices_are_the_same_everywhere():
    for treatment in TREATMENTS.values():
        assert f"{treatment.name}, {treatment.duration}: {treatment.price}" in knowledge()


@pytest.mark.parametrize(
    ("zone", "found"),
    [
        ("zoneinfo/America/New_York", "America/New_York"),
        ("zoneinfo/Etc/UTC", "Europe/London"),
        ("zoneinfo/UTC", "Europe/London"),
        ("zoneinfo/Mars/Olympus", "Europe/London"),
        ("elsewhere", "Europe/London"),
    ],
)
def test_its_clock_is_the_machines_where_that_names_a_place(tmp_path: Path, zone: str, found: str):
    (tmp_path / "localtime").symlink_to(tmp_path / zone)
    assert machine_timezone(tmp_path / "localtime") == found


# --- The pages -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/demo/", "/demo/treatments/"])
def test_its_pages_embed_the_widget_as_a_customer_would(path: str):
    seed()
    response = Client(headers={"host": "127.0.0.1:8000"}).get(path)
    page = response.content.decode()
    assert f'<script async src="http://127.0.0.1:8000/widget.js" data-key="{PUBLIC_KEY}"></script>' in page
    assert "Demonstration" in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/demo/treatments/"])
def test_its_pages_are_strict_and_keep_to_their_own_rules(path: str):
    seed()
    response = Client().get(path)
    page, policy = response.content.decode(), response["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)", page)
    elsewhere = re.findall(r'(?:src|href)="(https?:)?//(?!testserver/)', page)
    assert not elsewhere


@pytest.mark.django_db
def test_without_its_assistant_the_page_says_so():
    seed()
    Assistant.objects.update(enabled=False)
    page = Client().get("/").content.decode()
    assert "widget.js" not in page and "deleted or disabled" in page


@pytest.mark.django_db
def test_switched_off_it_leaves_the_root_to_the_admin(settings: Any):
    settings.DEMO_SITE = False
    response = Client().get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")
    for path in ("/demo/", "/demo/treatments/", "/demo/api/treatments", "/demo/api/treatments/crown"):
        assert Client().get(path).status_code == 404


def test_its_pages_are_only_read():
    assert Client().post("/demo/treatments/").status_code == 405


# --- The API ---------------------------------------------------------------------------------------------------------


def test_the_api_lists_what_the_method_may_ask_for():
    listed = Client().get("/demo/api/treatments").json()["treatments"]
    assert [row["treatment"] for row in listed] == list(TREATMENTS)


def test_the_api_names_a_price():
    answer = Client().get("/demo/api/treatments/root-canal").json()
    assert answer["price"] == "from £380" and answer["price"] in answer["summary"]


def test_the_api_does_not_know_what_is_not_offered():
    response = Client().get("/demo/api/treatments/spaceship")
    assert response.status_code == 404 and "spaceship" in response.json()["error"]
