"""Tools of MCP servers, with a real one of the protocol's own SDK."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from assistant.models import Conversation, Method
from assistant.models import ToolCall as Row
from assistant.services.methods import imports
from assistant.tools import importing
from assistant.tools.executor import try_out
from assistant.tools.importing import mcp
from tests import servers
from tests.conftest import needed

from .acts import called

SECRET = "sk-mcp-4711-do-not-show"


@contextmanager
def real_server(folder: Path, answers: str) -> Iterator[str]:
    try:
        import mcp as sdk  # noqa: F401
    except ImportError as error:
        raise servers.Missing("the mcp package is not installed") from error
    port = servers.free_port()
    command = [sys.executable, "-m", "tests.assistant.tools.mcp_server", str(port), answers]
    process = servers.launch(command, folder / "log")
    try:
        servers.until(lambda: servers.accepts(port), 30, process, folder / "log")
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        servers.end(process, servers.signal.SIGTERM)


@pytest.fixture(scope="module", params=["json", "events"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with needed(lambda: real_server(tmp_path_factory.mktemp("mcp"), request.param)) as address:
        yield address


async def methods(talk: Conversation, url: str, **options: Any) -> dict[str, Method]:
    """All the tools of a server, as methods of the talk's assistant."""
    found = importing.validated(await mcp.read(url, **options), [])
    assert [draft.problems for draft in found.drafts if draft.problems] == []
    await sync_to_async(imports.apply)(talk.organization, found.drafts, importing.fit, assistants=[talk.assistant])
    return {method.config["tool"]: method async for method in talk.organization.methods.all()}


@pytest.mark.django_db
async def test_a_real_servers_tools_become_methods(talk, url, settings):
    settings.OUTBOUND_ALLOWED_ORIGINS = [url.removesuffix("/mcp")]
    made = await methods(talk, url)
    assert {tool: (method.name, method.kind, method.risk) for tool, method in made.items()} == {
        "next_tide": ("next_tide", "mcp", "read"),
        "book.ferry": ("book_ferry", "mcp", "write"),
        "sink": ("sink", "mcp", "irreversible"),
        "whoami": ("whoami", "mcp", "irreversible"),
    }
    guest = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name"]}
    party = made["book.ferry"].parameters["properties"]["party"]["properties"]
    assert party == {"lead": guest, "others": {"type": "array", "items": guest}}
    assert made["next_tide"].parameters["properties"]["port"] == {"type": "string", "enum": ["dover", "calais"]}


@pytest.mark.django_db
async def test_a_real_servers_tools_are_called_through_the_executor(talk, url, settings):
    settings.OUTBOUND_ALLOWED_ORIGINS = [url.removesuffix("/mcp")]
    await methods(talk, url)
    tide = await called(talk, "next_tide", port="dover", hours=6)
    assert (tide.outcome, tide.text) == ("done", "High tide at dover within 6 h")
    assert (await called(talk, "next_tide", port="paris")).text.startswith("The arguments are invalid.")
    ferry = await called(talk, "book_ferry", party={"lead": {"name": "Ann"}, "others": [{"name": "Bo", "age": 3}]})
    assert (ferry.outcome, json.loads(ferry.text)) == ("done", {"lead": "Ann", "seats": "2"})
    assert ferry.effects == {"any"}
    asked = await called(talk, "sink", port="dover")
    assert asked.outcome == "waiting"  # for good, unless its server says otherwise
    rows = [(row.name, row.state) async for row in Row.objects.order_by("created_at")]
    assert rows == [("next_tide", "done"), ("next_tide", "failed"), ("book_ferry", "done"), ("sink", "waiting")]


@pytest.mark.django_db
async def test_a_tool_that_goes_wrong_has_failed(talk, url, settings):
    settings.OUTBOUND_ALLOWED_ORIGINS = [url.removesuffix("/mcp")]
    made = await methods(talk, url)
    result = await try_out(made["sink"], {"port": "calais"}, dry_run=False)
    assert (result.outcome, result.text) == ("failed", "Error executing tool sink")


@pytest.mark.django_db
async def test_the_credential_is_sent_and_never_seen(talk, url, settings, caplog):
    settings.OUTBOUND_ALLOWED_ORIGINS = [url.removesuffix("/mcp")]
    made = await methods(talk, url, auth="bearer", credential=SECRET)
    caplog.set_level(logging.DEBUG)
    result = await try_out(made["whoami"], {}, dry_run=False)
    assert "Bearer ••••" in result.text and "mcp-protocol-version" in result.text
    dry = await try_out(made["whoami"], {})
    assert dry.outcome == "done" and "Authorization: ••••" in dry.text
    stored = json.dumps([row async for row in Method.objects.values("secrets", "config")])
    assert SECRET not in result.text + dry.text + stored + caplog.text


@pytest.mark.django_db
async def test_asking_a_server_again_updates_its_methods(talk, url, settings):
    settings.OUTBOUND_ALLOWED_ORIGINS = [url.removesuffix("/mcp")]
    before = await methods(talk, url)
    assert {m.pk for m in (await methods(talk, url)).values()} == {m.pk for m in before.values()}
