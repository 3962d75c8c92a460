"""The demonstration model as the official OpenAI SDK meets it: over HTTP, on a real server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import openai
import pytest
import uvicorn
from django.core.asgi import get_asgi_application

PRICE = {
    "type": "function",
    "function": {
        "name": "treatment_price",
        "description": "What a treatment costs.",
        "parameters": {
            "type": "object",
            "properties": {"treatment": {"type": "string", "enum": ["check-up", "root canal"]}},
            "required": ["treatment"],
        },
    },
}
ASK: list[Any] = [{"role": "user", "content": "How much is a root canal?"}]
HELLO: list[Any] = [{"role": "user", "content": "Hello!"}]


@pytest.fixture(scope="module")
def server() -> Iterator[SimpleNamespace]:
    """The project on a port of its own; `done` counts the requests that have ended."""
    state = SimpleNamespace(done=0, url="")
    django = get_asgi_application()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        try:
            await django(scope, receive, send)
        finally:
            state.done += 1

    server = uvicorn.Server(uvicorn.Config(application, port=0, lifespan="off", log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    state.url = f"http://127.0.0.1:{port}/demo-llm/v1"
    yield state
    server.should_exit = True
    thread.join(10)


@pytest.fixture(autouse=True)
def quick(settings: Any) -> None:
    settings.DEMO_MODEL = True
    settings.DEMO_MODEL_DELAY_MS = 0


@pytest.fixture
def client(server: SimpleNamespace) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key="any", max_retries=0, timeout=10) as client:
        yield client


def wait_until(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_the_sdk_lists_the_model(client: openai.OpenAI):
    assert [model.id for model in client.models.list()] == ["demo"]
    assert client.models.retrieve("demo").owned_by == "interworky"


def test_the_sdk_chats(client: openai.OpenAI):
    completion = client.chat.completions.create(model="demo", messages=HELLO)
    assert completion.choices[0].message.content == "Hello! How can I help you?"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.object == "chat.completion" and completion.system_fingerprint == "fp_demonstration"
    assert completion.usage and completion.usage.total_tokens == completion.usage.prompt_tokens + 6


def test_the_sdk_streams_words_one_by_one_and_usage_last(client: openai.OpenAI):
    chunks = list(
        client.chat.completions.create(model="demo", messages=HELLO, stream=True, stream_options={"include_usage": True})
    )
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert pieces == ["Hello! ", "How ", "can ", "I ", "help ", "you?"]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].choices == [] and chunks[-1].usage and chunks[-1].usage.completion_tokens == 6
    assert len({chunk.id for chunk in chunks}) == 1


def test_usage_is_streamed_only_when_it_is_asked_for(client: openai.OpenAI):
    chunks = list(client.chat.completions.create(model="demo", messages=HELLO, stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_the_sdk_assembles_a_streamed_tool_call(client: openai.OpenAI):
    with client.chat.completions.stream(model="demo", messages=ASK, tools=[PRICE]) as stream:
        parts = [event.arguments_delta for event in stream if event.type == "tool_calls.function.arguments.delta"]
        completion = stream.get_final_completion()
    assert len([part for part in parts if part]) > 1
    (choice,) = completion.choices
    assert choice.finish_reason == "tool_calls" and choice.message.tool_calls
    function = choice.message.tool_calls[0].function
    assert (function.name, json.loads(function.arguments)) == ("treatment_price", {"treatment": "root canal"})


def test_a_tool_result_is_answered_with_text(client: openai.OpenAI):
    first = client.chat.completions.create(model="demo", messages=ASK, tools=[PRICE]).choices[0].message
    assert first.tool_calls and first.content is None
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": '{"summary": "It is £380."}'}
    second = client.chat.completions.create(model="demo", messages=[*ASK, first.to_dict(), result], tools=[PRICE])
    assert second.choices[0].message.content == "It is £380." and not second.choices[0].message.tool_calls


def test_tool_choice_is_obeyed(client: openai.OpenAI):
    def calls(choice: Any) -> list[str]:
        completion = client.chat.completions.create(model="demo", messages=HELLO, tools=[PRICE], tool_choice=choice)
        return [call.function.name for call in completion.choices[0].message.tool_calls or []]

    assert calls({"type": "function", "function": {"name": "treatment_price"}}) == ["treatment_price"]
    assert calls("required") == ["treatment_price"]
    assert calls("none") == calls("auto") == []


def test_a_token_limit_cuts_the_answer_short(client: openai.OpenAI):
    choice = client.chat.completions.create(model="demo", messages=HELLO, max_completion_tokens=2).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Hello! How ", "length")


def test_the_sdk_raises_what_it_raises_for_openai(client: openai.OpenAI):
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt-4o", messages=HELLO)
    assert unknown.value.code == "model_not_found" and unknown.value.param == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")
    with pytest.raises(openai.BadRequestError) as empty:
        client.chat.completions.create(model="demo", messages=[])
    assert empty.value.param == "messages"
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="demo", input="x")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b'{"model": "demo"}', 400),
        (b'{"messages": []}', 400),
        (b'{"model": "demo", "messages": "hi"}', 400),
        (b'{"model": "demo", "messages": [{"role": "nobody", "content": "x"}]}', 400),
        (b'{"model": "demo", "messages": [{"role": "user", "content": 1}]}', 400),
        (b'{"model": "demo", "messages": [{"role": "tool", "content": "x"}]}', 400),
        (b'{"model": "demo", "messages": [{"role": "assistant", "tool_calls": [{}]}]}', 400),
        (b'{"model": "demo", "messages": [{"role": "user", "content": "x"}], "tools": [{}]}', 400),
        (b'{"model": "demo", "messages": [{"role": "user", "content": "x"}], "tools": 1}', 400),
        (b'{"model": "demo", "messages": [{"role": "user", "content": "x"}], "max_tokens": 0}', 400),
        (b'{"model": "demo", "messages": [{"role": "user", "content": "x"}], "tool_choice": {"function": 1}}', 400),
        (b'{"model": "demo", "messages": [{"role": "user", "content": "%s"}]}' % (b"x" * 300_000), 400),
        (b"x" * 3_000_000, 413),
    ],
)
def test_a_bad_request_is_refused_in_openais_shape(server: SimpleNamespace, body: bytes, status: int):
    response = httpx.post(f"{server.url}/chat/completions", content=body, trust_env=False)
    assert response.status_code == status
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}


def test_only_openais_http_methods_are_accepted(server: SimpleNamespace):
    assert httpx.get(f"{server.url}/chat/completions", trust_env=False).status_code == 405
    assert httpx.post(f"{server.url}/models", trust_env=False).json()["error"]["code"] == "method_not_allowed"


def test_parts_of_text_are_read(client: openai.OpenAI):
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "Hello!"}]}]
    assert client.chat.completions.create(model="demo", messages=messages).choices[0].message.content


def test_the_demo_server_is_absent_unless_enabled(server: SimpleNamespace, settings: Any):
    settings.DEMO_MODEL = False
    assert httpx.get(f"{server.url}/models", trust_env=False).status_code == 404
    assert httpx.post(f"{server.url}/chat/completions", json={}, trust_env=False).status_code == 404


def test_a_caller_that_goes_away_ends_the_stream(server: SimpleNamespace, client: openai.OpenAI, settings: Any):
    settings.DEMO_MODEL_DELAY_MS = 1000
    done = server.done
    stream = client.chat.completions.create(model="demo", messages=HELLO, stream=True)  # 8 s of it
    next(iter(stream))
    stream.close()
    wait_until(lambda: server.done > done, seconds=3)
