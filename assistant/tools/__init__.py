"""The kinds of methods, one row each."""

from __future__ import annotations

from assistant.tools import appointment, email, handoff, http, knowledge, mcp
from assistant.tools.kind import Kind

KINDS: dict[str, Kind] = {
    "http": http.KIND,
    "email": email.KIND,
    "appointment": appointment.KIND,
    "knowledge": knowledge.KIND,
    "handoff": handoff.KIND,
    "mcp": mcp.KIND,
}
