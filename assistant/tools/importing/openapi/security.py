"""The credential that an operation is sent with."""

from __future__ import annotations

from typing import Any

from assistant.tools.importing.draft import NotImportable, Problem
from assistant.tools.importing.schemas import Schemas

OAUTH = Problem("oauth", "Uses OAuth: enter an access token. It is sent unchanged and never renewed.")


def authentication(
    document: dict[str, Any], schemas: Schemas, operation: dict[str, Any]
) -> tuple[dict[str, str], list[Problem]]:
    """The first way to authenticate that is possible; without any, the problem of the first."""
    ways = operation.get("security", document.get("security"))
    if not isinstance(ways, list) or not ways or {} in ways:
        return {}, []
    components = document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else {}
    found: list[tuple[dict[str, str], list[Problem]]] = []
    problems = []
    for way in ways:
        try:
            found.append(_way(way, schemas, schemes if isinstance(schemes, dict) else {}))
        except NotImportable as error:
            problems.append(error)
    if not found:
        raise problems[0]
    return min(found, key=lambda one: len(one[1]))  # one without a note before one with


def _way(way: Any, schemas: Schemas, schemes: dict[str, Any]) -> tuple[dict[str, str], list[Problem]]:
    names = list(way) if isinstance(way, dict) else []
    if len(names) != 1:
        raise NotImportable("security_several", "Requires several credentials at once, which is not supported.")
    scheme = schemas.resolved(schemes.get(names[0]))
    if not isinstance(scheme, dict):
        raise NotImportable("security_unknown", f"Requires the credential “{names[0][:60]}”, which is not described.")
    match scheme.get("type"), str(scheme.get("scheme", "")).lower(), scheme.get("in"):
        case "http", "bearer", _:
            return {"auth": "bearer"}, []
        case "http", "basic", _:
            return {"auth": "basic"}, []
        case "apiKey", _, ("header" | "query") as place if isinstance(scheme.get("name"), str):
            if place == "header" and scheme["name"].lower() == "authorization":
                return {"auth": "bearer"}, [Problem("bearer", "The key is sent as a bearer token.")]
            return {"auth": place, "auth_name": scheme["name"]}, []
        case (("oauth2" | "openIdConnect"), _, _):
            return {"auth": "bearer"}, [OAUTH]
    kind = " ".join(str(scheme.get(key, ""))[:30] for key in ("type", "scheme", "in")).strip()
    raise NotImportable("security_unsupported", f"Unsupported authentication: {kind}.")


def is_credential(parameter: dict[str, Any], auth: dict[str, str]) -> bool:
    """Whether a document describes its credential as a parameter too, which no model should see."""
    place, name = parameter.get("in"), parameter["name"].lower()
    return place == auth.get("auth") and name == auth.get("auth_name", "").lower()
