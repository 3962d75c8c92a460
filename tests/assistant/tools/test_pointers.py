from __future__ import annotations

import pytest

from assistant.tools import pointers

ANSWER = {"items": [{"name": "Tea", "price": 3}, {"name": "Cup", "price": 9}], "first name": "Ada", "key": "secret"}


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("/items/0/name", {"items": [{"name": "Tea"}]}),
        ("/items/*/price\n/first name", {"items": [{"price": 3}, {"price": 9}], "first name": "Ada"}),
        ("/items\n/items/0/name", {"items": ANSWER["items"]}),
        ("/items/0/name\n/items", {"items": ANSWER["items"]}),
        ("/nothing", None),
        (" \n", ANSWER),
    ],
)
def test_what_is_pointed_at_is_kept(lines: str, kept: object) -> None:
    assert pointers.kept(ANSWER, pointers.tree(lines)) == kept


@pytest.mark.parametrize("line", ["items", "/a~2", "/" + "x" * 300])
def test_an_invalid_pointer_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="x{300}|items|a~2"):
        pointers.tree(line)
