"""OpenAPI descriptions of one operation, and what is read from them."""

from __future__ import annotations

import json
from typing import Any

from assistant.models import Method
from assistant.tools import importing
from assistant.tools.importing import FoundDrafts, MethodDraft
from assistant.tools.request import build

ORDER = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def described(**changes: Any) -> dict[str, Any]:
    """A description with one operation, `GET /orders/{id}`, unless `changes` say otherwise."""
    base = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": "https://api.example.com/v1"}],
        "paths": {"/orders/{id}": {"get": {"operationId": "getOrder", "summary": "One order", "parameters": [ORDER]}}},
    }
    return {**base, **changes}


def read(document: dict[str, Any], **options: Any) -> FoundDrafts:
    return importing.validated(importing.read(json.dumps(document), **options), [])


def one(operation: dict[str, Any], *, verb: str = "post", path: str = "/things", **changes: Any) -> MethodDraft:
    (draft,) = read(described(paths={path: {verb: operation}}, **changes)).drafts
    return draft


def taken(*arguments: Any, **options: Any) -> MethodDraft:
    draft = one(*arguments, **options)
    assert draft.problems == ()
    return draft


def body(schema: Any, *, required: bool = True, kind: str = "application/json") -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {kind: {"schema": schema}}}}


def noted(draft: MethodDraft) -> list[str]:
    return [note.code for note in draft.notes]


def sent(draft: MethodDraft, **arguments: Any) -> tuple[str, dict[str, str], Any]:
    """The address, headers and body of a request of the method that `draft` becomes."""
    method = Method(name=draft.name, kind=draft.kind)
    importing.fit(method, draft)
    request = build(method, method.config, {**arguments, **method.fixed}, key="k")
    return request.url, request.headers, json.loads(request.content) if request.content else None


def secured(**scheme: Any) -> dict[str, Any]:
    return {"components": {"securitySchemes": {"it": scheme}}, "security": [{"it": []}]}
