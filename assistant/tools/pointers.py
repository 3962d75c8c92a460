"""Trimming of responses to the fields a model needs: RFC 6901 pointers, with `*` for every element of a list."""

from __future__ import annotations

from typing import Any

Tree = dict[str, "Tree"]


def tree(pointers: str) -> Tree:
    """One pointer per line, as a tree of keys; empty where there is none. Where one leads into what another one keeps
    whole, that counts. Raises `ValueError` for what is no pointer."""
    root: Tree = {}
    for line in filter(None, map(str.strip, pointers.splitlines())):
        if not line.startswith("/") or len(line) > 300:
            raise ValueError(line)
        node = root
        for part in line[1:].split("/"):
            if "~" in part.replace("~0", "").replace("~1", ""):
                raise ValueError(line)
            key = part.replace("~1", "/").replace("~0", "~")
            if node.get(key) == {}:
                break
            node = node.setdefault(key, {})
        else:
            node.clear()
    return root


def kept(value: Any, wanted: Tree) -> Any:
    """The parts of `value` that `wanted` leads to, in their places; None where it leads nowhere."""
    if not wanted:
        return value
    if isinstance(value, dict):
        found = {key: kept(value[key], below) for key, below in wanted.items() if key in value}
        return {key: part for key, part in found.items() if part is not None or value[key] is None} or None
    if isinstance(value, list):
        chosen = [kept(part, wanted["*"]) for part in value] if "*" in wanted else []
        chosen += [kept(value[int(k)], below) for k, below in wanted.items() if k.isdecimal() and int(k) < len(value)]
        return [part for part in chosen if part is not None] or None
    return None
