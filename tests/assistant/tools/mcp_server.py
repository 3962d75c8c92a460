"""An MCP server of the protocol's own SDK, for tests: `python -m tests.assistant.tools.mcp_server PORT json|events`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel, Field

server = MCPServer("Tide tables")


class Port(StrEnum):
    DOVER = "dover"
    CALAIS = "calais"


class Guest(BaseModel):
    name: str
    age: int | None = None


class Party(BaseModel):
    lead: Guest
    others: list[Guest] = []


@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def next_tide(port: Port, hours: Annotated[int, Field(ge=1, le=48)] = 12) -> str:
    """When the next high tide is."""
    return f"High tide at {port.value} within {hours} h"


@server.tool(name="book.ferry", annotations=ToolAnnotations(destructive_hint=False))
def book_ferry(party: Party) -> dict[str, str]:
    """Book a crossing."""
    return {"lead": party.lead.name, "seats": str(1 + len(party.others))}


@server.tool()
def sink(port: Port) -> str:
    """Always goes wrong."""
    raise ValueError(f"{port.value} is too shallow")


@server.tool()
async def whoami(context: Context) -> str:
    """What the server is told of the caller, its credential too."""
    await context.report_progress(0.5)
    return str(dict(context.headers or {}))


if __name__ == "__main__":
    server.run("streamable-http", port=int(sys.argv[1]), json_response=sys.argv[2] == "json")
