"""What real servers send, byte for byte, and what it means: every deviation from the format that we know of.

`TRANSCRIPTS` maps a sentence to the answer's body and what a client must make of it, however the bytes are cut.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from assistant.llm import Finish

from .stub import delta, event, usage


@dataclass(frozen=True)
class Meaning:
    text: str = ""
    calls: tuple[tuple[str, Any], ...] = ()  # name and arguments
    finish: Finish = "stop"
    tokens: tuple[int, int] | None = None  # None: estimated


def stream(*values: dict[str, Any] | bytes, done: bool = True) -> bytes:
    return b"".join(map(event, values)) + (event(b"[DONE]") if done else b"")


def call(index: int | None = 0, id: str | None = None, name: str | None = None, arguments: Any = "") -> dict[str, Any]:
    item: dict[str, Any] = {"type": "function", "function": {"arguments": arguments}}
    if name is not None:
        item["function"]["name"] = name
    if index is not None:
        item["index"] = index
    if id is not None:
        item["id"] = id
    return item


def tools(*items: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return delta(finish, tool_calls=list(items))


HELLO = (delta(role="assistant", content=""), delta(content="Grüß "), delta(content="dich 👋"), delta("stop"))
HELLO_TEXT = "Grüß dich 👋"
PLAIN = stream(*HELLO, usage(11, 5))
ONE = (("book", {"slot": "a1"}),)
BOTH = (("book", {"slot": "a1"}), ("mail", {"to": "x"}))

TRANSCRIPTS: dict[str, tuple[bytes, Meaning]] = {
    # --- The stream itself
    "as OpenAI sends it": (PLAIN, Meaning(HELLO_TEXT, tokens=(11, 5))),
    "CRLF": (PLAIN.replace(b"\n", b"\r\n"), Meaning(HELLO_TEXT, tokens=(11, 5))),
    "CR": (PLAIN.replace(b"\n", b"\r"), Meaning(HELLO_TEXT, tokens=(11, 5))),
    "a BOM": (b"\xef\xbb\xbf" + PLAIN, Meaning(HELLO_TEXT, tokens=(11, 5))),
    "empty lines in front": (b"\r\n\n" + PLAIN, Meaning(HELLO_TEXT, tokens=(11, 5))),
    "data: without its space": (PLAIN.replace(b"data: ", b"data:"), Meaning(HELLO_TEXT, tokens=(11, 5))),
    "no blank lines between events": (PLAIN.replace(b"\n\n", b"\n"), Meaning(HELLO_TEXT, tokens=(11, 5))),
    "[done] in small letters": (PLAIN.replace(b"[DONE]", b"[done]"), Meaning(HELLO_TEXT, tokens=(11, 5))),
    "a tab within a text": (stream(b'{"choices":[{"delta":{"content":"a\tb"}}]}', delta("stop")), Meaning("a\tb")),
    "NaN, and bytes that are no UTF-8": (
        PLAIN.replace(b'"index": 0', b'"logprobs": NaN, "x": "\xff", "index": 0'),
        Meaning(HELLO_TEXT, tokens=(11, 5)),
    ),
    "no [DONE]": (stream(*HELLO, done=False), Meaning(HELLO_TEXT)),
    "no [DONE] and no last line end": (stream(*HELLO, done=False).rstrip(), Meaning(HELLO_TEXT)),
    "[DONE] but no finish_reason": (stream(*HELLO[:3]), Meaning(HELLO_TEXT)),
    "comments and other fields (OpenRouter)": (
        b": OPENROUTER PROCESSING\n\n"
        + PLAIN.replace(b"data: ", b": still here\nevent: message\nid: 7\nretry: 100\ndata: "),
        Meaning(HELLO_TEXT, tokens=(11, 5)),
    ),
    "an object over several data lines": (
        b'data: {"choices":\ndata:  [{"delta": {"content": "Hi"},\ndata: "finish_reason": "stop"}]}\n\n' + event(b"[DONE]"),
        Meaning("Hi"),
    ),
    "empty data, null and words instead of an object": (
        b'data:\n\ndata: null\n\ndata: "ping"\n\n' + PLAIN,
        Meaning(HELLO_TEXT, tokens=(11, 5)),
    ),
    "escapes instead of UTF-8": (
        stream(*(json.dumps(one, ensure_ascii=True).encode() for one in HELLO)),
        Meaning(HELLO_TEXT),
    ),
    "a character in two halves (JavaScript servers)": (
        stream(
            b'{"choices":[{"delta":{"content":"Hi \\ud83d"}}]}',
            b'{"choices":[{"delta":{"content":"\\udc4b!"}}]}',
            delta("stop"),
        ),
        Meaning("Hi 👋!"),
    ),
    "a NUL, which no database keeps": (stream(delta(content="a\0b"), delta("stop")), Meaning("ab")),
    # --- Objects
    "Azure: no choices in the first object": (
        stream({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}, *HELLO),
        Meaning(HELLO_TEXT),
    ),
    "content null, unknown fields": (
        stream(delta(role="assistant", content=None, audio={"x": 1}), *HELLO, {"choices": [{}]}, {"choices": [None]}),
        Meaning(HELLO_TEXT),
    ),
    "finish_reason empty until the end": (
        stream(delta("", content="Grüß "), delta("", content="dich 👋"), delta("stop")),
        Meaning(HELLO_TEXT),
    ),
    "usage in every object (vLLM): the last counts": (
        stream(*({**one, "usage": {"prompt_tokens": 11, "completion_tokens": n}} for n, one in enumerate(HELLO))),
        Meaning(HELLO_TEXT, tokens=(11, 3)),
    ),
    "usage null": (stream(*({**one, "usage": None} for one in HELLO)), Meaning(HELLO_TEXT)),
    "usage where Groq puts it": (
        stream(*HELLO[:3], {**delta("stop"), "x_groq": {"usage": {"prompt_tokens": 4, "completion_tokens": 2}}}),
        Meaning(HELLO_TEXT, tokens=(4, 2)),
    ),
    "text after the finish reason": (stream(delta("stop", content="Grüß "), delta(content="dich 👋")), Meaning(HELLO_TEXT)),
    "content as parts (Mistral)": (
        stream(
            delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]),
            delta(content=[{"type": "text", "text": "Hi"}]),
            delta("stop"),
        ),
        Meaning("Hi"),
    ),
    "Anthropic's and Google's words for the end": (stream(delta(content="Hi"), delta("END_TURN")), Meaning("Hi")),
    "out of tokens": (stream(delta(content="Hi"), delta("length")), Meaning("Hi", finish="length")),
    "out of tokens, Mistral": (stream(delta(content="Hi"), delta("model_length")), Meaning("Hi", finish="length")),
    "filtered": (stream(delta(content="Hi"), delta("content_filter")), Meaning("Hi", finish="content_filter")),
    "a refusal": (stream(delta(refusal="I must not."), delta("stop")), Meaning("", finish="content_filter")),
    # --- Thinking
    "reasoning_content (DeepSeek)": (
        stream(delta(reasoning_content="secret"), delta(content="", reasoning="secret"), *HELLO),
        Meaning(HELLO_TEXT),
    ),
    "<think> (MiniMax, Qwen)": (
        stream(delta(content="<thi"), delta(content="nk>\nsecret < 3 </th"), delta(content="ink>\n\nHi"), delta("stop")),
        Meaning("Hi"),
    ),
    "<thought> after a first line, and again": (
        stream(delta(content="Hi\n<thought>a</thought>\nthere\n<think>b"), delta(content="</think>!"), delta("stop")),
        Meaning("Hi\nthere\n!"),
    ),
    "a </think> that nothing opened, in an answer that comes whole": (
        stream(delta("stop", content="Hm.\nHe wants\n</think>\n\nHi, </think> is a tag.\n</think>")),
        Meaning("Hi, </think> is a tag.\n</think>"),
    ),
    "a </think> that nothing opened, first": (
        stream(delta(content=" "), delta(content="</th"), delta(content="ink>Hi"), delta("stop")),
        Meaning("Hi"),
    ),
    "a reply about <think> is a reply": (
        stream(delta(content="The tag <think> and a < b; <b>"), delta(content="\n<thin"), delta("stop")),
        Meaning("The tag <think> and a < b; <b>\n<thin"),
    ),
    "white space in front": (stream(delta(content="\n\n "), delta(content=" Hi\n "), delta("stop")), Meaning("Hi\n ")),
    # --- Tool calls
    "a call as OpenAI sends it": (
        stream(
            delta(role="assistant", content=None),
            tools(call(0, "c1", "book", "")),
            tools(call(0, arguments='{"slot"')),
            tools(call(0, arguments=':"a1"}')),
            delta("tool_calls"),
        ),
        Meaning(calls=ONE, finish="tool_calls"),
    ),
    "text and a call": (
        stream(delta(content="One moment."), tools(call(0, "c1", "book", '{"slot":"a1"}')), delta("tool_calls")),
        Meaning("One moment.", ONE, "tool_calls"),
    ),
    "finish_reason stop after a call (Ollama)": (
        stream(tools(call(0, "c1", "book", '{"slot":"a1"}')), delta("stop")),
        Meaning(calls=ONE, finish="tool_calls"),
    ),
    "two calls, interleaved": (
        stream(
            tools(call(0, "c1", "book")),
            tools(call(1, "c2", "mail")),
            tools(call(1, arguments='{"to"')),
            tools(call(0, arguments='{"slot":')),
            tools(call(1, arguments=':"x"}'), call(0, arguments='"a1"}')),
            delta("tool_calls"),
        ),
        Meaning(calls=BOTH, finish="tool_calls"),
    ),
    "no index, ids": (
        stream(
            tools(call(None, "c1", "book")),
            tools(call(None, "c2", "mail")),
            tools(call(None, "c1", arguments='{"slot":"a1"}'), call(None, "c2", arguments='{"to":"x"}')),
            delta("tool_calls"),
        ),
        Meaning(calls=BOTH, finish="tool_calls"),
    ),
    "no index, an id in the first piece only": (
        stream(
            tools(call(None, "c1", "book")),
            tools(call(None, arguments='{"slot":')),
            tools(call(None, arguments='"a1"}')),
            tools(call(None, "c2", "mail")),
            tools(call(None, arguments='{"to":"x"}')),
            delta("tool_calls"),
        ),
        Meaning(calls=BOTH, finish="tool_calls"),
    ),
    "neither index nor id, by position": (
        stream(
            tools(call(None, None, "book"), call(None, None, "mail")),
            tools(call(None, arguments='{"slot":'), call(None, arguments='{"to":')),
            tools(call(None, arguments='"a1"}'), call(None, arguments='"x"}')),
            delta("tool_calls"),
        ),
        Meaning(calls=BOTH, finish="tool_calls"),
    ),
    "whole calls, one per piece, no index and no id (Ollama)": (
        stream(tools(call(None, None, "book", {"slot": "a1"})), tools(call(None, None, "mail", {"to": "x"})), delta("stop")),
        Meaning(calls=BOTH, finish="tool_calls"),
    ),
    "whole calls, all of index 0 (Gemini)": (
        stream(
            tools(call(0, "c1", "book", '{"slot":"a1"}')), tools(call(0, "c2", "mail", '{"to":"x"}')), delta("tool_calls")
        ),
        Meaning(calls=BOTH, finish="tool_calls"),
    ),
    "all of index 0 without ids": (
        stream(tools(call(0, "", "book", '{"slot":"a1"}')), tools(call(0, "", "mail", '{"to":"x"}')), delta("stop")),
        Meaning(calls=BOTH, finish="tool_calls"),
    ),
    "one id for two calls": (
        stream(tools(call(0, "c", "book", '{"slot":"a1"}'), call(1, "c", "mail", '{"to":"x"}')), delta("tool_calls")),
        Meaning(calls=BOTH, finish="tool_calls"),
    ),
    "id and name in every piece": (
        stream(
            tools(call(0, "c1", "book", '{"slot"')),
            tools(call(0, "c1", "book", ':"a1"')),
            tools(call(0, "c1", "book", "}")),
            delta("tool_calls"),
        ),
        Meaning(calls=ONE, finish="tool_calls"),
    ),
    "the whole call again at the end": (
        stream(
            tools(call(0, "c1", "book", '{"slot":"a1"}')),
            tools(call(0, "c1", "book", '{"slot":"a1"}'), finish="tool_calls"),
        ),
        Meaning(calls=ONE, finish="tool_calls"),
    ),
    "the name in a later piece": (
        stream(tools(call(0, "c1")), tools(call(0, None, "book", '{"slot":"a1"}')), delta("tool_calls")),
        Meaning(calls=ONE, finish="tool_calls"),
    ),
    "arguments null": (stream(tools(call(0, "c", "now", None)), delta("stop")), Meaning("", (("now", {}),), "tool_calls")),
    "arguments empty": (stream(tools(call(0, "c", "now", "")), delta("stop")), Meaning("", (("now", {}),), "tool_calls")),
    "arguments an object": (
        stream(tools(call(0, "c", "book", {"slot": "a1"})), delta("stop")),
        Meaning(calls=ONE, finish="tool_calls"),
    ),
    "arguments that are no object": (
        stream(tools(call(0, "c", "book", '["a1"]')), delta("tool_calls")),
        Meaning(calls=(("book", None),), finish="tool_calls"),
    ),
    "arguments with a NUL": (
        stream(tools(call(0, "c", "book", '{"slot":"\\u0000"}')), delta("tool_calls")),
        Meaning(calls=(("book", None),), finish="tool_calls"),
    ),
    "arguments whose call nobody named": (
        stream(tools(call(0, "c", "book")), tools(call(1, arguments='{"slot":"a1"}')), delta("tool_calls")),
        Meaning(calls=(("book", None),), finish="tool_calls"),
    ),
    "out of tokens within a call": (
        stream(tools(call(0, "c", "book", '{"slot":"a1"}')), delta("length")),
        Meaning(calls=(("book", None),), finish="length"),
    ),
    "function_call, the older form": (
        stream(
            delta(function_call={"name": "book", "arguments": ""}),
            delta(function_call={"arguments": '{"slot":"a1"}'}),
            delta("function_call"),
        ),
        Meaning(calls=ONE, finish="tool_calls"),
    ),
    # --- Not a stream
    "one whole JSON object": (
        json.dumps(
            {
                "object": "chat.completion",
                "choices": [{"message": {"role": "assistant", "content": HELLO_TEXT}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 11, "completion_tokens": 5},
            },
            indent=1,
        ).encode(),
        Meaning(HELLO_TEXT, tokens=(11, 5)),
    ),
    "one whole JSON object with a call": (
        json.dumps(
            {"choices": [{"message": {"content": None, "tool_calls": [call(None, "c", "book", '{"slot":"a1"}')]}}]}
        ).encode(),
        Meaning(calls=ONE, finish="tool_calls"),
    ),
}
