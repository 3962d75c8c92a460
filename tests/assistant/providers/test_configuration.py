"""What the environment may hold, and what becomes of it: reliability.md d1 is the table of bad values here."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.outbound import Reach
from assistant.providers import configuration
from assistant.providers.configuration import BadValue, clean_key, load, normal_base_url

CANARY = "sk-canary-8f1d2c"


def codes(environment: dict[str, str], level: str | None = None) -> list[tuple[str, str]]:
    return [(p.variable, p.code) for p in load(environment).problems if level in (None, p.level)]


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


# --- Addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1"),
        ("http://localhost:8000/", "http://localhost:8000/v1"),
        ("http://localhost:8000//", "http://localhost:8000/v1"),
        ("http://localhost:8080/v1", "http://localhost:8080/v1"),
        ("http://localhost:8080/v1/", "http://localhost:8080/v1"),
        ("http://localhost:8080/v1/v1", "http://localhost:8080/v1"),
        ("http://localhost:8080/v1/chat/completions", "http://localhost:8080/v1"),
        ("http://localhost:8080/chat/completions/", "http://localhost:8080/v1"),
        ("http://localhost:8000/v1/models", "http://localhost:8000/v1"),
        ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1"),
        ("https://api.fireworks.ai/inference/v1/", "https://api.fireworks.ai/inference/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://gateway.example.com/v1/acme/openai", "https://gateway.example.com/v1/acme/openai"),
        ("HTTPS://API.OpenAI.com:443", "https://api.openai.com/v1"),
        ("https://api.openai.com./v1", "https://api.openai.com/v1"),
        ("https://münchen.example/v1", "https://xn--mnchen-3ya.example/v1"),
        ("http://[::1]:11434", "http://[::1]:11434/v1"),
        ("https://acme.openai.azure.com", "https://acme.openai.azure.com/openai"),
        ("https://acme.openai.azure.com/openai/v1/", "https://acme.openai.azure.com/openai/v1"),
        (
            "https://acme.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-06-01",
            "https://acme.openai.azure.com/openai/deployments/d",
        ),
    ],
)
def test_a_base_url_is_normalised_and_stays_so(written: str, base: str):
    assert normal_base_url(written) == base
    assert normal_base_url(base) == base


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("localhost:11434", "url_scheme"),
        ("api.example.com/v1", "url_scheme"),
        ("http:/localhost", "url_scheme"),
        ("ftp://example.com", "url_scheme"),
        ("file:///etc/passwd", "url_scheme"),
        ("http://", "url_host"),
        ("http:///v1", "url_host"),
        ("http://-bad-.example", "url_host"),
        ("http://a..b", "url_host"),
        ("http://[::1", "url_host"),
        ("http://user:canary@example.com/v1", "url_userinfo"),
        ("http://example.com:0", "url_port"),
        ("http://example.com:65536", "url_port"),
        ("http://example.com:port", "url_port"),
        ("http://example.com/v1?key=canary", "url_query"),
        ("http://example.com/v1#top", "url_query"),
        ("http://example.com/a b", "url_characters"),
        ("http://exa mple.com", "url_characters"),
        ("http://example.com\\@evil.example", "url_characters"),
        ("http://example.com/../v1", "url_path"),
        ("http://example.com/" + "a" * 3000, "url_characters"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_by_name(written: str, code: str):
    with pytest.raises(BadValue) as refused:
        normal_base_url(written)
    assert refused.value.code == code
    found = load({"AI_CUSTOM_URL": written, "AI_CUSTOM_KEY": CANARY, "AI_CUSTOM_SMART": "m"})
    assert found.providers == ()
    assert ("AI_CUSTOM_URL", code) in [(p.variable, p.code) for p in found.errors]
    assert "canary" not in repr(found)


def test_plain_http_across_the_network_is_warned_of_and_at_home_is_not():
    assert ("AI_X_URL", "url_plaintext") in codes({"AI_X_URL": "http://example.com", "AI_X_SMART": "m"})
    for home in ("http://localhost:1", "http://127.0.0.1:1", "http://10.0.0.7:1", "http://ollama:11434", "http://[::1]:1"):
        assert codes({"AI_X_URL": home, "AI_X_SMART": "m"}) == []


def test_a_deployment_of_azure_is_named_in_the_path_and_the_version_in_the_query():
    (azure,) = load(
        {"AI_AZURE_URL": "https://acme.openai.azure.com", "AI_AZURE_KEY": "0" * 32, "AI_AZURE_SMART": "my gpt/4"}
    ).usable
    assert azure.endpoint("chat/completions", azure.smart) == (
        "https://acme.openai.azure.com/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21"
    )
    assert azure.endpoint("models") == "https://acme.openai.azure.com/openai/models?api-version=2024-10-21"
    assert azure.request_headers() == {"api-key": "0" * 32}


def test_the_newer_address_of_azure_needs_neither():
    environment = {"AI_BASE_URL": "https://acme.openai.azure.com/openai/v1", "AI_API_KEY": "0" * 32, "AI_MODEL": "d"}
    (azure,) = load(environment).usable
    assert azure.endpoint("chat/completions", "d") == "https://acme.openai.azure.com/openai/v1/chat/completions"


def test_the_version_of_azure_can_be_chosen():
    for environment in (
        {"AI_AZURE_API_VERSION": "2025-01-01-preview", "AI_AZURE_URL": "https://acme.openai.azure.com"},
        {
            "AI_AZURE_URL": "https://acme.openai.azure.com/openai/deployments/d/chat/completions?api-version=2025-01-01-preview"
        },
    ):
        (azure,) = load({**environment, "AI_AZURE_KEY": "0" * 32, "AI_AZURE_SMART": "d"}).usable
        assert azure.endpoint("chat/completions", "d").endswith(
            "/deployments/d/chat/completions?api-version=2025-01-01-preview"
        )


# --- Keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (f"Bearer {CANARY}", "key_with_bearer"),
        (f"bearer\t{CANARY}", "control_characters"),
        ("sk-***", "key_masked"),
        ("sk-…canary", "key_masked"),
        (f"{CANARY} {CANARY}", "key_characters"),
        (f"{CANARY}\n{CANARY}", "control_characters"),
        (f"{CANARY}\0", "control_characters"),
        (f"{CANARY}é", "key_characters"),
        (CANARY * 5000, "key_too_long"),
        ("\udcff\udcfe", "not_utf8"),
    ],
)
@pytest.mark.parametrize(
    "variable", ["AI_GROQ_KEY", "AI_API_KEY", "OPENAI_COMPAT_API_KEY", "OPENAI_API_KEY", "GROQ_API_KEY"]
)
def test_a_key_that_cannot_be_one_is_refused_by_name_and_never_shown(variable: str, key: str, code: str):
    found = load({variable: key})
    assert found.providers == ()
    assert (variable, code) in [(p.variable, p.code) for p in found.errors]
    assert "canary" not in repr(found)
    assert "canary" not in str(found)


def test_an_unusual_key_is_warned_of_and_used():
    found = load({"AI_OPENAI_KEY": "my-proxy-token-1234"})
    assert ("AI_OPENAI_KEY", "key_format") in codes({"AI_OPENAI_KEY": "my-proxy-token-1234"}, "warning")
    assert found.usable[0].key == "my-proxy-token-1234"


@pytest.mark.parametrize("blank", ["", "   ", "\n", '""', "''", "\ufeff"])
def test_a_blank_key_is_no_key(blank: str):
    assert codes({"AI_OPENAI_KEY": blank, "AI_OPENAI_SMART": "m"}) == [("AI_OPENAI_KEY", "key_missing")]
    assert load({"AI_API_KEY": blank}).configured is False


def test_a_blank_key_sends_no_credential_to_a_server_of_ones_own():
    (own,) = load({"AI_API_KEY": "", "AI_BASE_URL": "http://localhost:8000", "AI_MODEL": "m"}).usable
    assert own.request_headers() == {}


def test_a_blank_key_with_openai_is_a_configuration_error():
    for environment in (
        {"AI_BASE_URL": "https://api.openai.com/v1"},
        {"AI_OPENAI_SMART": "gpt-4.1"},
        {"AI_MODEL": "gpt-4o"},
        {"OPENAI_COMPAT_BASE_URL": "https://api.openai.com/v1"},
    ):
        found = load(environment)
        assert found.providers == ()
        assert [problem.code for problem in found.errors] == ["key_missing"]


def test_the_key_is_sent_as_bearer_in_a_header_of_its_own_or_not_at_all():
    base = {"AI_X_URL": "http://localhost:1", "AI_X_KEY": CANARY, "AI_X_SMART": "m"}
    assert load(base).usable[0].request_headers() == {"Authorization": f"Bearer {CANARY}"}
    assert load({**base, "AI_X_AUTH": "header:X-Api-Key"}).usable[0].request_headers() == {"X-Api-Key": CANARY}
    assert load({**base, "AI_X_AUTH": "none"}).usable[0].request_headers() == {}


@pytest.mark.parametrize(
    "style", ["basic", "header:", "header:Host", "header:Content-Length", "header:a b", "header:a\u00e9"]
)
def test_a_way_to_send_a_key_that_does_not_exist_is_refused(style: str):
    assert ("AI_X_AUTH", "auth_invalid") in codes({"AI_X_URL": "http://localhost:1", "AI_X_SMART": "m", "AI_X_AUTH": style})


def test_no_representation_of_a_provider_shows_its_key():
    (provider,) = load({"AI_X_URL": "http://localhost:1", "AI_X_KEY": CANARY, "AI_X_SMART": "m"}).usable
    assert "canary" not in repr(provider) + str(provider) + f"{provider}"
    assert provider.masked_key == "…1d2c"
    assert configuration.mask("short") == "…"


def test_a_platforms_key_goes_to_that_platform_only():
    elsewhere = {"GROQ_API_KEY": "gsk_0123456789", "AI_GROQ_URL": "http://localhost:9", "AI_GROQ_SMART": "m"}
    assert load(elsewhere).usable[0].key == ""
    home = {"GROQ_API_KEY": "gsk_0123456789", "AI_GROQ_SMART": "m"}
    assert [(p.base_url, p.key) for p in load(home).usable] == [("https://api.groq.com/openai/v1", "gsk_0123456789")]


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
