"""Addresses of model servers in the environment."""

from __future__ import annotations

import pytest

from assistant.providers.configuration import BadValue, load, normal_base_url
from tests.assistant.providers.environment_problems import CANARY, codes


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
