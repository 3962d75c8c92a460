"""The table of what servers say when they refuse: every row is held to a transcript, in the order of the table."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assistant.providers import completions
from assistant.providers.completions import Capabilities, failure_rules
from assistant.providers.completions.failures import classified, searched

from .asking import PROVIDER, asking
from .test_server_transcripts import REQUEST, TRANSCRIPTS, Transcript

REFUSALS = {name: one for name, one in TRANSCRIPTS.items() if name.startswith("refusal-")}
SENT = [
    completions.body(replace(REQUEST, capabilities=capabilities))
    for capabilities in (
        Capabilities(),
        Capabilities(token_limit="max_completion_tokens"),
        Capabilities(effort_with_tools="none"),
        Capabilities(system_role=False),
    )
]


def said(one: Transcript) -> Any:
    try:
        return json.loads(one.body)
    except ValueError:
        return ""


def rows(one: Transcript) -> set[int]:
    """The rows that decide about this refusal, by what was sent."""
    found = set()
    for sent in SENT:
        text = searched(said(one))
        found.add(next(n for n, rule in enumerate(failure_rules.RULES) if rule.matches(one.status, text, sent)))
    return found


def test_every_row_of_the_table_decides_about_a_transcript() -> None:
    decided = {row for one in REFUSALS.values() for row in rows(one)}
    assert [rule.pattern or rule.cause for n, rule in enumerate(failure_rules.RULES) if n not in decided] == []


def test_every_row_says_where_it_was_seen() -> None:
    assert all(rule.seen for rule in failure_rules.RULES)


@pytest.mark.parametrize(("schema", "lacks"), [("full", {"schema": "plain"}), ("plain", {"schema": "bare"}), ("bare", None)])
def test_a_schema_is_made_plainer_step_by_step(schema: str, lacks: Any) -> None:
    grammar = {"error": {"code": 400, "message": "failed to parse grammar", "type": "invalid_request_error"}}
    refusal = classified(400, grammar, sent=SENT[0], schema=schema)
    assert (refusal.cause, refusal.details.get("lacks"), refusal.next_provider) == ("schema_refused", lacks, True)


@pytest.mark.parametrize(
    ("status", "words", "cause"),
    [
        (400, "The keyword 'maxItems' is not supported in a tool", "schema_refused"),
        (422, "tools.3.parameters.properties.day.minLength: Extra inputs are not permitted", "schema_refused"),
        (400, "number of repetitions exceeds sane defaults", "schema_refused"),
        (
            400,
            "`book` functionDeclaration `parameters.day` schema specified other fields alongside any_of",
            "schema_refused",
        ),
        (400, "Function calling is not enabled for models of this size", "tools_unsupported"),
        (400, "A final assistant message must start with a thinking block", "form_refused"),
        (400, "Parsing failed: the model generated output that could not be parsed", "generation_failed"),
        (400, "Invalid diff: now finding less tool calls!", "generation_failed"),
    ],
)
def test_a_refusal_in_other_words_means_the_same(status: int, words: str, cause: str) -> None:
    sent = b'{"tools":[{}],"messages":[{"role":"assistant","tool_calls":[]}]}'
    assert classified(status, {"error": {"message": words}}, sent=sent).cause == cause


@pytest.mark.parametrize(
    ("status", "error", "cause"),
    [
        # A key
        (400, {"errors": [{"code": 10001, "message": "Unable to authenticate request"}]}, "unauthorized"),
        (400, {"error": {"message": "令牌已过期", "code": "1001"}}, "unauthorized"),
        (400, {"error": {"message": "Invalid token (request id: 7)"}}, "unauthorized"),
        (400, {"error": {"message": "Invalid token in the body at line 3"}}, "bad_request"),
        # A model that is not there
        (404, {"error": {"message": "Unable to access model x.", "code": "model_not_available"}}, "model_not_found"),
        (400, {"error": {"message": "模型不存在", "code": "1211"}}, "model_not_found"),
        (400, {"message": "The provided model identifier is invalid."}, "model_not_found"),
        (400, {"message": "Invocation of model ID x with on-demand throughput isn't supported."}, "model_not_found"),
        (404, {"error": {"message": "No endpoints found for a/b.", "code": 404}}, "model_not_found"),
        (404, {"error": {"message": "This is not a chat model."}}, "model_not_found"),
        (400, {"error": "Please specify a model in the request."}, "model_not_found"),
        # Money
        (429, {"error": {"message": "余额不足", "code": "1113"}}, "quota"),
        (403, {"code": 30001, "message": "Sorry, your account balance is insufficient"}, "quota"),
        (403, {"code": 403, "reason": "NOT_ENOUGH_BALANCE", "message": "no"}, "quota"),
        (403, {"error": {"message": "Your account has an overdue balance.", "code": "AccountOverdueError"}}, "quota"),
        (429, {"errors": [{"message": "you have used up your daily free allocation of neurons"}]}, "quota"),
        # Too much at a time
        (498, {"error": {"message": "Flex tier capacity exceeded", "type": "capacity_exceeded"}}, "rate_limited"),
        # Too long
        (400, {"message": "The prompt (length 9000) is longer than the maximum length of 4096."}, "context_too_long"),
        (422, {"error": "`inputs` must have less than 4096 tokens. Given: 5000"}, "context_too_long"),
        (422, {"detail": "Prompt length 9000 is greater than max_seq_len 4096"}, "context_too_long"),
        (400, {"code": "Invalid argument", "error": "This model's maximum prompt length is 131072."}, "context_too_long"),
        (400, {"error": {"message": "Total tokens of image and text exceed max message tokens."}}, "context_too_long"),
        (400, {"error": {"message": "max_tokens + prompt tokens (9000) must be less than 8192"}}, "context_too_long"),
        (400, {"error": {"message": "'messages[1].content': string too long."}}, "context_too_long"),
        (400, {"error": {"message": "max_tokens: 9999 > 8192, the maximum number of output tokens"}}, "bad_request"),
        (400, {"error": {"message": "the limit of output tokens exceeds the maximum of 4096"}}, "bad_request"),
        # What was written
        (400, {"error": {"code": "1301", "message": "内容可能包含不安全或敏感内容"}}, "content_filter"),
        (400, {"error": {"message": "The input text may contain sensitive information."}}, "content_filter"),
        (422, {"error": {"message": "input new_sensitive (1026)"}}, "content_filter"),
        (403, {"code": "no permission", "error": "Content violates usage guidelines."}, "content_filter"),
        (446, {"error": {"message": "The guardrail checks failed.", "type": "hooks_failed"}}, "content_filter"),
        (400, {"error": {"message": "Names of projects are case-sensitive."}}, "bad_request"),
    ],
)  # fmt: skip
def test_a_refusal_is_understood_in_the_words_and_the_shape_of_every_vendor(status: int, error: Any, cause: str) -> None:
    assert classified(status, error).cause == cause


@pytest.mark.parametrize(
    ("status", "error", "lacks"),
    [
        (422, {"detail": [{"loc": ["body", "tools"], "msg": "extra fields not permitted"}]}, {"tools": False}),
        (400, {"message": "[{'loc': ('body', 'tools'), 'msg': 'Extra inputs are not permitted'}]"}, {"tools": False}),
        (400, {"errors": [{"message": "Additional properties are not allowed '/tools'"}]}, {"tools": False}),
        (400, {"error": {"message": "Streaming is not supported for this model"}}, {"streaming": False}),
        (400, {"error": {"message": "reasoning_effort must be one of ['none', 'default']"}}, {"reasoning_effort": False}),
    ],
)
def test_what_is_lacking_is_learnt_from_the_words_of_every_vendor(status: int, error: Any, lacks: Any) -> None:
    assert classified(status, error, sent=SENT[0]).details.get("lacks") == lacks


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ({"message": "Rate limit reached. Please try again in 1.5s."}, 1.5),
        ({"message": "Please try again in 340ms."}, 0.34),
        ({"message": "Please retry after 7 seconds."}, 7),
        ({"message": "Try again in 1m2.5s"}, 60),
        ({"message": "Too fast", "details": [{"@type": "RetryInfo"}, {"retryDelay": "36s"}]}, 36),
        ({"message": "Please try again later."}, None),
        ({"message": "Please try again in ... seconds"}, None),
    ],
)
def test_how_long_to_wait_is_read_from_the_words_where_no_header_says_it(error: Any, seconds: float | None) -> None:
    assert classified(429, {"error": error}).retry_after_seconds == seconds
    assert classified(429, {"error": error}, {"retry-after": "2"}).retry_after_seconds == 2
    assert classified(400, {"error": error}).retry_after_seconds is None


def test_only_what_is_the_conversations_own_is_not_given_to_the_next_provider() -> None:
    kept = {rule.cause for rule in failure_rules.RULES if not rule.try_next}
    assert kept == {"content_filter", "context_too_long"}


def test_what_is_lacking_is_only_learnt_where_it_was_sent() -> None:
    bare = completions.body(
        asking(PROVIDER, capabilities=Capabilities(streaming=False, usage_in_stream=False, token_limit=""))
    )
    for one in REFUSALS.values():
        assert "lacks" not in classified(one.status, said(one), sent=bare).details


def test_a_key_is_masked_before_a_refusal_is_cut_short() -> None:
    key = "sk-canary-0123456789abcdef"
    for length in range(1, 400, 7):
        words = f"{(key + ' ') * 30}{'x' * length} {key}" * 3
        refusal = classified(400, {"error": {"message": words, "code": key}}, key=key)
        assert not any(key[:size] in str(refusal) for size in range(8, len(key) + 1))


def test_a_quota_of_a_minute_is_a_rate_limit() -> None:
    quota = {"error": {"code": 429, "message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED"}}
    assert classified(429, quota).cause == "quota"
    assert classified(429, quota, {"retry-after": "20"}).cause == "rate_limited"
