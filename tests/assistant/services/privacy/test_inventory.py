"""Every stored field has a class, and the document says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from assistant.models import Visitor
from assistant.services.privacy import inventory
from assistant.services.privacy.inventory import INVENTORY, About, Erasure

DOCUMENT = Path(__file__).parents[4] / "docs" / "privacy.md"


def test_every_field_of_every_model_is_classified_once():
    assert inventory.unclassified() == []


def test_a_field_without_a_class_is_found():
    table = INVENTORY["Visitor"]
    without = {**table.fields, About.VISITOR: table.fields[About.VISITOR].replace(" phone", "")}
    lacking = {**INVENTORY, "Visitor": inventory.Table(table.why, table.term, fields=without)}
    assert inventory.unclassified(lacking) == ["Visitor.phone"]


def test_the_document_shows_the_inventory():
    assert inventory.as_markdown() in DOCUMENT.read_text()


@pytest.mark.parametrize("name", [name for name, table in INVENTORY.items() if table.owner])
def test_a_row_about_a_visitor_hangs_on_them_by_foreign_keys_of_the_database(name):
    model = {model.__name__: model for model in apps.get_models()}[name]
    for lookup in INVENTORY[name].owner:
        place = model
        for step in lookup.split("__") if lookup != "pk" else ():
            field = place._meta.get_field(step)
            assert isinstance(field, models.ForeignKey | models.OneToOneField) and field.db_constraint
            place = field.related_model
        assert place is Visitor


def test_what_hangs_on_a_visitor_is_in_the_inventory_as_theirs():
    """A table that leads to a visitor, however it does, is erased with them."""
    leading = {Visitor}
    while True:
        more = {
            model
            for model in apps.get_models()
            if any(field.related_model in leading for field in model._meta.concrete_fields if field.is_relation)
        }
        if more <= leading:
            break
        leading |= more
    assert {model.__name__ for model in leading} == {name for name, table in INVENTORY.items() if table.owner}


def test_tables_without_a_visitor_have_no_field_about_one():
    by_hand = {"Spending", "LogEntry"}  # which name their rows by text, and are tested with erasure
    for name, table in INVENTORY.items():
        if name not in by_hand:
            assert bool(table.names(About.VISITOR)) == bool(table.owner), name
            assert (table.erasure == Erasure.NOT_AFFECTED) != bool(table.owner), name
