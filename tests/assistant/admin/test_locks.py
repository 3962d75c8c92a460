"""Two who change rows of one organization wait for each other, and never both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.urls import reverse

from assistant.models import Assistant, Calendar, Membership, Method, Organization
from assistant.services.organizations import prompt_versions
from tests import make
from tests.assistant.admin.test_first_setup import as_shown
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def row_locks() -> None:
    if not connection.features.has_select_for_update:
        pytest.skip("SQLite has one writer at a time")


def texts_saved(home: Organization) -> None:
    assistant = Assistant.objects.get(organization=home)
    assistant.instructions = "Be brief."
    prompt_versions.save(assistant)


def method_deleted(home: Organization) -> None:
    Method.objects.get(organization=home).delete()


def method_deleted_on_its_page(home: Organization) -> None:
    boss = entered(User.objects.get(username="boss"))
    assert (
        boss.post(reverse("admin:assistant_method_delete", args=[Method.objects.get().pk]), {"post": "yes"}).status_code
        == 302
    )


def member_saved_on_their_page(home: Organization) -> None:
    boss, member = entered(User.objects.get(username="boss")), Membership.objects.get()
    form = {
        "username": "kim", "is_active": "on", "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": member.pk, "memberships-0-user": member.user_id, "memberships-0-organization": home.pk,
        "memberships-0-role": "viewer",
    }  # fmt: skip
    page = reverse("admin:auth_user_change", args=[member.user_id])
    assert boss.post(page, form).status_code == 302


def is_blocked() -> bool:
    """Whether another session waits for one of our locks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "other",
    [texts_saved, method_deleted, method_deleted_on_its_page, member_saved_on_their_page],
    ids=lambda of: of.__name__,
)
def test_a_second_change_to_an_organization_waits_without_holding_what_the_first_needs(other: Callable[..., None]):
    home = make.organization()
    assistant = make.assistant(home)
    User.objects.create_superuser("boss")
    member = Membership.objects.create(user=User.objects.create_user("kim"), organization=home, role="editor")
    method = Method.objects.create(organization=home, name="look", kind="http", description="Looks.")
    failed: list[BaseException] = []

    def run() -> None:
        try:
            other(home)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    second = threading.Thread(target=run)
    with transaction.atomic():
        home.save()
        Membership.objects.filter(pk=member.pk).update(role="owner")
        second.start()
        while second.is_alive() and not is_blocked():
            pass
        Assistant.objects.filter(pk=assistant.pk).update(title="Mia")
        Method.objects.filter(pk=method.pk).update(description="Looks up.")
        User.objects.filter(pk=member.user_id).update(is_staff=True)
    second.join()
    assert failed == []


# --- The same form twice at once ----------------------------------------------------------------------------------------


def posted_at_once(user: User, address: str, form: dict[str, Any], times: int = 3) -> list[int]:
    together = threading.Barrier(times)
    answers: list[int] = []

    def run() -> None:
        client = entered(user)
        together.wait()
        try:
            answers.append(client.post(address, form).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_form_that_arrives_several_times_at_once_adds_one_row():
    boss, home = User.objects.create_superuser("boss"), make.organization()
    address = "/admin/assistant/calendar/add/"
    form = as_shown(entered(boss), address) | {"organization": home.pk, "timezone": "UTC"}
    for number in range(1, 4):
        assert posted_at_once(boss, address, {**form, "name": f"Chair {number}"}) == [302, 302, 302]
        assert Calendar.objects.count() == number


@pytest.mark.parametrize("step", ["new", "assistant", "services"])
def test_a_step_of_the_set_up_that_arrives_several_times_at_once_adds_what_it_adds_once(step):
    boss, home = User.objects.create_superuser("boss"), make.organization()
    forms: dict[str, dict[str, Any]] = {
        "new": {"name": "Salon", "timezone": "UTC"},
        "assistant": {"name": "Mia", "locale": "en", "accent": "#0f766e"},
        "services": {"day_0": "9-17", "name_0": "Cut", "minutes_0": 30},
    }
    place = "" if step == "new" else f"{home.pk}/"
    address = f"/admin/assistant/organization/{place}first-run/{'' if step == 'new' else f'{step}/'}"
    assert posted_at_once(boss, address, forms[step]) == [302, 302, 302]
    added = {
        "new": Organization.objects.filter(name="Salon"),
        "assistant": home.assistants,
        "services": home.calendars,
    }
    assert added[step].count() == 1
