"""What a refusal or a failed exchange means: its cause, whether to ask again, and whether to ask another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from assistant.errors import OutboundError, ProviderError
from assistant.redaction import redacted

RETRY_AFTER_SECONDS = 60.0

QUOTA = (
    "insufficient_quota", "credit_balance_exhausted", "credit balance", "billing_hard_limit", "billing_not_active",
    "insufficient credits", "insufficient balance", "payment required", "out of credits", "spending limit",
)  # fmt: skip
CONTEXT = (
    "context_length_exceeded", "context length", "context window", "context size", "prompt is too long",
    "too many tokens", "input is too long", "maximum number of tokens", "reduce the length",
)  # fmt: skip
FILTER = ("content_filter", "content management policy", "content_policy", "flagged", "moderation")
NO_MODEL = ("not found", "not_found", "not exist", "not a valid model", "invalid model", "decommissioned", "unknown model",
            "deprecated", "not available", "no longer available", "deploymentnotfound")  # fmt: skip
NO_TOOLS = (
    "not support tool", "not support function", "not supported with tools", "tools is not supported",
    "tools are not supported", "function calling is not supported", "tool use is not supported", "support tool use",
    "tool choice requires", "enable-auto-tool-choice", "tool calling is not", "does not support tools", "--jinja",
)  # fmt: skip
UNSUPPORTED = ("support", "unrecognized", "unknown", "not permitted", "not allowed", "extra_forbidden", "extra inputs",
               "unexpected", "invalid", "deprecated", "not recognized")  # fmt: skip

# What a refusal says of a request's form: a part of our request, all of the words, the lesson of `capabilities.LESSONS`.
FORMS: tuple[tuple[bytes, tuple[str, ...], dict[str, Any]], ...] = (
    (b'"tool_calls":', ("thought_signature",), {"unsigned_calls": False}),
    (b'"tool_calls":', ("reasoning_content", "missing"), {"unsigned_calls": False}),
    (b'"tool_calls":', ("reasoning_content", "must be passed"), {"unsigned_calls": False}),
    (b'"reasoning', ("remove the reasoning_content",), {"opaque_fields": False}),
    (b'"reasoning', ("property 'reasoning", "unsupported"), {"opaque_fields": False}),
    (b'"tool_calls":', ("single tool-call",), {"parallel_calls": False}),
    (b'"tool_calls":', ("roles must alternate",), {"parallel_calls": False}),
    (b'"role":"system"', ("system role not supported",), {"system_role": False}),
    (b'"content":null', ("content", "must be a string"), {"null_content": False}),
    (b'"content":null', ("nonetype",), {"null_content": False}),
    (b'"tools":', ("grammar",), {"schema": "bare"}),
    (b'"tools":', ("additionalproperties",), {"schema": "bare"}),
    (b'"tools":', ("schema",), {"schema": "bare"}),
    (b'"tools":', ("function_declarations",), {"schema": "bare"}),
)

STATUS_OF_TYPE = {
    "rate_limit": 429, "overloaded": 529, "server_error": 500, "internal": 500, "api_error": 500, "timeout": 504,
    "authentication": 401, "invalid_api_key": 401, "permission": 403, "not_found": 404, "invalid_request": 400,
    "bad_request": 400, "resource_exhausted": 429, "unavailable": 503,
}  # fmt: skip


def classified(
    status: int, error: Any, headers: Mapping[str, str] | None = None, *, sent: bytes = b"", key: str = ""
) -> ProviderError:
    """What a refusal means: its cause, whether to ask again, and whether to ask another.

    `error` is whatever JSON or text came; `sent` is our request, which decides whether something in it can be left out.
    The message is for staff: the provider's own words, cut short and without the key.
    """
    words, code = _words(error)
    text = f"{code} {words}".lower()
    retry_after = _retry_after(headers or {})

    def fail(cause: str, *, retryable: bool = False, next_provider: bool = True, **details: Any) -> ProviderError:
        said = redacted(words, [key])
        # What a server says about a wrong key may hold the key.
        said = "" if cause in ("unauthorized", "forbidden") else f": {said[:300]}" if said else ""
        return ProviderError(
            f"{cause} ({status}){said}",
            cause=cause,
            status=status,
            retryable=retryable,
            next_provider=next_provider,
            retry_after_seconds=retry_after,
            **details,
        )

    if any(mark in text for mark in QUOTA) or status == 402:
        return fail("quota")
    if status == 429:
        return fail("quota") if "quota" in text and retry_after is None else fail("rate_limited", retryable=True)
    if status in (408, 500, 502, 503, 504, 529) or status > 500:
        if "not support" in text and any(mark in text for mark in NO_TOOLS) and b'"tools":' in sent:
            return fail("tools_unsupported", lacks={"tools": False})
        return fail("rate_limited" if status == 529 else "server_error", retryable=True)
    if status == 401 or (status == 400 and "api key" in text and ("valid" in text or "incorrect" in text)):
        return fail("unauthorized")
    if status == 413 or any(mark in text for mark in CONTEXT):
        return fail("context_too_long", next_provider=False)
    if status in (400, 403) and any(mark in text for mark in FILTER):
        return fail("content_filter", next_provider=False)
    if status == 403:
        return fail("forbidden")
    if status in (400, 404, 422) and (lacks := _lacking(text, sent)):
        return fail("tools_unsupported" if "tools" in lacks else "bad_request", next_provider=False, lacks=lacks)
    if "model" in text and any(mark in text for mark in NO_MODEL):
        return fail("model_not_found")
    if status in (404, 405):
        return fail("not_found")
    if 300 <= status < 400:
        return fail("bad_response")
    return fail("bad_request", next_provider=False)


def _lacking(text: str, sent: bytes) -> dict[str, Any]:
    """Which capability a refusal says is missing, if our request used it: learnt once, and left out from then on."""
    if b'"tools":' in sent and any(mark in text for mark in NO_TOOLS):
        return {"tools": False}
    if b'"max_tokens":' in sent and "max_completion_tokens" in text:
        return {"token_limit": "max_completion_tokens"}
    for part, marks, lacks in FORMS:
        if part in sent and all(mark in text for mark in marks):
            return lacks
    if not any(mark in text for mark in UNSUPPORTED):
        return {}
    if b'"max_completion_tokens":' in sent and "max_completion_tokens" in text:
        return {"token_limit": "max_tokens"}
    if b'"stream_options":' in sent and ("stream_options" in text or "include_usage" in text):
        return {"usage_in_stream": False}
    if b'"temperature":' in sent and "temperature" in text:
        return {"temperature": False}
    if b'"reasoning_effort":' in sent and "reasoning" in text:
        return {"reasoning_effort": False}
    return {}


def _words(error: Any) -> tuple[str, str]:
    """The message, and code, type and parameter in one, of the many shapes of an error."""
    if isinstance(error, list):
        error = error[0] if error else ""
    if isinstance(error, dict) and isinstance(error.get("error"), (dict, str)):
        error = error["error"]
    if not isinstance(error, dict):
        return str(error)[:2000], ""
    message = error.get("message") or error.get("detail") or error.get("error_description") or ""
    if isinstance(message, list):
        # FastAPI's list of what is wrong, without the input that it repeats: that is the visitor's text.
        message = "; ".join(
            f"{'.'.join(map(str, item.get('loc', ())))} {item.get('msg', '')} {item.get('type', '')}"
            for item in message
            if isinstance(item, dict)
        )
    codes = " ".join(str(error[name]) for name in ("code", "type", "param", "status") if error.get(name))
    return str(message)[:2000], codes[:200]


def status_of(error: Any) -> int:
    """The HTTP status that an error inside a stream would have had."""
    _, codes = _words(error)
    for word in codes.lower().split():
        if word.isdigit() and 400 <= int(word) <= 599:
            return int(word)
        for type, status in STATUS_OF_TYPE.items():
            if type in word:
                return status
    return 500


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, at most `RETRY_AFTER_SECONDS`; None when nothing readable was said."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            seconds = float(milliseconds) / 1000
        elif not (text := headers.get("retry-after", "").strip()):
            return None
        elif text[:1].isdigit() or text[:1] == "-":
            seconds = float(text)
        else:
            at = parsedate_to_datetime(text)
            seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    except ValueError:
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS) if seconds == seconds else None


def from_outbound(error: OutboundError, answered: bool) -> ProviderError:
    """A failed exchange as the provider's failure; `answered` when its headers had come."""
    cause = {"dns": "dns", "refused": "refused", "tls": "tls", "timeout": "timeout", "address_refused": "refused"}.get(
        error.code, "cut_off" if error.code == "protocol" else "bad_response"
    )
    # An idle connection that the server has just closed fails before any answer: that is worth one more try.
    retryable = cause in ("dns", "refused") or (cause == "cut_off" and not answered)
    return ProviderError(str(error), cause=cause, retryable=retryable and error.code != "address_refused")
