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


def test_only_what_is_the_conversations_own_is_not_given_to_the_next_provider() -> None:
    kept = {rule.cause for rule in failure_rules.RULES if not rule.try_next}
    assert kept == {"content_filter", "context_too_long"}


def test_what_is_lacking_is_only_learnt_where_it_was_sent() -> None:
    bare = completions.body(asking(PROVIDER, capabilities=Capabilities(usage_in_stream=False, token_limit="")))
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
