"""Every row that is written is written into each index of its table: none of them is there for what another one does."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model, UniqueConstraint

Columns = tuple[str, ...]


def indexes(model: type[Model]) -> Iterator[Columns]:
    """The columns of each index that only finds rows. One of some of the rows alone does what no other does."""
    for field in model._meta.local_concrete_fields:
        if field.db_index and not field.unique:
            yield (field.name,)
    for index in model._meta.indexes:
        if index.fields and not index.condition:
            yield tuple(index.fields)


def constraints(model: type[Model]) -> Iterator[Columns]:
    """The columns of those that refuse rows."""
    for field in model._meta.local_concrete_fields:
        if field.unique:
            yield (field.name,)
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.fields and not constraint.condition:
            yield tuple(constraint.fields)
    yield from (tuple(fields) for fields in model._meta.unique_together)


def one_way(columns: Columns) -> Columns:
    """An index is read in both directions: as the one that ascends in its first column."""
    if not columns[0].startswith("-"):
        return columns
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in columns)


def needless(found: list[Columns], kept: list[Columns]) -> list[Columns]:
    """Those that another one, or one that is kept, begins with."""
    return [
        index
        for place, index in enumerate(found)
        if any(one_way(other[: len(index)]) == one_way(index) for other in (*found[:place], *found[place + 1 :], *kept))
    ]


def test_no_index_is_the_beginning_of_another() -> None:
    models = apps.get_app_config("assistant").get_models()
    found = {model.__name__: needless(list(indexes(model)), list(constraints(model))) for model in models}
    assert {name: columns for name, columns in found.items() if columns} == {}


def test_an_index_that_is_the_beginning_of_another_is_noticed() -> None:
    assert needless([("a",), ("a", "-b")], []) == [("a",)]
    assert needless([("a",), ("-a", "b")], []) == [("a",)]
    assert needless([("-a", "b"), ("a", "-b", "c")], []) == [("-a", "b")]
    assert needless([("a",)], [("a", "b")]) == [("a",)]
    assert needless([("a",), ("b", "a"), ("b", "-a"), ("b", "a", "c")], [("b",)]) == [("b", "a")]
