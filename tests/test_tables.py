"""What a test with real transactions leaves behind is deleted, and what was made with the tables stays."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistant.models import Message, Organization
from tests import make, tables


@pytest.mark.django_db(transaction=True)
def test_rows_that_refer_to_each_other_go_together_and_permissions_stay() -> None:
    talk = make.conversation()
    Message.objects.create(conversation=talk, seq=1, role="visitor", text="Hello")
    permissions = Permission.objects.count()
    tables.empty_written()
    assert not Organization.objects.exists() and not Message.objects.exists()
    assert Permission.objects.count() == permissions > 0


@pytest.mark.django_db(transaction=True)
def test_a_table_without_rows_is_left_alone() -> None:
    organization = make.organization()
    with CaptureQueriesContext(connection) as asked:
        tables.empty_written()
    deletions = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("DELETE")]
    assert deletions == [f'DELETE FROM "{organization._meta.db_table}"']
