"""A model server that can do as much as a test wants."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe import Report, probe

from .stub import HEAD, Received, Step, Stub, delta, event, says, status

KEY = "sk-canary-key-1d2c"
ALL = ("models", "chat", "stream", "tools", "tools_streaming", "parallel_calls", "usage", "realtime")


class Server(Stub):
    """A model server that answers by what it is asked. Each switch takes one ability away."""

    def __init__(self, **lacks: Any) -> None:
        super().__init__()
        self.lacks = lacks

    def answer(self, request: Received) -> Iterable[Step]:
        lacks = self.lacks
        if "/models" in request.path:
            return lacks.get("models") or status(200, {"object": "list", "data": [{"id": "m"}, {"id": "other"}]})
        if "chat" in lacks:
            return lacks["chat"]
        body = request.json
        for parameter, replacement in (("max_tokens", "max_completion_tokens"), ("stream_options", "")):
            if lacks.get(parameter) and parameter in body:
                return status(
                    400, {"error": {"message": f"Unsupported parameter: '{parameter}'. Use '{replacement}' instead."}}
                )
        streamed = body["stream"]
        if "tools" in body:
            if lacks.get("tools") == "refused":
                return status(400, {"error": {"message": "m does not support tools"}})
            silent = lacks.get("tools") == "ignored" or (streamed and lacks.get("tools_streaming"))
            wanted = 2 if "twice" in body["messages"][0]["content"] and not lacks.get("parallel") else 1
            if silent:
                return says("I would rather talk.") if streamed else self.whole("I would rather talk.")
            colours = ("blue", "green")[:wanted]
            functions = [{"name": "note_colour", "arguments": json.dumps({"colour": colour})} for colour in colours]
            calls = [{"index": n, "id": f"c{n}", "type": "function", "function": f} for n, f in enumerate(functions)]
            if streamed:
                return [HEAD, event(delta(tool_calls=calls)), event(delta("tool_calls")), event(b"[DONE]")]
            return self.whole(None, tool_calls=calls)
        if not streamed:
            return self.whole("ok")
        if lacks.get("stream"):
            return status(400, {"error": {"message": "no streaming here"}})
        if lacks.get("pieces"):
            return self.whole("one, two, three")
        return says("one", ", two", ", three", tokens=None if lacks.get("usage") else (7, 3))

    @staticmethod
    def whole(content: str | None, **fields: Any) -> list[Step]:
        choice = {
            "message": {"role": "assistant", "content": content, **fields},
            "finish_reason": "tool_calls" if fields else "stop",
        }
        return status(200, {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}})


async def probed(**lacks: Any) -> tuple[Report, Server]:
    async with Server(**lacks) as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m"))
    return report, server


def outcomes(report: Report) -> dict[str, str]:
    return {check.name: check.outcome for check in report.checks}
