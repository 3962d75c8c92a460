"""The table of presets: what each row promises, and how addresses, names and keys are matched to rows."""

from __future__ import annotations

import time

import pytest

from assistant.providers import presets
from assistant.providers.configuration import clean_auth, load, normal_base_url
from assistant.providers.presets import PRESETS, Preset, by_name, by_url
from assistant.services.providers.prices import LIST_PRICES

NAMED = [
    "openai",
    "azure",
    "openrouter",
    "groq",
    "together",
    "fireworks",
    "cerebras",
    "anthropic",
    "google",
    "minimax",
    "deepseek",
    "mistral",
    "xai",
    "ollama",
    "lm-studio",
    "vllm",
    "tgi",
    "localai",
    "fastchat",
    "jan",
    "anythingllm",
    "litellm",
    "custom",
]


def test_every_provider_that_is_promised_has_its_row():
    assert list(PRESETS) == NAMED


@pytest.mark.parametrize("key", PRESETS)
def test_a_row_is_ready_to_use(key: str):
    row = PRESETS[key]
    assert row.label
    assert row.base_url == "" or normal_base_url(row.base_url) == row.base_url
    assert clean_auth(row.auth) == row.auth
    assert not row.key_required or row.key_from, "where does one get a key?"
    assert bool(row.smart) == bool(row.fast)
    assert not row.key_pattern or row.key_required


@pytest.mark.parametrize("key", [key for key, row in PRESETS.items() if row.smart and row.hosts])
def test_a_model_that_is_assumed_says_where_it_was_looked_up_and_what_it_costs(key: str):
    row = PRESETS[key]
    assert row.models_at.startswith("https://")
    for model in {row.smart, row.fast} - {"mistral-small-latest"}:  # whose price is not known
        assert any(model.rpartition("/")[2].startswith(name) for name in LIST_PRICES), model


@pytest.mark.parametrize("key", [key for key, row in PRESETS.items() if row.base_url and row.hosts])
def test_a_hosted_provider_is_known_by_its_address(key: str):
    assert presets.by_url(PRESETS[key].base_url) == key


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("openrouter1", "openrouter"),
        ("OPENROUTER_2", "openrouter"),
        ("azure-openai", "azure"),
        ("GEMINI", "google"),
        ("LM_STUDIO", "lm-studio"),
        ("lmstudio", "lm-studio"),
        ("claude", "anthropic"),
        ("experimental", "custom"),
        ("", "custom"),
    ],
)
def test_a_name_stands_for_a_preset(name: str, preset: str):
    assert presets.by_name(name) == preset


@pytest.mark.parametrize(
    ("url", "preset"),
    [
        ("http://localhost:11434/v1", "ollama"),
        ("http://127.0.0.1:1234/v1", "lm-studio"),
        ("http://localhost:4000/v1", "litellm"),
        ("http://localhost:8000/v1", "custom"),  # vLLM, FastChat, anything
        ("https://ollama.example.com:11434/v1", "custom"),
        ("https://acme.openai.azure.com/openai", "azure"),
        ("https://acme.openai.azure.com.evil.example/v1", "custom"),
        ("https://api.groq.com.evil.example/openai/v1", "custom"),
        ("http://[", "custom"),
    ],
)
def test_an_address_stands_for_a_preset(url: str, preset: str):
    assert presets.by_url(url) == preset


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com", "https://api.openai.com/v1", "https://api.openai.com/v1/", "https://API.OPENAI.COM/v1",
        "https://api.openai.com:443/v1", "https://api.openai.com./v1",
    ],
)  # fmt: skip
def test_openai_is_known_by_its_host(url: str):
    assert presets.is_openai(url)


@pytest.mark.parametrize(
    "url",
    [
        "", "https://api.openai.com.evil.example/v1", "https://evil.example/api.openai.com/v1", "https://xapi.openai.com/v1",
        "https://api.openai.com@evil.example/v1", "https://api-openai.com/v1", "https://evil.example?api.openai.com",
        "http://localhost:11434/v1", "https://acme.openai.azure.com/openai", "https://api.оpenai.com/v1", "api.openai.com",
    ],
)  # fmt: skip
def test_a_look_alike_is_not_openai(url: str):
    assert not presets.is_openai(url)


@pytest.mark.parametrize(
    ("preset", "right", "wrong"),
    [
        ("openai", "sk-proj-0123456789", "gsk_0123456789"),
        ("anthropic", "sk-ant-0123456789", "sk-0123456789"),
        ("google", "AIza" + "0" * 30, "AIza0"),
        ("groq", "gsk_0123456789", "gsk-xxx"),
        ("together", "0123456789", "short"),
        ("custom", "", None),
    ],
)
def test_a_key_of_another_provider_looks_wrong(preset: str, right: str, wrong: str | None):
    assert presets.key_looks_right(preset, right)
    assert wrong is None or not presets.key_looks_right(preset, wrong)


def test_looking_at_a_key_takes_linear_time():
    started = time.perf_counter()
    for key in PRESETS:
        presets.key_looks_right(key, "sk-" + "-" * 1_000_000)
    assert time.perf_counter() - started < 5


def test_a_new_preset_needs_its_row_alone_to_be_known_by_name_and_by_host(monkeypatch):
    row = Preset("Acme", "https://llm.acme.test/v1", smart="acme-large", fast="acme-small", hosts=("llm.acme.test",))
    monkeypatch.setitem(PRESETS, "acme", row)
    found = load({"AI_ACME_KEY": "k-0123456789"})
    (provider,) = found.usable
    assert (provider.base_url, provider.smart, provider.fast) == ("https://llm.acme.test/v1", "acme-large", "acme-small")
    assert by_name("ACME2") == "acme" and by_url("https://llm.acme.test/v1/") == "acme"
