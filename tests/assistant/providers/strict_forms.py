"""What the strictest servers refuse in a request, written from their own words and not from what we send.

    assert refusals(body) == []

Each rule is a generator over the body as JSON; what it yields is the server's own complaint. `ALWAYS` holds for every
request that we send. The rest holds once a server has taught us so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Rule = Callable[[dict[str, Any]], Iterator[str]]


def refusals(body: dict[str, Any], *more: Rule) -> list[str]:
    return [f"{rule.__name__}: {words}" for rule in (*ALWAYS, *more) for words in rule(body)]


def openai(body: dict[str, Any]) -> Iterator[str]:
    """https://platform.openai.com/docs/api-reference/chat/create, and the words of its refusals."""
    open_ids: list[str] = []
    seen: set[str] = set()
    for n, message in enumerate(body["messages"]):
        role, content, calls = message["role"], message.get("content"), message.get("tool_calls")
        if role not in ("system", "user", "assistant", "tool"):
            yield f"messages[{n}].role: {role}"
        if not isinstance(content, str) and not (content is None and calls):
            yield f"messages[{n}].content: expected a string, got {content!r}"
        if role == "tool":
            if not open_ids or message.get("tool_call_id") != open_ids.pop(0):
                yield f"messages[{n}]: 'tool' must be a response to a preceding message with 'tool_calls', in order"
        elif open_ids:
            yield f"messages[{n}]: tool_call_ids did not have response messages: {open_ids}"
        if calls is not None and (role != "assistant" or not calls):
            yield f"messages[{n}].tool_calls: {calls!r}"
        for call in calls or ():
            if call["id"] in seen:
                yield f"messages[{n}]: duplicate tool_call id {call['id']}"
            seen.add(call["id"])
            open_ids.append(call["id"])
            if call.get("type") != "function" or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", call["function"]["name"]):
                yield f"messages[{n}].tool_calls.function.name: {call['function']['name']!r}"
            if not isinstance(json.loads(call["function"]["arguments"]), dict):
                yield f"messages[{n}].tool_calls.function.arguments: not an object"
    if open_ids:
        yield f"tool_call_ids did not have response messages: {open_ids}"
    for tool in body.get("tools", ()):
        if len(tool["function"]["description"]) > 1024:
            yield f"tools.function.description: string too long ({len(tool['function']['description'])})"


def mistral(body: dict[str, Any]) -> Iterator[str]:
    """api.mistral.ai: invalid_request_message_order, and its ids."""
    after = {
        "": ("system", "user"),
        "system": ("user",),
        "user": ("assistant",),
        "assistant": ("user",),
        "calls": ("tool",),
        "tool": ("tool", "assistant"),
    }
    before = ""
    for message in body["messages"]:
        role = message["role"]
        if role not in after[before]:
            yield f"Unexpected role '{role}' after role '{before}'"
        if role == "assistant" and not message.get("content") and not message.get("tool_calls"):
            yield "Assistant message must have either content or tool_calls, but not none"
        before = "calls" if message.get("tool_calls") else role
        for call in message.get("tool_calls", ()):
            if not re.fullmatch(r"[a-zA-Z0-9]{9}", call["id"]):
                yield f"Tool call id was {call['id']} but must be a-z, A-Z, 0-9, with a length of 9."
    if before not in ("user", "tool"):
        yield f"Expected last role User or Tool for serving but got {before}"


def mistral_template(body: dict[str, Any]) -> Iterator[str]:
    """The chat template of Mistral's open models: what is no tool's business alternates."""
    plain = [m["role"] for m in body["messages"] if m["role"] not in ("system", "tool") and not m.get("tool_calls")]
    if any((role == "user") != (n % 2 == 0) for n, role in enumerate(plain)):
        yield f"After the optional system message, conversation roles must alternate user/assistant: {plain}"


def qwen(body: dict[str, Any]) -> Iterator[str]:
    """The chat template of Qwen 3.5 and later."""
    if any(message["role"] == "system" for message in body["messages"][1:]):
        yield "System message must be at the beginning."
    if not any(message["role"] == "user" for message in body["messages"]):
        yield "No user query found in messages."


