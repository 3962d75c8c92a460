"""What the OpenAI-compatible gateway promises: OPENAI_COMPAT_* as aliases, with their own defaults."""

from __future__ import annotations

import pytest

from assistant.providers import router
from assistant.providers.configuration import load

from .environments import from_container, from_dotenv

readers = pytest.mark.parametrize("read", [from_dotenv, from_container])

SETUP = """
# Required
OPENAI_COMPAT_API_KEY=sk-your-key-here

# Optional — defaults shown
OPENAI_COMPAT_BASE_URL=https://api.openai.com/v1
OPENAI_COMPAT_MODEL=gpt-4o-mini
OPENAI_COMPAT_MAX_TOKENS=1024
"""
GROQ = """
OPENAI_COMPAT_API_KEY=gsk_your-groq-key
OPENAI_COMPAT_BASE_URL=https://api.groq.com/openai/v1
OPENAI_COMPAT_MODEL=llama-3.3-70b-versatile
"""
OLLAMA = """
OPENAI_COMPAT_API_KEY=ollama          # Ollama doesn't check this, but it must be set
OPENAI_COMPAT_BASE_URL=http://localhost:11434/v1
OPENAI_COMPAT_MODEL=llama3.2
"""
VLLM = """
OPENAI_COMPAT_API_KEY=token           # Your vLLM auth token (or dummy if no auth)
OPENAI_COMPAT_BASE_URL=http://localhost:8000/v1
OPENAI_COMPAT_MODEL=meta-llama/Llama-3.1-8B-Instruct
"""


@readers
@pytest.mark.parametrize(
    ("block", "base_url", "key", "model"),
    [
        (SETUP, "https://api.openai.com/v1", "sk-your-key-here", "gpt-4o-mini"),
        (GROQ, "https://api.groq.com/openai/v1", "gsk_your-groq-key", "llama-3.3-70b-versatile"),
        (OLLAMA, "http://localhost:11434/v1", "ollama", "llama3.2"),
        (VLLM, "http://localhost:8000/v1", "token", "meta-llama/Llama-3.1-8B-Instruct"),
    ],
    ids=["setup", "groq", "ollama", "vllm"],
)
def test_each_sample_loads_verbatim(read, block: str, base_url: str, key: str, model: str):
    found = load(read(block))
    assert found.errors == ()
    (provider,) = found.usable
    assert (provider.base_url, provider.key, provider.smart, provider.fast) == (base_url, key, model, model)


def test_the_defaults_are_openai_and_gpt_4o_mini():
    (provider,) = load({"OPENAI_COMPAT_API_KEY": "sk-0123456789"}).usable
    assert (provider.base_url, provider.smart) == ("https://api.openai.com/v1", "gpt-4o-mini")


def test_max_tokens_is_read_and_otherwise_1024_unless_the_assistant_says():
    (provider,) = load({"OPENAI_COMPAT_API_KEY": "sk-0123456789", "OPENAI_COMPAT_MAX_TOKENS": "512"}).usable
    assert provider.max_output_tokens == 512
    (provider,) = load({"OPENAI_COMPAT_API_KEY": "sk-0123456789"}).usable
    assert provider.max_output_tokens is None
    assert router.MAX_OUTPUT_TOKENS == 1024


@pytest.mark.parametrize("text", ["many", "-1", "0", "1e3", "10.5"])
def test_max_tokens_that_is_no_number_is_a_problem_and_not_a_crash(text: str):
    found = load({"OPENAI_COMPAT_API_KEY": "sk-0123456789", "OPENAI_COMPAT_MAX_TOKENS": text})
    assert found.providers == ()
    assert [(p.variable, p.code) for p in found.errors] == [("OPENAI_COMPAT_MAX_TOKENS", "number_invalid")]


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.openai.com/v1", "https://api.groq.com/openai/v1", "https://api.together.xyz/v1",
        "https://api.fireworks.ai/inference/v1", "https://openrouter.ai/api/v1", "http://localhost:8000/v1",
        "http://localhost:4000/v1", "http://localhost:11434/v1",
    ],
)  # fmt: skip
def test_the_base_url_of_each_supported_provider_survives_with_and_without_its_slash(base_url: str):
    for written in (base_url, base_url + "/"):
        environment = {"OPENAI_COMPAT_API_KEY": "k0123456789", "OPENAI_COMPAT_BASE_URL": written, "OPENAI_COMPAT_MODEL": "m"}
        (provider,) = load(environment).usable
        assert provider.endpoint("chat/completions") == f"{base_url}/chat/completions"
