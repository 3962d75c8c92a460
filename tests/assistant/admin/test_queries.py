"""How often a page asks the database: as often for many organizations as for few."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.assistant.admin.filled import fill
from tests.assistant.admin.test_scoping import entered, plain_addresses

pytestmark = pytest.mark.django_db


def test_no_admin_page_makes_a_query_per_row():
    boss = entered(User.objects.create_superuser("boss"))

    def queries() -> dict[str, int]:
        counted = {}
        for address in plain_addresses():
            if address.endswith(("/add/", "/login/")):
                continue
            with CaptureQueriesContext(connection) as asked:
                boss.get(address, follow=True)
            counted[address] = len(asked)
        return counted

    fill("one", "Aardvark")
    fill("two", "Zanzibar")
    boss.get("/admin/")
    ContentType.objects.get_for_models(*apps.get_models())  # which are asked for once per process
    few = queries()
    for number in range(3):
        fill(f"more{number}", f"Newt{number}")
    many = queries()
    assert {address: (few[address], many[address]) for address in few if many[address] > few[address]} == {}
