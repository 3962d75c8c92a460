"""Calls that were written as code: in Python, and as a command of a shell. Nothing of it is run."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from typing import Any

import orjson

from assistant.providers.completions.argument_json import read_arguments
from assistant.providers.completions.argument_wrappers import ARGUMENTS, NAMES
from assistant.providers.completions.call_arguments import Call, Tools, converted, properties_of
from assistant.providers.completions.loose_json import MAX_PYTHON_CHARS
from assistant.providers.completions.machine_text import CALLER
from assistant.providers.completions.tool_calls import resolved

MAX_SHELL_LINES = 20

_CALLER = re.compile(CALLER)


def _through(node: ast.Call, tools: Tools) -> Iterator[Call]:
    """`client.call_tool("name", {…})`: a call of what calls a tool."""
    given: list[Any] = []
    try:
        given = [ast.literal_eval(one) for one in node.args]
        named = {one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg}
    except (ValueError, TypeError, RecursionError, MemoryError):
        return
    name = next((named.pop(key) for key in NAMES if isinstance(named.get(key), str)), None) or (
        given.pop(0) if given else ""
    )
    if isinstance(name, str) and resolved(name, tools) in tools:
        whole = next((one for one in (*given, *map(named.get, ARGUMENTS)) if isinstance(one, dict)), named)
        yield name, read_arguments(orjson.dumps(whole).decode())


def python_calls(text: str, tools: Tools) -> Iterator[Call]:
    """`name(key="value")`, alone, printed, or in a list; values are literals, nothing is run."""
    if len(text) > MAX_PYTHON_CHARS or "(" not in text:
        return
    try:
        statements = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    pending: list[Any] = [statement.value for statement in statements if isinstance(statement, (ast.Expr, ast.Assign))]
    while pending:
        node = pending.pop(0)
        if isinstance(node, (ast.List, ast.Tuple)):
            pending = [*node.elts, *pending]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name == "print":
                pending = [*node.args, *pending]
                continue
            if resolved(name, tools) not in tools and _CALLER.fullmatch(name) and (through := list(_through(node, tools))):
                yield from through
                continue
            if name == "tool_call" and isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Name):
                name = statements[0].value.id  # ChatGLM 3
            yield name.removesuffix(".call"), _literals(node)


def shell_calls(text: str, tools: Tools) -> Iterator[Call]:
    """`name --key value` and `name key=value`, a line each."""
    for line in text.splitlines()[:MAX_SHELL_LINES]:
        try:
            name, *words = shlex.split(line.strip().strip("`").lstrip("$> "))
        except ValueError:
            continue
        if resolved(name, tools) not in tools:
            continue
        pairs: list[tuple[str, str]] = []
        for word in words:
            key, equals, value = word.partition("=")
            if word.startswith("--"):
                pairs.append((key.lstrip("-"), value if equals else "true"))
            elif equals and key.isidentifier():
                pairs.append((key, value))
            elif pairs and pairs[-1][1] == "true":
                pairs[-1] = (pairs[-1][0], word)
        if pairs and all(key in properties_of(name, tools) for key, _ in pairs):
            yield name, converted(name, pairs, tools)


def _literals(node: ast.Call) -> dict[str, Any] | None:
    if node.args or any(keyword.arg is None for keyword in node.keywords):
        return None
    try:
        node = _JsonConstants().visit(node)
        values = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
        return read_arguments(orjson.dumps(values).decode())
    except (ValueError, TypeError, RecursionError, MemoryError, orjson.JSONEncodeError):
        return None


class _JsonConstants(ast.NodeTransformer):
    """JSON's names of constants, as OLMo 3 writes them, in Python's."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        constants = {"null": None, "true": True, "false": False}
        return ast.copy_location(ast.Constant(constants[node.id]), node) if node.id in constants else node
