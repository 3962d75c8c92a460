"""Shapes of the objects of a stream, and where in them the text, the choices and an error are."""

from __future__ import annotations

from typing import Any

# Fields of an object that says nothing but its text, as it arrives from most servers.
_PLAIN_EVENT = {
    "id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier", "obfuscation", "provider"
}  # fmt: skip
_PLAIN_CHOICE = {"index", "delta", "finish_reason", "logprobs", "native_finish_reason"}
_PLAIN_DELTA = {"role", "content"}
OTHER_ROLES = ("tool", "function", "user", "system", "developer")  # whose words are not the answer


def plain_content(event: dict[str, Any]) -> str:
    """The text of an object that says nothing else, as nearly all do; else empty."""
    choices = event.get("choices")
    if not (event.keys() <= _PLAIN_EVENT and isinstance(choices, list) and choices):
        return ""
    if event.get("usage") is not None or event.get("object") == "error":
        return ""
    choice = choices[0]
    if (
        not (isinstance(choice, dict) and choice.keys() <= _PLAIN_CHOICE)
        or choice.get("finish_reason")
        or choice.get("index")
    ):
        return ""
    delta = choice.get("delta")
    if not (isinstance(delta, dict) and delta.keys() <= _PLAIN_DELTA):
        return ""
    content = delta.get("content")
    return content if isinstance(content, str) and delta.get("role") not in OTHER_ROLES else ""


def choices_of(event: dict[str, Any]) -> Any:
    """A list, unless there is none; also of an answer that a gateway wrapped once more."""
    choices = event.get("choices")
    for name in ("result", "data"):
        within = event.get(name)
        if "choices" not in event and isinstance(within, dict):
            choices = within.get("choices")
            break
    return [choices] if isinstance(choices, dict) else choices


def delta_of(choice: dict[str, Any]) -> Any:
    """What a choice adds, also where its server puts that into the choice itself, as the older format has it."""
    if isinstance(choice.get("delta"), dict) and choice["delta"]:
        return choice["delta"]
    if isinstance(choice.get("text"), str) or choice.get("tool_calls"):
        return {"content": choice.get("text"), "tool_calls": choice.get("tool_calls")}
    return None


def error_alone(event: dict[str, Any]) -> Any:
    """An object of a stream that is an error without saying so, as servers and proxies write it that fail within one:
    FastAPI's `detail`, Cloudflare's `errors`, AWS's exceptions by name, words alone."""
    if isinstance(choices_of(event), list):
        return None
    for name, value in event.items():
        if name.endswith("Exception") and isinstance(value, dict):
            return {"type": name, **value}
    words = event.get("detail") or event.get("errors") or event.get("message")
    return event if words and not isinstance(words, dict) else None


def content_of(delta: dict[str, Any]) -> str:
    """The text of a message or a piece of one: a string, or the parts that Mistral, Databricks and others send."""
    extra = delta.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    if delta.get("channel") == "analysis" or (isinstance(google, dict) and google.get("thought") is True):
        return ""  # a thought, and marked as one beside its text
    if delta.get("role") in OTHER_ROLES:
        return ""
    content = delta.get("content")
    if isinstance(content, int | float) and not isinstance(content, bool):
        return str(content)  # a gateway that read a token as what it looks like
    parts = content if isinstance(content, list) else [content]
    return "".join(map(_text_of, parts))


def _text_of(part: Any) -> str:
    if not isinstance(part, dict):
        return part if isinstance(part, str) else ""
    text = part.get("text")
    if isinstance(text, dict):
        text = text.get("value")
    shown = part.get("type", "text") in ("text", "output_text") and part.get("thought") is not True
    return text if shown and isinstance(text, str) else ""
