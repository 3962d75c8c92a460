"""What the custom-provider guide promises: any OpenAI-compatible server, by address, optional key and model id."""

from __future__ import annotations

import pytest

from assistant.providers.configuration import load


@pytest.mark.parametrize(
    ("name", "url", "key", "model", "base_url"),
    [
        ("VLLM_LOCAL", "http://localhost:8000", "", "meta-llama/Llama-2-7b-chat-hf", "http://localhost:8000/v1"),
        ("TGI_SERVER", "http://localhost:8080", "", "tgi", "http://localhost:8080/v1"),
        ("COMPANY_AI_GATEWAY", "https://ai-api.company.com/v1", "sk-company-key-xxxxx", "gpt-4-company", "https://ai-api.company.com/v1"),
        ("LOCALAI", "http://localhost:8080/v1", "", "gpt-3.5-turbo", "http://localhost:8080/v1"),
    ],
)  # fmt: skip
def test_each_of_the_four_examples_loads(name: str, url: str, key: str, model: str, base_url: str):
    found = load({f"AI_{name}_URL": url, f"AI_{name}_KEY": key, f"AI_{name}_SMART": model})
    assert found.errors == ()
    (provider,) = found.usable
    assert (provider.base_url, provider.key, provider.smart, provider.fast) == (base_url, key, model, model)


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://localhost:8000/v1", "http://localhost:8000/v1/"])
def test_the_three_forms_of_an_address_are_one(url: str):
    (provider,) = load({"AI_BASE_URL": url, "AI_MODEL": "m"}).usable
    assert provider.endpoint("chat/completions") == "http://localhost:8000/v1/chat/completions"


def test_an_address_without_protocol_is_told_that_it_needs_one():
    (problem,) = load({"AI_BASE_URL": "localhost:8000", "AI_MODEL": "m"}).errors
    assert "http:// or https://" in problem.message


def test_the_api_key_is_optional_and_then_no_credential_is_sent():
    (provider,) = load({"AI_BASE_URL": "http://localhost:8000", "AI_MODEL": "m"}).usable
    assert provider.request_headers() == {}


def test_a_key_can_travel_in_a_header_of_the_servers_own():
    environment = {
        "AI_CORP_URL": "https://llm.example/v1",
        "AI_CORP_KEY": "k0123456789",
        "AI_CORP_SMART": "m",
        "AI_CORP_AUTH": "header:X-Api-Key",
    }
    assert load(environment).usable[0].request_headers() == {"X-Api-Key": "k0123456789"}


def test_many_custom_providers_are_active_at_once():
    environment = {f"AI_{name}_{field}": text for name in ("ONE", "TWO", "THREE")
                   for field, text in {"URL": f"http://{name.lower()}.internal:8000", "SMART": "m"}.items()}  # fmt: skip
    assert [provider.name for provider in load(environment).usable] == ["one", "three", "two"]


def test_plain_http_is_for_ones_own_machines():
    assert [p.code for p in load({"AI_BASE_URL": "http://example.com", "AI_MODEL": "m"}).problems] == ["url_plaintext"]
    assert load({"AI_BASE_URL": "http://localhost:8000", "AI_MODEL": "m"}).problems == ()


def test_no_model_name_is_filtered():
    for model in ("tgi", "My Own Finetune v2", "org/model:tag@rev", "模型"):
        assert load({"AI_BASE_URL": "http://localhost:8000", "AI_MODEL": model}).usable[0].smart == model