def anthropic(body: dict[str, Any]) -> Iterator[str]:
    """Claude behind Anthropic's own endpoint, Bedrock and LiteLLM."""
    for n, message in enumerate(body["messages"]):
        visible = (message["content"] or "").strip().strip("\u200b").strip()
        if isinstance(message["content"], str) and not visible and not message.get("tool_calls"):
            yield f"messages.{n}: text content blocks must contain non-whitespace text"
        if message["content"] == "":
            yield f"messages.{n}: text content blocks must be non-empty"
    if any(message.get("tool_calls") or message["role"] == "tool" for message in body["messages"]) and not body.get("tools"):
        yield "toolConfig must be defined when using toolUse and toolResult content blocks"


GEMINI_KEYS = {"type", "description", "enum", "properties", "required", "items"}


def gemini(body: dict[str, Any]) -> Iterator[str]:
    """generativelanguage.googleapis.com: schemas are turned into its own types."""
    for tool in body.get("tools", ()):
        if not re.match("[A-Za-z_]", tool["function"]["name"]):
            yield f"Invalid function name {tool['function']['name']}"
        for where, node in nodes(tool["function"]["parameters"]):
            for key in node.keys() - GEMINI_KEYS:
                yield f"Unknown name {key!r} at {where}: Cannot find field."
            if node.get("type") not in ("string", "integer", "number", "boolean", "array", "object"):
                yield f"{where}: schema didn't specify the schema type field: {node.get('type')!r}"
            if "enum" in node and (node["type"] != "string" or not all(isinstance(v, str) and v for v in node["enum"])):
                yield f"{where}.enum: only allowed for STRING type, and cannot be empty"
            if node.get("type") == "array" and "items" not in node:
                yield f"{where}.items: missing field."
            for name in node.get("required", ()):
                if name not in node.get("properties", {}):
                    yield f"{where}.required: property {name} is not defined"


def nodes(schema: dict[str, Any], where: str = "parameters") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every subschema of a schema in plain keywords."""
    yield where, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{where}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from nodes(schema["items"], f"{where}[]")


def llama_cpp(body: dict[str, Any]) -> Iterator[str]:
    """llama-server, which makes one grammar of all tools: https://github.com/ggml-org/llama.cpp/issues/25746"""
    for tool in body.get("tools", ()):
        for where, node in nodes(tool["function"]["parameters"]):
            if {"pattern", "maxLength", "minLength", "maxItems", "format"} & node.keys():
                yield f"Failed to initialize samplers: failed to parse grammar ({where})"


ALWAYS: tuple[Rule, ...] = (openai, mistral, mistral_template, qwen, anthropic, gemini, llama_cpp)

# --- What a server may have taught us ---------------------------------------------------------------------------------


def llama_template(body: dict[str, Any]) -> Iterator[str]:
    """Llama 3.1's, and Gemma's where results become messages of the user's."""
    if any(len(message.get("tool_calls", ())) > 1 for message in body["messages"]):
        yield "This model only supports single tool-calls at once!"
    roles = ["user" if m["role"] == "tool" else m["role"] for m in body["messages"] if m["role"] != "system"]
    if any((role == "user") != (n % 2 == 0) for n, role in enumerate(roles)):
        yield f"Conversation roles must alternate user/assistant/user/assistant/...: {roles}"


def gemma_2(body: dict[str, Any]) -> Iterator[str]:
    if any(message["role"] == "system" for message in body["messages"]):
        yield "System role not supported"


def lm_studio(body: dict[str, Any]) -> Iterator[str]:
    if any(message["content"] is None for message in body["messages"]):
        yield "Invalid 'content': 'content' field must be a string or an array of objects."


def gemini_3(body: dict[str, Any]) -> Iterator[str]:
    """Its calls since the visitor's last words must be signed, the first of each message at least."""
    last = max((n for n, message in enumerate(body["messages"]) if message["role"] == "user"), default=0)
    for n, message in enumerate(body["messages"][last:], last):
        call = next(iter(message.get("tool_calls", ())), None)
        if call and "thought_signature" not in call.get("extra_content", {}).get("google", {}):
            yield (
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
                f"correctly. Additional data, function call `{call['function']['name']}` , position {n}."
            )


def deepseek(body: dict[str, Any]) -> Iterator[str]:
    """V3.2 and later, thinking."""
    for n, message in enumerate(body["messages"]):
        if message.get("tool_calls") and "reasoning_content" not in message:
            yield f"Missing `reasoning_content` field in the assistant message at message index {n}."


def tool_less(body: dict[str, Any]) -> Iterator[str]:
    if body.get("tools") or any(message["role"] == "tool" for message in body["messages"]):
        yield "registry.ollama.ai/library/m does not support tools"
