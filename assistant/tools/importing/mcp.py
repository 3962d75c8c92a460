"""The tools of a remote MCP server: one draft per tool."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from assistant.errors import ImportRefused, OutboundError, ToolError
from assistant.models import Method
from assistant.redaction import redacted
from assistant.tools import mcp
from assistant.tools.importing.draft import FoundDrafts, MethodDraft, NotImportable, Problem, method_name, plain, source_key
from assistant.tools.importing.schemas import Budget, Schemas
from assistant.tools.request import CREDENTIAL

MAX_REASON_CHARS = 600


async def read(
    url: str, *, auth: str = "none", auth_name: str = "", credential: str = "", seconds: float = mcp.LIST_SECONDS
) -> FoundDrafts:
    """Import a server's tools, listed within `seconds`. Raises `ImportRefused` with the code of what went wrong."""
    config = {"url": url, "auth": auth, "auth_name": auth_name}
    form = mcp.Config({**config, "tool": "any", "timeout_seconds": 20, "max_kb": 256})
    if not form.is_valid():
        error = next(iter(form.errors.as_data().values()))[0]
        raise ImportRefused(" ".join(error.messages), code=error.code)
    try:
        listed = await mcp.tools(url, mcp.credentials(config, credential), seconds=seconds)
    except (OutboundError, ToolError) as error:
        raise ImportRefused(redacted(str(error), [credential])[:MAX_REASON_CHARS], code=error.code) from error
    if not listed.tools:
        raise ImportRefused("The MCP server has no tools.", code="no_requests")
    secrets = {CREDENTIAL: credential} if credential and auth != "none" else {}
    budget = Budget()
    drafts = tuple(_draft(tool, config, secrets, budget) for tool in listed.tools)
    notes = (Problem("pages", listed.remark),) if listed.remark else ()
    return FoundDrafts(urlsplit(url).hostname or url, drafts, notes)


def _draft(tool: dict[str, Any], config: dict[str, Any], secrets: dict[str, str], budget: Budget) -> MethodDraft:
    own = str(tool.get("name") or "")
    given = tool.get("annotations")
    hints = given if isinstance(given, dict) else {}
    draft = MethodDraft(
        source=source_key("mcp", config["url"], own),
        title=own[:300],
        name=method_name(own),
        description=plain(tool.get("description")) or plain(tool.get("title"), 300) or own[:300],
        kind="mcp",
        config={**config, "tool": own},
        secrets=secrets,
        risk=_risk(hints),
    )
    # Its schemas may refer to nothing but themselves.
    schemas = Schemas(tool.get("inputSchema"), budget)
    try:
        schema = schemas.fitted(lambda: schemas.simple(tool.get("inputSchema") or {"type": "object"}, level=0))
        if schema.get("type") != "object":
            raise NotImportable("schema_type", "The input schema is not an object.")
    except NotImportable as error:
        return replace(draft, problems=(error.problem,))
    parameters = {"type": "object", "properties": schema.get("properties", {}), "required": schema.get("required", [])}
    return replace(draft, parameters=parameters, notes=tuple(schemas.notes))


def _risk(hints: dict[str, Any]) -> str:
    """The risk by what the server says of its tool. It is unverified, so staff see it before they select the tool."""
    if hints.get("readOnlyHint") is True:
        return Method.Risk.READ
    return Method.Risk.WRITE if hints.get("destructiveHint") is False else Method.Risk.IRREVERSIBLE
