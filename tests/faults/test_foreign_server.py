"""Our client against a model server that others wrote, with the faults that they thought of (aimock, from npm)."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant.chat import Message, ToolSpec
from assistant.errors import ProviderError
from assistant.providers.completions import Request
from assistant.providers.configuration import Provider
from tests import servers
from tests.assistant.providers.test_completions import collect
from tests.conftest import needed

CLI = servers.ROOT / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
FIXTURES = {
    "fixtures": [
        {"match": {"userMessage": "hello"}, "response": {"content": "Grüß dich 👋, how can I help?"}},
        {
            "match": {"userMessage": "both"},
            "response": {
                "content": "One moment.",
                "toolCalls": [
                    {"name": "book", "arguments": {"slot": "a1", "note": 'Zoë "Z"'}},
                    {"name": "mail", "arguments": {"to": "x"}},
                ],
            },
        },
    ]
}
TOOLS = [ToolSpec(name, "…", {"type": "object", "properties": {}}) for name in ("book", "mail")]


@contextmanager
def running(folder: Path) -> Iterator[str]:
    node, port = servers.program("node"), servers.free_port()
    if not CLI.exists():
        raise servers.Missing("aimock is not installed (npm ci)")
    (folder / "fixtures.json").write_text(json.dumps(FIXTURES))
    command = [node, CLI, "-p", str(port), "-f", folder / "fixtures.json", "--chunk-size", "3", "--log-level", "silent"]
    server = servers.launch(command, folder / "log")
    try:
        servers.until(lambda: servers.accepts(port), 20, server, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        servers.end(server, signal.SIGTERM)


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("aimock")
    with needed(lambda: running(folder)) as url:
        yield url


def chaos(url: str, **rates: float) -> None:
    body = json.dumps(rates).encode()
    request = urllib.request.Request(f"{url}/__aimock/chaos", body, method="POST" if rates else "DELETE")
    urllib.request.urlopen(request, timeout=5).close()


def asking(url: str, text: str, **fields: Any) -> Request:
    provider = Provider("aimock", f"{url}/v1", "key", smart="m")
    return Request(provider, "m", [Message("user", text)], silence_seconds=5, **fields)


async def test_its_words_its_calls_and_its_count_arrive(aimock: str) -> None:
    text, done = await collect(asking(aimock, "hello"))
    assert (text, done.finish, done.usage.exact) == ("Grüß dich 👋, how can I help?", "stop", True)
    text, done = await collect(asking(aimock, "both", tools=TOOLS))
    assert (text, done.finish) == ("One moment.", "tool_calls")
    assert [(call.name, call.arguments) for call in done.calls] == [
        ("book", {"slot": "a1", "note": 'Zoë "Z"'}), ("mail", {"to": "x"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "causes"),
    [
        ("dropRate", {"server_error"}),
        ("malformedRate", {"bad_response", "cut_off"}),
        ("disconnectRate", {"cut_off"}),
        ("rateLimitRate", {"rate_limited"}),
    ],
)
async def test_its_faults_have_their_causes(aimock: str, rate: str, causes: set[str]) -> None:
    chaos(aimock, **{rate: 1})
    try:
        with pytest.raises(ProviderError) as raised:
            await collect(asking(aimock, "hello"))
    finally:
        chaos(aimock)
    assert raised.value.cause in causes
    assert raised.value.next_provider
    if rate == "rateLimitRate":
        assert raised.value.retry_after_seconds is not None
