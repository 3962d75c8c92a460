"""A form that arrives twice, after a double click, a reload or *Back* and *Save*, adds one row, and the second is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from assistant.models import Calendar, Delivery, Document, Invitation, Organization, StaffEvent, Tag
from assistant.services.organizations import members
from tests import make
from tests.assistant.admin.methods.test_method import HTTP
from tests.assistant.admin.test_channels import typed
from tests.assistant.admin.test_first_setup import as_shown

pytestmark = pytest.mark.django_db
ADMIN = "/admin/assistant/"
SAID = "has been added already. The same form arrived again"


@pytest.fixture
def home(db: None) -> Organization:
    cache.clear()
    return make.organization()


def page_of(model: str, query: str = "") -> str:
    return f"{ADMIN}{model}/add/{query}"


FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "provider": ("", {"name": "Own", "weight": 1, "headers": "{}", "base_url": "https://llm.example.com/v1", "smart": "m"}),
    "method": ("?kind=http", HTTP),
    "calendar": ("", {"name": "Chair", "timezone": "Europe/Berlin"}),
    "messagechannel": ("", {"kind": "sms", "name": "Gateway", "format": "json", "body": '{"to": "{to}", "text": "{text}"}'}),
    "teamwebhook": (
        "",
        {
            "name": "Ours",
            "kind": "json",
            "enabled": "on",
            "address": "https://hooks.example.com/x",
            "events": [StaffEvent.WAITING],
        },
    ),
    "document": ("?kind=text", {"title": "Parking", "text": "Behind the house."}),
    "invitation": ("", {"email": "new@example.com", "role": "agent"}),
    "assistant": ("", {"name": "Mia"}),
    "tag": ("", {"name": "refund"}),
    "identitykey": ("", {"name": "Shop", "algorithm": "HS256", "secret": "s" * 40}),
    "service": ("", {"name": "Cut"}),
}


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.parametrize("model", FORMS)
def test_a_form_that_arrives_twice_adds_one_row_and_leads_to_it(boss: Client, home: Organization, model: str) -> None:
    query, filled = FORMS[model]
    address = page_of(model, query)
    form = as_shown(boss, address) | {"organization": home.pk, **filled}
    rows = apps.get_model("assistant", model).objects
    before = set(rows.values_list("pk", flat=True))
    first = boss.post(address, {**form, "_save": "Save"})
    assert first.status_code == 302, first.context["adminform"].form.errors
    [added] = set(rows.values_list("pk", flat=True)) - before
    second = boss.post(address, {**form, "_continue": "Save"}, follow=True)
    assert set(rows.values_list("pk", flat=True)) - before == {added}
    assert second.redirect_chain == [(f"{ADMIN}{model}/{added}/change/", 302)]
    assert [text for text in told(second) if SAID in text], told(second)


def test_a_user_is_added_once(boss: Client, home: Organization) -> None:
    address = "/admin/auth/user/add/"
    form = as_shown(boss, address) | {"username": "kim", "password1": "correct-horse-9", "password2": "correct-horse-9"}
    assert boss.post(address, form).status_code == 302
    assert SAID in " ".join(told(boss.post(address, form, follow=True)))
    assert User.objects.filter(username="kim").count() == 1


def test_files_that_arrive_twice_are_added_once_and_others_of_the_same_name_are_not_the_same(boss, home) -> None:
    def send(text: bytes) -> Any:
        form = {"organization": home.pk, "upload": [SimpleUploadedFile("a.txt", text), SimpleUploadedFile("b.txt", b"B")]}
        return boss.post(page_of("document", "?kind=file"), form, follow=True)

    send(b"Parking.")
    assert SAID in " ".join(told(send(b"Parking."))) and Document.objects.count() == 2
    assert SAID not in " ".join(told(send(b"A lift."))) and Document.objects.count() == 4


def test_a_second_form_that_differs_adds_another_row(boss: Client, home: Organization) -> None:
    address = page_of("calendar")
    form = as_shown(boss, address) | {"organization": home.pk, "timezone": "UTC"}
    for name in ("Chair", "Chair 2"):
        boss.post(address, {**form, "name": name})
    assert Calendar.objects.count() == 2


def test_another_user_and_one_whose_row_is_gone_add_a_row(boss: Client, home: Organization) -> None:
    address = page_of("calendar")
    form = as_shown(boss, address) | {"organization": home.pk, "name": "Chair", "timezone": "UTC"}
    boss.post(address, form)
    other = Client()
    other.force_login(User.objects.create_superuser("other"))
    other.post(address, form)
    assert Calendar.objects.count() == 2
    Calendar.objects.all().delete()
    boss.post(address, form)
    assert Calendar.objects.count() == 1


def test_the_form_of_a_row_that_staff_have_changed_since_adds_another(boss: Client, home: Organization) -> None:
    address = page_of("calendar")
    form = as_shown(boss, address) | {"organization": home.pk, "name": "Chair", "timezone": "UTC"}
    boss.post(address, form)
    change = f"{ADMIN}calendar/{Calendar.objects.get().pk}/change/"
    boss.post(change, as_shown(boss, change))
    assert SAID in " ".join(told(boss.post(address, form, follow=True))), "saved as it was"
    boss.post(change, as_shown(boss, change) | {"name": "Chair by the window"})
    boss.post(address, form)
    assert sorted(Calendar.objects.values_list("name", flat=True)) == ["Chair", "Chair by the window"]


def test_a_row_that_could_not_be_added_is_added_by_the_same_form_later(boss: Client, home: Organization) -> None:
    form = {"organization": home.pk, "name": "refund"}
    taken = Tag.objects.create(organization=home, name="refund")
    assert boss.post(page_of("tag"), form).status_code == 200
    taken.delete()
    assert boss.post(page_of("tag"), form).status_code == 302 and Tag.objects.count() == 1


def test_an_invitation_is_sent_once_and_again_once_it_was_withdrawn(boss: Client, home: Organization) -> None:
    form = {"organization": home.pk, "email": "new@example.com", "role": "agent"}
    for _ in range(2):
        boss.post(page_of("invitation"), form)
    assert Delivery.objects.filter(to="new@example.com").count() == 1 and Invitation.objects.get().number == 1
    members.withdraw(Invitation.objects.all())
    boss.post(page_of("invitation"), form)
    assert Invitation.objects.open().count() == 1


def test_a_cache_that_is_away_keeps_no_row_from_being_added(boss: Client, home: Organization, caplog: Any) -> None:
    away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    address = page_of("calendar")
    form = as_shown(boss, address) | {"organization": home.pk, "name": "Chair", "timezone": "UTC"}
    with override_settings(CACHES={"default": away}):
        assert boss.post(address, form).status_code == 302
    assert Calendar.objects.count() == 1 and "whether a form was sent before is not known" in caplog.text


def test_a_row_that_is_added_from_another_form_is_chosen_there_once(boss: Client, home: Organization) -> None:
    address = page_of("messagechannel", "?_popup=1")
    for _ in range(2):
        answer = boss.post(address, {**typed(home), "_popup": "1"})
        assert answer.status_code == 200 and "popup_response" in answer.template_name[0] + str(answer.template_name)
    assert apps.get_model("assistant", "messagechannel").objects.count() == 1


# --- The set-up ---------------------------------------------------------------------------------------------------------


def test_the_set_up_begins_one_organization_however_often_its_first_form_arrives(boss: Client, home: Organization) -> None:
    form = {"name": "Salon", "website": "", "timezone": "Europe/Berlin"}
    first, second = (boss.post(f"{ADMIN}organization/first-run/", form, follow=True) for _ in range(2))
    assert Organization.objects.filter(name="Salon").count() == 1
    assert first.redirect_chain == second.redirect_chain and "Salon has been added already" in " ".join(told(second))


def test_the_set_up_begins_another_organization_once_the_first_has_another_name(boss: Client, home: Organization) -> None:
    form = {"name": "Salon", "website": "", "timezone": "Europe/Berlin"}
    boss.post(f"{ADMIN}organization/first-run/", form)
    Organization.objects.filter(name="Salon").update(name="Salon North")
    boss.post(f"{ADMIN}organization/first-run/", form)
    assert Organization.objects.filter(name__startswith="Salon").count() == 2
