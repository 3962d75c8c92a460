"""Two who change rows of one organization wait for each other, and never both."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction
from django.urls import reverse

from assistant.models import Assistant, Membership, Method, Organization
from assistant.services.organizations import prompt_versions
from tests import make
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
