"""Capabilities of one model on one server, and what is sent instead of what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

SCHEMAS = ("full", "plain", "bare")  # of tools' parameters, each plainer than the one before: see `schemas`


@dataclass(frozen=True)
class Capabilities:
    """What was measured of one model; what is not known is taken to work.

    Only what differs between servers is here. That there is one system message, that roles alternate and that ids are
    short holds for all of them.
    """

    streaming: bool = True
    tools: bool = True
    tools_streaming: bool = True  # False: requests that offer tools are not streamed
    parallel_calls: bool = True
    usage_in_stream: bool = True  # stream_options is accepted
    schema: str = "plain"
    temperature: bool = True
    reasoning_effort: bool = True
    effort_with_tools: str = ""  # reasoning_effort beside tools: "" as configured, "omit" none at all, else this value
    opens_thinking: bool = True  # False: its template does, so that a reply begins within the thinking
    token_limit: str = "max_tokens"  # the parameter's name: max_tokens, max_completion_tokens or "" for neither
    system_role: bool = True
    null_content: bool = True
    opaque_fields: bool = True
    unsigned_calls: bool = True

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> Capabilities:
        """From stored JSON, whatever else it holds."""
        known = {f.name: measured[f.name] for f in fields(cls) if type(measured.get(f.name)) is type(f.default)}
        if known.get("schema") not in SCHEMAS:
            known.pop("schema", None)
        return cls(**known)


@dataclass(frozen=True)
class Lesson:
    """Something that a server may refuse: the capability, the value that is stored once it was refused, what is sent from
    then on, and the servers where this was seen. `docs/providers.md` shows the last three as a table."""

    capability: str
    value: bool | str
    instead: str
    seen: str

    @property
    def lacks(self) -> dict[str, bool | str]:
        return {self.capability: self.value}


# In the order of how much a request loses by them, least first.
LESSONS = (
    Lesson("usage_in_stream", False, "no `stream_options`; tokens are estimated", "older vLLM and proxies"),
    Lesson(
        "token_limit", "max_completion_tokens", "`max_completion_tokens` instead of `max_tokens`", "OpenAI's thinking models"
    ),
    Lesson(
        "token_limit", "max_tokens", "`max_tokens` instead of `max_completion_tokens`", "servers older than the new name"
    ),
    Lesson("token_limit", "", "no limit on the length of the answer", "servers that accept neither name"),
    Lesson("temperature", False, "no `temperature`", "thinking models"),
    Lesson("reasoning_effort", False, "no `reasoning_effort`", "models that do not think"),
    Lesson("effort_with_tools", "omit", "no `reasoning_effort` in requests that offer tools", "OpenAI's GPT-5.2 to GPT-5.5"),
    Lesson(
        "effort_with_tools",
        "none",
        '`reasoning_effort: "none"` in requests that offer tools, even where no effort is set',
        "OpenAI's GPT-5.6 and GPT-6",
    ),
    Lesson(
        "null_content",
        False,
        "an empty text instead of `null` beside tool calls",
        "LM Studio, mistral-common, templates of Qwen 3 and Ministral",
    ),
    Lesson("opaque_fields", False, "earlier messages without their reasoning and signatures", "DeepSeek R1"),
    Lesson(
        "unsigned_calls",
        False,
        "tool calls without a signature of the server's own, as notes in the text",
        "Gemini 3, DeepSeek V3.2",
    ),
    Lesson("parallel_calls", False, "signed calls one after the other, like all others", "Llama 3 and Gemma templates"),
    Lesson("system_role", False, "the instructions at the start of the first user message", "Gemma 2 templates"),
    Lesson("schema", "bare", "tool parameters with a type and a description only", "llama.cpp's grammars, Gemini"),
    Lesson(
        "tools_streaming", False, "requests that offer tools are not streamed", "servers that lose tool calls in streams"
    ),
    Lesson("streaming", False, "nothing is streamed", "proxies that buffer the whole answer"),
    Lesson("tools", False, "no tools; earlier tool results as text", "models that cannot call tools"),
)
