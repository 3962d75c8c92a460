"""Export: what erasure would remove, and nothing of anybody else."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest

from assistant.models import Conversation, Message, Visitor
from assistant.services.privacy import erasure, export, inventory
from tests.assistant.services.privacy.planted import is_text, plant

pytestmark = pytest.mark.django_db
MINE, OTHERS = "qzvisitorwordqz", "qzneighbourwordqz"
MARKUP = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


def unpacked(visitor: Visitor) -> tuple[dict[str, Any], str]:
    with export.as_zip(visitor.organization, visitor) as file, zipfile.ZipFile(file) as archive:
        assert sorted(archive.namelist()) == ["visitor.html", "visitor.json"]
        return json.loads(archive.read("visitor.json")), archive.read("visitor.html").decode()


def test_the_export_has_each_field_about_the_visitor_and_nothing_of_others():
    visitor, _ = plant("one", MINE), plant("two", OTHERS)
    found, page = unpacked(visitor)
    for model, table in inventory.models():
        if not table.owner or table.erasure == inventory.Erasure.UNLINKED:
            continue
        rows = found["tables"][model._meta.verbose_name_plural.title()]
        assert len(rows) == inventory.rows_of(visitor, model, table).count()
        for field in inventory.visitors_fields(model, table):
            assert all(field.name in row for row in rows)
            assert not is_text(field) or MINE[: field.max_length] in json.dumps([row[field.name] for row in rows])
    assert OTHERS not in json.dumps(found) + page and "Owner of two" not in json.dumps(found) + page


def test_a_visitor_is_not_exported_for_another_organization():
    visitor, neighbour = plant("one", MINE), plant("two", OTHERS)
    with pytest.raises(ValueError, match="another organization"):
        export.as_zip(neighbour.organization, visitor)


def test_what_a_visitor_wrote_is_text_in_the_page():
    visitor = plant("one", MINE)
    Message.objects.update(text=MARKUP)
    found, page = unpacked(visitor)
    assert MARKUP in json.dumps(found) and MARKUP not in page and "&lt;script&gt;" in page


def test_what_never_leaves_the_server_is_not_exported():
    """What an answer of a card sets off, and what only a model understands."""
    visitor = plant("one", MINE)
    talk = Conversation.objects.get()
    talk.cards.update(action={"secret": "qzactionqz"})
    talk.tool_calls.update(opaque={"secret": "qzopaqueqz"})
    found = json.dumps(unpacked(visitor))
    assert "qzactionqz" not in found and "qzopaqueqz" not in found


def test_messages_are_in_the_order_in_which_they_were_said():
    visitor = plant("one", MINE)
    found, _ = unpacked(visitor)
    assert [row["seq"] for row in found["tables"]["Messages"]] == sorted(row["seq"] for row in found["tables"]["Messages"])


def test_an_erased_visitor_leaves_an_export_without_rows():
    visitor = plant("one", MINE)
    erasure.erase(visitor.organization, visitor.pk)
    assert export.collect(visitor.organization, visitor)["tables"] == {}
