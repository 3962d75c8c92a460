"""What the environment may hold, and what becomes of it: one order, many spellings, and every problem named."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.outbound import Reach
from assistant.providers import configuration
from assistant.providers.configuration import clean_key, load
from tests.assistant.providers.environment_problems import CANARY, codes

# --- One order --------------------------------------------------------------------------------------------------------


POOL = {"AI_GROQ_KEY": "gsk_0123456789", "AI_GROQ_SMART": "m"}
SINGLE = {"AI_API_KEY": "sk-single0123456789"}
COMPAT = {"OPENAI_COMPAT_API_KEY": "sk-compat0123456789"}
LEGACY = {"OPENAI_API_KEY": "sk-legacy0123456789"}
STEPS = [POOL, SINGLE, COMPAT, LEGACY]


@pytest.mark.parametrize("first", range(4))
def test_the_first_group_that_can_answer_does_and_the_others_are_named_as_unused(first: int):
    environment = {name: value for step in STEPS[first:] for name, value in step.items()}
    found = load(environment)
    assert len(found.providers) == 1
    assert found.providers[0].key in STEPS[first].values()
    assert [group.state for group in found.groups] == ["empty"] * first + ["used"] + ["shadowed"] * (3 - first)
    assert sum(code == "shadowed" for _, code in codes(environment, "warning")) == 3 - first


def test_a_pool_that_is_switched_off_does_not_silence_the_single_provider():
    found = load({**POOL, "AI_GROQ_ENABLED": "false", **SINGLE})
    assert [provider.source for provider in found.usable] == ["AI_API_KEY"]


def test_providers_that_are_all_switched_off_leave_none_and_no_demo_model_either():
    found = load({**POOL, "AI_GROQ_ENABLED": "no"})
    assert found.usable == () and len(found.providers) == 1 and found.configured


def test_an_empty_configuration_has_no_problems():
    found = load({})
    assert found.providers == () and found.problems == () and not found.configured


def test_a_broken_provider_counts_as_configured():
    assert load({"AI_CUSTOM_KEY": "k"}).configured


def test_ai_api_key_is_not_a_provider_called_api():
    found = load({"AI_API_KEY": "k0123456789", "AI_BASE_URL": "http://localhost:9999", "AI_MODEL": "m"})
    assert [(p.name, p.source) for p in found.providers] == [("custom", "AI_API_KEY")]
    assert found.problems == ()


def test_ai_base_url_is_not_a_provider_called_base():
    found = load({**POOL, "AI_BASE_URL": "http://localhost:9999"})
    assert [provider.name for provider in found.providers] == ["groq"]


def test_providers_of_a_pool_come_by_name_whatever_the_order_of_the_variables():
    one = {f"AI_{name}_{field}": "http://localhost:1" for name in ("B", "AB", "A") for field in ("URL", "SMART")}
    two = dict(reversed(one.items()))
    assert load(one) == load(two)
    assert [provider.name for provider in load(one).providers] == ["a", "ab", "b"]


def test_environment_providers_may_reach_private_addresses():
    assert load(SINGLE).providers[0].reach is Reach.OPERATOR


# --- Everything else --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", ["0", "-1", "two", "NaN", "1e400", "1.5", "1000000000", "١"])
def test_a_weight_that_is_no_small_whole_number_leaves_its_provider_out(weight: str):
    found = load({**POOL, "AI_GROQ_WEIGHT": weight})
    assert found.providers == ()
    assert [(p.variable, p.code) for p in found.errors] == [("AI_GROQ_WEIGHT", "number_invalid")]


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "On", "", " "])
def test_every_usual_spelling_of_true_switches_a_provider_on(text: str):
    assert load({**POOL, "AI_GROQ_ENABLED": text}).providers[0].enabled


@pytest.mark.parametrize("text", ["false", "False", "0", "no", "OFF"])
def test_every_usual_spelling_of_false_switches_a_provider_off(text: str):
    assert not load({**POOL, "AI_GROQ_ENABLED": text}).providers[0].enabled


def test_a_switch_that_is_neither_true_nor_false_is_an_error():
    assert codes({**POOL, "AI_GROQ_ENABLED": "maybe"}) == [("AI_GROQ_ENABLED", "boolean_invalid")]
    assert load({**POOL, "AI_GROQ_ENABLED": "maybe"}).providers == ()


@pytest.mark.parametrize(
    ("text", "rotation"),
    [
        ("random", "random"),
        ("Weighted", "weighted"),
        ("FAILOVER", "failover"),
        ("round_robin", "round-robin"),
        ("roundrobin", "round-robin"),
    ],
)
def test_every_usual_spelling_of_a_rotation_is_read(text: str, rotation: str):
    assert load({"AI_ROTATION": text}).rotation == rotation


def test_an_unknown_rotation_becomes_round_robin_with_a_warning():
    found = load({**POOL, "AI_ROTATION": "bogus"})
    assert found.rotation == "round-robin" and found.usable
    assert [(p.variable, p.code, p.level) for p in found.problems] == [("AI_ROTATION", "rotation_unknown", "warning")]


@pytest.mark.parametrize("text", ["-1", "eleven", "11", "1e3", "3.0"])
def test_an_invalid_number_of_retries_becomes_three_with_a_warning(text: str):
    found = load({"AI_MAX_RETRIES": text})
    assert found.max_retries == 3
    assert [(p.variable, p.code) for p in found.errors] == [("AI_MAX_RETRIES", "number_invalid")]


@pytest.mark.parametrize(
    "name", ["AI_openai_KEY", "AI_OPEN/AI_KEY", "AI_Ａ_KEY", "AI_\x07_KEY", "AI_1_KEY", f"AI_{'A' * 300}_KEY", "AI_Ä_KEY"]
)
def test_a_provider_without_a_proper_name_is_refused_and_printed_safely(name: str):
    found = load({name: CANARY})
    assert found.providers == ()
    (problem,) = found.errors
    assert problem.code == "name_invalid"
    assert problem.variable.isascii() and problem.variable.isprintable() and len(problem.variable) <= 80


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("AI_API_KYE", "AI_API_KEY"),
        ("AI_KEY", "AI_API_KEY"),
        ("AI_APIKEY", "AI_API_KEY"),
        ("AI_API_URL", "AI_BASE_URL"),
        ("AI_URL", "AI_BASE_URL"),
        ("AI_MODLE", "AI_MODEL"),
        ("AI_FASTMODEL", "AI_FAST_MODEL"),
        ("AI_ROTATOIN", "AI_ROTATION"),
        ("AI_MAX_RETRYS", "AI_MAX_RETRIES"),
        ("AI_GROQ_API_KEY", "AI_GROQ_KEY"),
        ("AI_GROQ_BASE_URL", "AI_GROQ_URL"),
        ("AI_GROQ_MODEL", "AI_GROQ_SMART"),
        ("AI_GROQ_FAST_MODEL", "AI_GROQ_FAST"),
        ("AI_OPENAI_KYE", "AI_OPENAI_KEY"),
        ("OPENAI_COMPAT_KEY", "OPENAI_COMPAT_API_KEY"),
        ("OPENAI_API_BASE", "OPENAI_BASE_URL"),
        ("OPENAI_APIKEY", "OPENAI_API_KEY"),
    ],
)
def test_a_misspelt_variable_gets_the_nearest_name(written: str, meant: str):
    found = load({written: CANARY})
    assert [(p.variable, p.code) for p in found.problems] == [(written, "unknown_variable")]
    assert meant in found.problems[0].hint
    assert found.providers == () and "canary" not in repr(found)


def test_unrelated_variables_are_ignored():
    assert load({"OPENAI_ORG_ID": "org-1", "GROQ_LOG": "info", "TOGETHER_DEBUG": "1"}).problems == ()


def test_a_model_id_may_hold_slashes_colons_and_spaces():
    for model in ("together/deepseek-ai/DeepSeek-V3", "llama3.1:8b", "My Model (Q4)"):
        assert load({"AI_X_URL": "http://localhost:1", "AI_X_SMART": model}).usable[0].smart == model


def test_a_name_too_long_for_a_model_is_refused():
    assert ("AI_X_SMART", "model_invalid") in codes({"AI_X_URL": "http://localhost:1", "AI_X_SMART": "m" * 201})


def test_one_model_alone_serves_for_both_tasks_of_a_server_of_ones_own():
    (own,) = load({"AI_BASE_URL": "http://localhost:11434", "AI_MODEL": "llama3.1"}).usable
    assert (own.smart, own.fast) == ("llama3.1", "llama3.1")


def test_an_unknown_server_must_be_told_its_model():
    found = load({"AI_ACME_URL": "https://llm.acme.example", "AI_ACME_KEY": "k0123456789"})
    assert found.providers == ()
    assert [(p.variable, p.code) for p in found.errors] == [("AI_ACME_SMART", "model_missing")]


def test_quotes_and_comments_that_a_container_runtime_leaves_are_removed_with_a_warning():
    found = load({"AI_OPENAI_KEY": '"sk-proj-0123456789"', "AI_OPENAI_SMART": "gpt-4.1   # the big one"})
    assert (found.usable[0].key, found.usable[0].smart) == ("sk-proj-0123456789", "gpt-4.1")
    assert codes({"AI_OPENAI_KEY": '"sk-proj-0123456789"'}) == [("AI_OPENAI_KEY", "repaired")]


def test_a_byte_order_mark_and_a_line_end_are_taken_off_a_key():
    assert load({"AI_OPENAI_KEY": "\ufeffsk-proj-0123456789\r\n"}).usable[0].key == "sk-proj-0123456789"


def test_a_voice_model_serves_openai_only():
    environment = {"AI_OPENAI_KEY": "sk-0123456789", **POOL, "AI_REALTIME_MODEL": "gpt-realtime-2"}
    assert {provider.name: provider.realtime for provider in load(environment).usable} == {
        "groq": "",
        "openai": "gpt-realtime-2",
    }


def test_legacy_settings_have_an_equivalent_in_the_new_style():
    legacy = {
        "OPENAI_API_KEY": CANARY,
        "OPENAI_BASE_URL": "https://api.openai.com/v1",
        "SMART_LLM": "gpt-4.1",
        "FAST_LLM": "gpt-4o-mini",
    }
    (provider,) = load(legacy).usable
    new = configuration.in_new_style(provider)
    assert new == {
        "AI_OPENAI_URL": "https://api.openai.com/v1", "AI_OPENAI_KEY": "<your key>", "AI_OPENAI_SMART": "gpt-4.1",
        "AI_OPENAI_FAST": "gpt-4o-mini", "AI_OPENAI_ENABLED": "true",
    }  # fmt: skip
    (again,) = load({**new, "AI_OPENAI_KEY": CANARY}).usable
    assert (again.base_url, again.key, again.smart, again.fast) == (provider.base_url, CANARY, provider.smart, provider.fast)


@given(
    st.dictionaries(
        st.sampled_from([*sorted(configuration.KNOWN), "AI_X_URL", "AI_X_KEY", "AI_X_SMART", "AI_X_WEIGHT", "AI_X_AUTH"])
        | st.text(),
        st.text(alphabet=st.characters(), max_size=40)
        | st.sampled_from(["http://localhost:1", "https://[", "http://a:b@c"]),
        max_size=8,
    )
)
@example({"AI_X_URL": "http://[::1", "AI_X_KEY": "k"})
@example({"AI_BASE_URL": "https://xn--\udcff"})
def test_no_environment_crashes_the_configuration(environment: dict[str, str]):
    found = load(environment)
    for provider in found.providers:
        assert provider.base_url.startswith(("http://", "https://")) and provider.smart


def test_a_clean_key_stays_as_it_is():
    assert clean_key(f" {CANARY}\n") == CANARY
