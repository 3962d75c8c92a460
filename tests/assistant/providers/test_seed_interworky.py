"""What Interworky's own documents promise of its configuration: every variable, default and sample block."""

from __future__ import annotations

import pytest

from assistant.providers.configuration import ProviderSettings, load
from assistant.providers.presets import PRESETS

from .environments import from_container, from_dotenv

readers = pytest.mark.parametrize("read", [from_dotenv, from_container])

OPENAI = """
AI_API_KEY=sk-proj-your-key-here
# AI_BASE_URL is not needed — defaults to https://api.openai.com/v1
"""
OLLAMA = """
# Install: brew install ollama (macOS) or see https://ollama.com
# Pull a model: ollama pull llama3.1
# Start: ollama serve

AI_API_KEY=ollama
AI_BASE_URL=http://localhost:11434/v1
AI_MODEL=llama3.1
AI_FAST_MODEL=llama3.1
"""
LM_STUDIO = """
# Download from https://lmstudio.ai
# Load a model and start the local server

AI_API_KEY=lm-studio
AI_BASE_URL=http://localhost:1234/v1
AI_MODEL=your-loaded-model-name
AI_FAST_MODEL=your-loaded-model-name
"""
VLLM = """
# Start vLLM with OpenAI-compatible API:
# python -m vllm.entrypoints.openai.api_server --model meta-llama/Llama-3.1-8B-Instruct

AI_API_KEY=token-abc123
AI_BASE_URL=http://localhost:8000/v1
AI_MODEL=meta-llama/Llama-3.1-8B-Instruct
AI_FAST_MODEL=meta-llama/Llama-3.1-8B-Instruct
"""
TOGETHER = """
AI_API_KEY=your-together-api-key
AI_BASE_URL=https://api.together.xyz/v1
AI_MODEL=meta-llama/Llama-3.1-70B-Instruct-Turbo
AI_FAST_MODEL=meta-llama/Llama-3.1-8B-Instruct-Turbo
"""
OPENROUTER = """
AI_API_KEY=your-openrouter-key
AI_BASE_URL=https://openrouter.ai/api/v1
AI_MODEL=anthropic/claude-sonnet-4
AI_FAST_MODEL=anthropic/claude-haiku-4
"""


def only(environment: dict[str, str]) -> ProviderSettings:
    found = load(environment)
    assert found.errors == ()
    (provider,) = found.usable
    return provider


@readers
@pytest.mark.parametrize(
    ("block", "preset", "base_url", "key", "smart", "fast"),
    [
        (OPENAI, "openai", "https://api.openai.com/v1", "sk-proj-your-key-here", "gpt-4o", "gpt-4o-mini"),
        (OLLAMA, "ollama", "http://localhost:11434/v1", "ollama", "llama3.1", "llama3.1"),
        (
            LM_STUDIO,
            "lm-studio",
            "http://localhost:1234/v1",
            "lm-studio",
            "your-loaded-model-name",
            "your-loaded-model-name",
        ),
        (
            VLLM,
            "custom",
            "http://localhost:8000/v1",
            "token-abc123",
            "meta-llama/Llama-3.1-8B-Instruct",
            "meta-llama/Llama-3.1-8B-Instruct",
        ),
        (
            TOGETHER,
            "together",
            "https://api.together.xyz/v1",
            "your-together-api-key",
            "meta-llama/Llama-3.1-70B-Instruct-Turbo",
            "meta-llama/Llama-3.1-8B-Instruct-Turbo",
        ),
        (
            OPENROUTER,
            "openrouter",
            "https://openrouter.ai/api/v1",
            "your-openrouter-key",
            "anthropic/claude-sonnet-4",
            "anthropic/claude-haiku-4",
        ),
    ],
    ids=["openai", "ollama", "lm-studio", "vllm", "together", "openrouter"],
)
def test_the_sample_of_each_provider_loads_verbatim(read, block, preset, base_url, key, smart, fast):
    provider = only(read(block))
    assert (provider.preset, provider.base_url, provider.key, provider.smart, provider.fast) == (
        preset,
        base_url,
        key,
        smart,
        fast,
    )
    assert provider.request_headers() == {"Authorization": f"Bearer {key}"}
    assert provider.endpoint("chat/completions", smart) == f"{base_url}/chat/completions"


def test_ai_api_key_alone_is_enough_and_missing_it_stops_nothing():
    assert only({"AI_API_KEY": "sk-proj-0123456789"}).base_url == "https://api.openai.com/v1"
    assert load({}).errors == ()


def test_ai_base_url_has_one_meaning_with_and_without_v1_and_slash():
    written = ["http://127.0.0.1:9", "http://127.0.0.1:9/", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1/"]
    assert {only({"AI_BASE_URL": url, "AI_MODEL": "m"}).endpoint("chat/completions") for url in written} == {
        "http://127.0.0.1:9/v1/chat/completions"
    }


def test_ai_model_defaults_to_gpt_4o_and_ai_fast_model_to_gpt_4o_mini():
    for environment in ({"AI_API_KEY": "sk-0123456789"}, {"AI_BASE_URL": "http://127.0.0.1:9"}):
        provider = only(environment)
        assert (provider.smart, provider.fast) == ("gpt-4o", "gpt-4o-mini")


def test_ai_model_and_ai_fast_model_are_read():
    provider = only({"AI_API_KEY": "sk-0123456789", "AI_MODEL": "a", "AI_FAST_MODEL": "b"})
    assert (provider.smart, provider.fast) == ("a", "b")
    assert only({"AI_API_KEY": "sk-0123456789", "AI_MODEL": "a"}).fast == "gpt-4o-mini"


def test_ai_realtime_model_has_a_default_that_has_not_ended():
    assert only({"AI_API_KEY": "sk-0123456789"}).realtime == "gpt-realtime-2"
    named = {"AI_API_KEY": "sk-0123456789", "AI_REALTIME_MODEL": "gpt-realtime-2.1"}
    assert only(named).realtime == "gpt-realtime-2.1"


@pytest.mark.parametrize(("preset", "voice"), [("openai", True), ("ollama", False), ("lm-studio", False), ("vllm", False),
                                               ("together", False), ("openrouter", False), ("minimax", False)])  # fmt: skip
def test_voice_is_openais_alone_by_default(preset: str, voice: bool):
    assert bool(PRESETS[preset].realtime) == voice


def test_azure_has_its_own_header_and_asks_for_a_deployment():
    environment = {"AI_BASE_URL": "https://acme.openai.azure.com", "AI_API_KEY": "0" * 32, "AI_MODEL": "gpt-4"}
    provider = only(environment)
    assert provider.request_headers() == {"api-key": "0" * 32}
    assert "/openai/deployments/gpt-4/chat/completions?api-version=" in provider.endpoint("chat/completions", provider.smart)


def test_minimax_is_one_line():
    provider = only({"AI_MINIMAX_KEY": "0" * 20, "AI_MINIMAX_SMART": "MiniMax-M2"})
    assert (provider.preset, provider.base_url) == ("minimax", "https://api.minimax.io/v1")


def test_self_hosted_models_are_recommended():
    from assistant.providers.presets import MODEL_ADVICE

    for model in ("meta-llama/Llama-3.1-70B-Instruct", "Qwen/Qwen2.5-72B-Instruct", "Llama-3.1-8B-Instruct"):
        assert model in MODEL_ADVICE
