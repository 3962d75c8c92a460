"""Filters of lists by organization and the like: where they are few, all are offered, and of many those that are typed."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from assistant.admin.relation_filter import MOST_LISTED
from assistant.models import Membership, Organization
from tests import make
from tests.assistant.admin.test_scoping import entered

pytestmark = pytest.mark.django_db
LIST = "/admin/assistant/conversation/"


def practices(count: int) -> list[Organization]:
    rows = [Organization(name=f"Practice {number:03}", slug=f"p-{number}", timezone="UTC") for number in range(count)]
    return Organization.objects.bulk_create(rows)


def offered(client: Client, query: str = "") -> list[str]:
    """The organizations among which the page lets one choose."""
    page = client.get(LIST + query).content.decode()
    [field] = re.findall(r'<select[^>]*name="organization__id__exact".*?</select>', page, re.DOTALL)
    return [name.strip() for name in re.findall(r"<option[^>]*>(.*?)</option>", field, re.DOTALL) if name.strip()]


@pytest.fixture
def boss() -> Client:
    return entered(User.objects.create_superuser("boss"))


def test_a_few_organizations_are_all_offered_by_name(boss: Client) -> None:
    for name in ("b", "C", "A"):
        make.organization(name)
    assert offered(boss) == ["All", "A", "b", "C"]


def test_of_many_organizations_only_the_one_that_is_chosen_is_in_the_page(boss: Client) -> None:
    rows = practices(MOST_LISTED + 1)
    chosen = make.conversation(make.assistant(rows[7]), title="A tooth hurts", last_seq=1)
    make.conversation(make.assistant(rows[8]), title="Another matter", last_seq=1)
    assert offered(boss) == []
    query = f"?organization__id__exact={rows[7].pk}"
    assert offered(boss, query) == ["Practice 007"]
    page = boss.get(LIST + query).content.decode()
    assert chosen.title in page and "Another matter" not in page


def test_what_is_typed_finds_an_organization(boss: Client) -> None:
    rows = practices(MOST_LISTED + 1)
    asked = {"app_label": "assistant", "model_name": "conversation", "field_name": "organization", "term": "practice 042"}
    assert boss.get("/admin/autocomplete/", asked).json()["results"] == [{"id": str(rows[42].pk), "text": "Practice 042"}]


def test_the_name_of_another_organization_is_not_shown_to_a_member_of_many() -> None:
    ada, other = User.objects.create_user("ada", is_staff=True), make.organization("Elsewhere")
    rows = practices(MOST_LISTED + 1)
    Membership.objects.bulk_create(Membership(user=ada, organization=row, role="owner") for row in rows)
    assert offered(entered(ada), f"?organization__id__exact={rows[3].pk}") == ["Practice 003"]
    assert offered(entered(ada), f"?organization__id__exact={other.pk}") == []
