"""What the refusals of model servers mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from assistant.llm import ChatMessage, ToolCallRequest
from assistant.providers import completions
from assistant.providers.completions import Capabilities
from tests.assistant.providers.asking import BOOK, asking

CALLED = [
    ChatMessage("user", "?"),
    ChatMessage("assistant", "", (ToolCallRequest("c", "book", {}),)),
    ChatMessage("tool", "Ok.", call_id="c"),
]

WITH_ALL = completions.body(replace(asking(tools=[BOOK], temperature=1.0), messages=CALLED))


@pytest.mark.parametrize(
    ("code", "error", "cause", "retryable", "next_provider"),
    [
        (401, {"error": {"message": "Incorrect API key provided"}}, "unauthorized", False, True),
        (400, {"error": {"message": "API key not valid. Please pass a valid API key."}}, "unauthorized", False, True),
        (403, "Forbidden", "forbidden", False, True),
        (404, {"error": {"code": "model_not_found", "message": "no"}}, "model_not_found", False, True),
        (404, {"error": {"message": 'model "m" not found, try pulling it first'}}, "model_not_found", False, True),
        (400, {"error": {"message": "m is not a valid model ID", "code": 400}}, "model_not_found", False, True),
        (400, {"error": {"code": "model_decommissioned", "message": "The model m"}}, "model_not_found", False, True),
        (404, {"detail": "Not Found"}, "not_found", False, True),
        (404, "", "not_found", False, True),
        (405, "", "not_found", False, True),
        (402, "", "quota", False, True),
        (429, {"error": {"code": "insufficient_quota"}}, "quota", False, True),
        (429, {"error": {"type": "credit_balance_exhausted"}}, "quota", False, True),
        (400, {"error": {"message": "Your credit balance is too low"}}, "quota", False, True),
        (429, {"error": {"message": "Rate limit reached"}}, "rate_limited", True, True),
        (503, "", "server_error", True, True),
        (529, "", "rate_limited", True, True),
        (500, {"error": "boom"}, "server_error", True, True),
        (408, "", "server_error", True, True),
        (502, "<html>", "server_error", True, True),
        (504, "", "server_error", True, True),
        (522, "", "server_error", True, True),
        (400, {"error": {"code": "context_length_exceeded"}}, "context_too_long", False, False),
        (
            400,
            {"object": "error", "message": "maximum context length is 4096", "code": 40303},
            "context_too_long",
            False,
            False,
        ),
        (413, "", "context_too_long", False, False),
        (400, {"error": {"code": "content_filter", "message": "content management policy"}}, "content_filter", False, False),
        (400, {"error": {"message": "Bad request"}}, "bad_request", False, True),
        (422, {"detail": [{"loc": ["body", "messages"], "msg": "Field required"}]}, "bad_request", False, True),
        (418, "", "bad_request", False, True),
        (301, "", "bad_response", False, True),
    ],
)
def test_a_refusal_is_classified(code: int, error: Any, cause: str, retryable: bool, next_provider: bool) -> None:
    refusal = completions.classified(code, error, sent=WITH_ALL)
    assert (refusal.cause, refusal.retryable, refusal.next_provider) == (cause, retryable, next_provider)
    assert refusal.status == code


@pytest.mark.parametrize(
    ("code", "message", "lacks"),
    [
        (400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         {"token_limit": "max_completion_tokens"}),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', {"tools": False}),
        (400, "registry.ollama.ai/library/m does not support tools", {"tools": False}),
        (404, "No endpoints found that support tool use", {"tools": False}),
        (400, "Unrecognized request argument supplied: stream_options", {"usage_in_stream": False}),
        (400, "Invalid JSON payload received. Unknown name \"additionalProperties\"", {"schema": "bare"}),
        (400, "Failed to initialize samplers: failed to parse grammar", {"schema": "bare"}),
        (400, "Function call is missing a thought_signature in functionCall parts.", {"unsigned_calls": False}),
        (400, "The reasoning_content in the thinking mode must be passed back to the API.", {"unsigned_calls": False}),
        (400, "Conversation roles must alternate user/assistant/user/assistant/...", {"parallel_calls": False}),
        (400, "Unsupported value: 'temperature' does not support 1.0 with this model.", {"temperature": False}),
        (422, [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}],
         {"usage_in_stream": False}),
    ],
)  # fmt: skip
def test_what_a_refusal_says_is_missing_can_be_left_out(code: int, message: Any, lacks: dict[str, Any]) -> None:
    error = {"error": {"message": message}} if isinstance(message, str) else {"detail": message}
    assert completions.classified(code, error, sent=WITH_ALL, schema="plain").details["lacks"] == lacks
    bare = completions.body(asking(capabilities=Capabilities(usage_in_stream=False, token_limit="")))
    assert "lacks" not in completions.classified(code, error, sent=bare).details


def test_what_a_visitor_wrote_does_not_teach_us_anything() -> None:
    repeated = [{"loc": ["body", "messages", 0], "msg": "Input should be shorter", "input": "it does not support tools"}]
    assert "lacks" not in completions.classified(422, {"detail": repeated}, sent=WITH_ALL).details


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "86400"}, 60),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"retry-after": format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)}, 0),
        ({"retry-after": format_datetime(datetime.now(UTC) + timedelta(days=400), usegmt=True)}, 60),
    ],
)
def test_retry_after_is_read_in_either_form_and_never_believed_beyond_a_minute(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert completions.classified(429, "", headers).retry_after_seconds == seconds
