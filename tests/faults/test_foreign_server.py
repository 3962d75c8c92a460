"""The product against a third-party model server with fault injection (aimock, from npm)."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assistant import turns
from assistant.async_db import in_db
from assistant.errors import ProviderError
from assistant.llm import ChatMessage, ToolSpec
from assistant.models import Conversation, Delivery, Method, Turn, Usage
from assistant.providers.completions import Request
from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe import probe
from assistant.services.conversations.messages import post_message
from tests import make, servers
from tests.assistant.providers.asking import collect
from tests.conftest import needed

from .visitor import Visitor, until

CLI = servers.ROOT / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
LATE = {"name": "message_team", "arguments": {"name": "Ada", "message": "I am late."}}
KEY = "sk-the-key-of-aimock-1234"


def colour(name: str) -> dict[str, Any]:
    return {"name": "note_colour", "arguments": {"colour": name}}


FIXTURES = {
    "fixtures": [
        {"match": {"userMessage": "late", "hasToolResult": False}, "response": {"toolCalls": [LATE]}},
        {"match": {"userMessage": "late", "hasToolResult": True}, "response": {"content": "They know now."}},
        {"match": {"userMessage": "Answer with the single word: ok"}, "response": {"content": "ok"}},
        {"match": {"userMessage": "Count from one to ten"}, "response": {"content": "one, two, three, four, five"}},
        {"match": {"userMessage": "note_colour once"}, "response": {"toolCalls": [colour("blue")]}},
        {"match": {"userMessage": "note_colour twice"}, "response": {"toolCalls": [colour("blue"), colour("green")]}},
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


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("another")
    with needed(lambda: running(folder)) as url:
        yield url


def journal(url: str) -> list[dict[str, Any]]:
    """What it was sent, oldest first. It leaves credentials out itself."""
    with urllib.request.urlopen(f"{url}/__aimock/journal?path=/v1/chat/completions", timeout=60) as answer:
        entries: list[dict[str, Any]] = json.load(answer)
    return entries


def chaos(url: str, **rates: float) -> None:
    body = json.dumps(rates).encode()
    request = urllib.request.Request(f"{url}/__aimock/chaos", body, method="POST" if rates else "DELETE")
    urllib.request.urlopen(request, timeout=60).close()


def asking(url: str, text: str, **fields: Any) -> Request:
    provider = ProviderSettings("aimock", f"{url}/v1", KEY, smart="m")
    return Request(provider, "m", [ChatMessage("user", text)], silence_seconds=5, **fields)


async def test_text_calls_and_token_counts_of_a_foreign_server_arrive(aimock: str) -> None:
    text, done = await collect(asking(aimock, "hello"))
    assert (text, done.finish, done.usage.exact) == ("Grüß dich 👋, how can I help?", "stop", True)
    text, done = await collect(asking(aimock, "both", tools=TOOLS))
    assert (text, done.finish) == ("One moment.", "tool_calls")
    assert [(call.name, call.arguments) for call in done.calls] == [
        ("book", {"slot": "a1", "note": 'Zoë "Z"'}), ("mail", {"to": "x"}),
    ]  # fmt: skip


CHAOS = [
    ("dropRate", {"server_error"}),
    ("malformedRate", {"bad_response", "cut_off"}),
    ("disconnectRate", {"cut_off"}),
    ("rateLimitRate", {"rate_limited"}),
]


@pytest.mark.parametrize(("rate", "causes"), CHAOS)
async def test_failures_of_a_foreign_server_are_classified(aimock: str, rate: str, causes: set[str]) -> None:
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


# --- All of the product but the page ----------------------------------------------------------------------------------


async def test_a_probe_measures_a_foreign_server(aimock: str) -> None:
    report = await probe(ProviderSettings("aimock", f"{aimock}/v1", KEY, smart="gpt-4o"))
    assert report.ok and "gpt-4o" in report.models
    found = {check.name: check.outcome for check in report.checks}
    for name in ("models", "chat", "stream", "tools", "tools_streaming", "parallel_calls", "usage"):
        assert found[name] == "yes", report.checks
    assert KEY not in json.dumps(report.as_json())


def environment(**urls: str) -> dict[str, str]:
    """A pool in this order, each with the same key."""
    variables = {"AI_ROTATION": "failover"}
    for number, (name, url) in enumerate(urls.items()):
        mine = {"URL": f"{url}/v1", "KEY": KEY, "SMART": "gpt-4o", "WEIGHT": str(9 - number)}
        variables |= {f"AI_{name.upper()}_{variable}": value for variable, value in mine.items()}
    return variables


async def replied(conversation: Conversation, text: str) -> tuple[Turn, str]:
    posted = await in_db(post_message)(conversation, text[:40], text)
    await turns.run(posted.turn.pk)
    turn = await in_db(Turn.objects.get)(pk=posted.turn.pk)
    message = await in_db(conversation.messages.filter(role="assistant").last)()
    return turn, message.text if message else ""


def clinic() -> Conversation:
    conversation = make.conversation()
    text = {"type": "string"}
    method = Method.objects.create(
        organization=conversation.organization, name="message_team", kind="email", description="Tell the team.",
        config={"to": "team@example.com", "subject": "From {{ name }}"}, confirm=Method.Confirm.NEVER,
        parameters={"type": "object", "properties": {"name": text, "message": text}, "required": ["name", "message"]},
    )  # fmt: skip
    conversation.assistant.methods.add(method)
    return conversation


@pytest.mark.django_db
async def test_a_turn_calls_a_tool_and_reports_the_result(aimock: str, settings: Any) -> None:
    settings.AI_ENVIRONMENT = environment(main=aimock)
    turn, text = await replied(await in_db(clinic)(), "Please say that I am late")
    assert (turn.state, turn.rounds, text) == ("done", 2, "They know now."), turn.detail
    assert turn.prompt_tokens and turn.completion_tokens and turn.first_token_ms is not None
    delivery = await in_db(Delivery.objects.get)()
    assert (delivery.to, delivery.subject) == ("team@example.com", "From Ada")
    first, second = journal(aimock)[-2:]
    for sent in (first, second):
        assert sent["body"]["stream"] and sent["body"]["stream_options"] == {"include_usage": True}
        assert [tool["function"]["name"] for tool in sent["body"]["tools"]] == ["message_team"]
        assert KEY not in json.dumps(sent)  # in `authorization` alone, which is not shown
        assert sent["headers"]["authorization"] and sent["headers"]["accept-encoding"] == "identity"
        assert not {"cookie", "x-api-key", "referer"} & sent["headers"].keys()
    call, result = second["body"]["messages"][-2:]
    assert call["tool_calls"][0]["function"]["name"] == "message_team"
    assert (result["role"], result["tool_call_id"]) == ("tool", call["tool_calls"][0]["id"])


@pytest.mark.django_db
@pytest.mark.parametrize("rate", [rate for rate, _ in CHAOS])
async def test_another_provider_answers_whenever_a_foreign_server_fails(
    aimock: str, another: str, settings: Any, rate: str
) -> None:
    settings.AI_ENVIRONMENT = environment(ill=aimock, well=another)
    chaos(aimock, **{rate: 1})
    try:
        turn, text = await replied(await in_db(make.conversation)(), "hello")
    finally:
        chaos(aimock)
    assert (turn.state, turn.provider, text) == ("done", "well", "Grüß dich 👋, how can I help?"), turn.detail
    attempts = await in_db(list)(Usage.objects.order_by("pk").values_list("provider_name", "cause"))
    assert [name for name, _ in attempts] == ["ill", "well"] and attempts[0][1] in dict(CHAOS)[rate]


def test_a_visitor_of_the_running_product_is_answered_by_a_foreign_server(
    aimock: str, start_app: Callable[..., servers.App]
) -> None:
    app = start_app(**environment(main=aimock))
    visitor = Visitor(app.url)
    before = len(journal(aimock))
    visitor.say("Please say that I am late")
    assert visitor.card("receipt")
    until(visitor.turns_ended)
    said = [event["message"]["text"] for event in visitor.events() if event["type"] == "message.added"]
    assert said[-1] == "They know now."
    sent = journal(aimock)[before:]
    assert len(sent) >= 2 and all(KEY not in json.dumps(one) for one in sent)
    assert KEY not in app.log.read_text()
