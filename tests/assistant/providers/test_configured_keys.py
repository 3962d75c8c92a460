"""Keys of model servers in the environment."""

from __future__ import annotations

import pytest

from assistant.providers import configuration
from assistant.providers.configuration import load
from tests.assistant.providers.environment_problems import CANARY, codes


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
