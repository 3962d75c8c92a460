"""Exports of the first Interworky, with its own rules for path values and tokens.

`name_INPATH` stands for `:name` in the address, or is added to the end of it; `IW_TOKEN` is the bearer token. It was
something a model could be asked for: here it is a secret, and never an argument.
"""

from __future__ import annotations

import re
from typing import Any

from assistant.tools.importing.draft import (
    RISKS,
    CannotTake,
    Found,
    MethodDraft,
    Problem,
    argument_name,
    joined,
    method_name,
    plain,
    source_key,
)
from assistant.tools.importing.schemas import Schemas
from assistant.tools.request import CREDENTIAL

TOKEN = "IW_TOKEN"
IN_PATH = "_INPATH"
SEGMENT = re.compile(r"(?<=/):([A-Za-z_][\w-]*)|\{([^{}/]+)\}")
TOKEN_WANTED = Problem("token", f"{TOKEN} is a secret here and no longer asked of the visitor. Enter it in the method.")


def recognises(document: Any) -> bool:
    return any(isinstance(row, dict) and "method_name" in row for row in _rows(document))


def read(document: Any, *, base_url: str = "") -> Found:
    drafts = [_draft(row, base_url) for row in _rows(document) if isinstance(row, dict)]
    return Found("Interworky methods", tuple(drafts))


def _rows(document: Any) -> list[Any]:
    if isinstance(document, dict):
        inner = next((document[key] for key in ("data", "methods") if isinstance(document.get(key), list)), None)
        return [document] if inner is None else inner
    return document if isinstance(document, list) else []


def _draft(row: dict[str, Any], base_url: str) -> MethodDraft:
    own = str(row.get("method_name", ""))
    verb = str(row.get("method_verb") or "GET").upper()
    draft = MethodDraft(
        source=source_key("interworky", own),
        title=f"{verb} {str(row.get('method_endpoint', ''))[:250]}",
        name=method_name(own),
        description=plain(row.get("method_description")) or own[:200],
        risk=RISKS.get(verb, "write"),
    )
    try:
        return _filled(draft, row, verb, base_url)
    except CannotTake as error:
        return MethodDraft(**{**vars(draft), "problems": (error.problem,)})


def _filled(draft: MethodDraft, row: dict[str, Any], verb: str, base_url: str) -> MethodDraft:
    if str(row.get("capability_type") or "http") != "http":
        raise CannotTake("not_http", "This sends an e-mail. Create an e-mail method instead.")
    fixed = {str(one.get("field_name")): one.get("field_value") for one in _objects(row.get("fixed_params"))}
    given = {str(one.get("field_name")): one for one in _objects(row.get("dynamic_params"))}
    notes = [TOKEN_WANTED] if given.pop(TOKEN, None) else []
    token = str(fixed.pop(TOKEN, "") or row.get("auth") or "")
    url = joined(base_url, str(row.get("method_endpoint", "")))
    schemas = Schemas({})
    properties: dict[str, Any] = {}
    required: list[str] = []
    in_path: dict[str, str] = {}
    for wire, one in given.items():
        name = argument_name(wire.removesuffix(IN_PATH))
        about = {"type": one.get("field_type", "string"), "description": one.get("field_description", "")}
        properties[name] = schemas.simple(about)
        if wire.endswith(IN_PATH):
            in_path[name] = name
        if one.get("field_required") is True or wire.endswith(IN_PATH):
            required.append(name)
    bound = {}
    for wire, value in fixed.items():
        name = argument_name(wire.removesuffix(IN_PATH))
        bound[name] = value
        if wire.endswith(IN_PATH):
            in_path[name] = name

    def placeholder(match: re.Match[str]) -> str:
        name = argument_name(match[1] or match[2])
        if name not in properties and name not in bound:
            raise CannotTake("placeholder_unknown", f"The address uses “{name}”, which is not a parameter.")
        in_path.pop(name, None)
        return f"{{{name}}}"

    scheme, mark, rest = url.partition("://")
    url = scheme + mark + SEGMENT.sub(placeholder, rest)
    address, question, query = url.partition("?")
    for name in in_path:  # what stands nowhere goes to the end
        address = f"{address.rstrip('/')}/{{{name}}}"
    config = {
        "verb": verb,
        "url": address + question + query,
        "send": "json" if verb != "GET" else "",
        "auth": "bearer" if token or notes else "none",
    }
    return MethodDraft(
        **{
            **vars(draft),
            "parameters": {"type": "object", "properties": properties, "required": required},
            "fixed": bound,
            "config": config,
            "secrets": {CREDENTIAL: token.removeprefix("Bearer ")} if token else {},
            "notes": tuple(notes),
        }
    )


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
