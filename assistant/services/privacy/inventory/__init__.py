"""The data inventory: who each stored field is about, why it is kept, for how long, and what erasure does with it.

Export and erasure walk this table, `docs/privacy.md` shows it, and a test requires an entry for every field of every model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import Field, Model, QuerySet

from assistant.models import Visitor
from assistant.services.privacy.inventory.organizations import ORGANIZATIONS
from assistant.services.privacy.inventory.staff import STAFF
from assistant.services.privacy.inventory.table import About, Erasure, Table, Term
from assistant.services.privacy.inventory.visitors import VISITORS

__all__ = ["INVENTORY", "About", "Erasure", "Table", "Term"]

INVENTORY = VISITORS | ORGANIZATIONS | STAFF


def models() -> Iterator[tuple[type[Model], Table]]:
    """Every model with its entry, in the order of the inventory."""
    found = {model.__name__: model for model in apps.get_models()}
    return ((found[name], table) for name, table in INVENTORY.items())


def unclassified(inventory: dict[str, Table] = INVENTORY) -> list[str]:
    """The fields without a class, and those with several; a class without a field likewise."""
    wrong = []
    for model in apps.get_models():
        table = inventory.get(model.__name__)
        classed = sorted(name for about in About for name in (table.names(about) if table else ()))
        named = sorted(field.name for field in model._meta.concrete_fields)
        wrong += [
            f"{model.__name__}.{name}" for name in {*named, *classed} if classed.count(name) != 1 or named.count(name) != 1
        ]
    return sorted(wrong)


def rows_of(visitor: Visitor, model: type[Model], table: Table) -> QuerySet[Any]:
    """The rows of `model` about this visitor; none for a table that names no lookup to one."""
    rows = model._default_manager.all()
    if not table.owner:
        return rows.none()
    # A union, of which each part is found by indexes. For an OR over joins, all rows are read.
    first, *others = (model._base_manager.filter(**{lookup: visitor.pk}).order_by().values("pk") for lookup in table.owner)
    return rows.filter(pk__in=first.union(*others) if others else first)


def visitors_fields(model: type[Model], table: Table) -> list[Field[Any, Any]]:
    return fields(model, table.names(About.VISITOR))


def fields(model: type[Model], names: list[str]) -> list[Field[Any, Any]]:
    return [model._meta.get_field(name) for name in names]  # type: ignore[misc]


def as_markdown() -> str:
    """The inventory as `docs/privacy.md` shows it: `python manage.py shell -c` prints it, and a test compares."""
    lines = ["| Table | Why | Kept | On erasure | Fields about the visitor | about staff |", "|---|---|---|---|---|---|"]
    for name, table in INVENTORY.items():
        visitor, staff = (", ".join(table.names(about)) for about in (About.VISITOR, About.STAFF))
        lines.append(f"| {name} | {table.why} | {table.term} | {table.erasure} | {visitor} | {staff} |")
    return "\n".join(lines)
