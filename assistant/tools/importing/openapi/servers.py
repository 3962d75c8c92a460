"""The address that an operation is sent to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from assistant.tools.importing.draft import NotImportable, Problem, joined

MAX_URL_CHARS = 2000  # as a method's own form has it
TOO_LONG = Problem("url", f"The address is longer than {MAX_URL_CHARS} characters.")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def server_url(holders: Iterable[dict[str, Any]], base_url: str) -> tuple[str, list[Problem]]:
    """The address of the first holder (operation, path, document) that names servers, with notes; `base_url` wins."""
    for holder in holders:
        servers = holder.get("servers")
        if isinstance(servers, list) and servers:
            break
    else:
        servers = []
    notes = [Problem("servers", "The document lists several servers. The first one is used.")] if len(servers) > 1 else []
    server = servers[0] if servers and isinstance(servers[0], dict) else {}
    url = str(server.get("url") or "").strip() or "/"
    if len(url) > MAX_URL_CHARS:
        raise NotImportable(TOO_LONG.code, TOO_LONG.text)
    variables = server.get("variables")
    for name in PLACEHOLDER.findall(url):
        variable = variables.get(name) if isinstance(variables, dict) else None
        default = variable.get("default") if isinstance(variable, dict) else None
        if default is None:
            raise NotImportable(
                "server_variable", f"The server address has no value for {{{name[:40]}}}. Enter the full address."
            )
        url = url.replace(f"{{{name}}}", str(default)[:MAX_URL_CHARS])
        if len(url) > MAX_URL_CHARS:
            raise NotImportable(TOO_LONG.code, TOO_LONG.text)
        notes.append(Problem("server_variable", f"In the server address, {name[:40]} is set to {str(default)[:60]}."))
    if base_url:
        relative = "://" not in url and url != "/"
        return joined(base_url, url).rstrip("/") if relative else base_url.rstrip("/"), []
    if "://" not in url:
        raise NotImportable("no_server", "The document names no server. Enter the address of the API.")
    return url.rstrip("/"), notes


def host_of(document: dict[str, Any], base_url: str) -> str:
    """The host of the document's first server, which tells it from another document of the same title."""
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    try:
        return urlsplit(base_url or (str(first.get("url")) if isinstance(first, dict) else "")).netloc.lower()
    except ValueError:
        return ""
