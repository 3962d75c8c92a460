"""Exports of the first Interworky, with its own rules for path values and tokens.

`name_INPATH` stands for `:name` in the address, or is added to the end of it; `IW_TOKEN` is the bearer token. It was
something a model could be asked for: here it is a secret, and never an argument.
"""

from __future__ import annotations

import re
from typing import Any

from assistant.tools.importing.draft import (
    RISKS,
    FoundDrafts,
    MethodDraft,
    NotImportable,
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


def read(document: Any, *, base_url: str = "") -> FoundDrafts:
    drafts = [_draft(row, base_url) for row in _rows(document) if isinstance(row, dict)]
    return FoundDrafts("Interworky methods", tuple(drafts))


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
    except NotImportable as error:
        return MethodDraft(**{**vars(draft), "problems": (error.problem,)})


def _filled(draft: MethodDraft, row: dict[str, Any], verb: str, base_url: str) -> MethodDraft:
    if str(row.get("capability_type") or "http") != "http":
        raise NotImportable("not_http", "This sends an e-mail. Create an e-mail method instead.")
    fixed = {str(one.get("field_name")): one.get("field_value") for one in _objects(row.get("fixed_params"))}
    given = {str(one.get("field_name")): one for one in _objects(row.get("dynamic_params"))}
    notes = [TOKEN_WANTED] if given.pop(TOKEN, None) else []
    token = str(fixed.pop(TOKEN, "") or row.get("auth") or "")
    parameters = _parameters(given)
    bound = {_argument(wire): value for wire, value in fixed.items()}
    in_path = [_argument(wire) for wire in (*given, *fixed) if wire.endswith(IN_PATH)]
    url = joined(base_url, str(row.get("method_endpoint", "")))
    config = {
        "verb": verb,
        "url": _address(url, {*parameters["properties"], *bound}, in_path),
        "send": "json" if verb != "GET" else "",
        "auth": "bearer" if token or notes else "none",
    }
    return MethodDraft(
        **{
            **vars(draft),
            "parameters": parameters,
            "fixed": bound,
            "config": config,
            "secrets": {CREDENTIAL: token.removeprefix("Bearer ")} if token else {},
            "notes": tuple(notes),
        }
    )


def _argument(field_name: str) -> str:
    return argument_name(field_name.removesuffix(IN_PATH))


def _parameters(given: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The fields that a model fills in, as a JSON schema; one that stands in the path is always required."""
    schemas = Schemas({})
    properties: dict[str, Any] = {}
    required: list[str] = []
    for wire, one in given.items():
        about = {"type": one.get("field_type", "string"), "description": one.get("field_description", "")}
        properties[_argument(wire)] = schemas.simple(about)
        if one.get("field_required") is True or wire.endswith(IN_PATH):
            required.append(_argument(wire))
    return {"type": "object", "properties": properties, "required": required}


def _address(url: str, known: set[str], in_path: list[str]) -> str:
    """`url` with `:name` as `{name}`; what belongs in the path and stands nowhere in it goes to its end.

    Raises `NotImportable` for a placeholder that is none of the `known` parameters.
    """
    missing = dict.fromkeys(in_path)

    def placeholder(match: re.Match[str]) -> str:
        name = argument_name(match[1] or match[2])
        if name not in known:
            raise NotImportable("placeholder_unknown", f"The address uses “{name}”, which is not a parameter.")
        missing.pop(name, None)
        return f"{{{name}}}"

    scheme, mark, rest = url.partition("://")
    url = scheme + mark + SEGMENT.sub(placeholder, rest)
    address, question, query = url.partition("?")
    for name in missing:
        address = f"{address.rstrip('/')}/{{{name}}}"
    return address + question + query


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
