"""What the SDK's provider document promises: platform keys under their usual names, presets for each, no list of models."""

from __future__ import annotations

import pytest

from assistant.providers import presets
from assistant.providers.configuration import load

from .environments import from_container, from_dotenv

KEYS = """
OPENAI_API_KEY=sk-...
ANTHROPIC_API_KEY=sk-ant-...
GOOGLE_AI_STUDIO_API_KEY=AIza...
CEREBRAS_API_KEY=csk-...
GROQ_API_KEY=gsk_...
TOGETHER_API_KEY=...
"""
HOSTS = {
    "anthropic": "api.anthropic.com", "cerebras": "api.cerebras.ai", "google": "generativelanguage.googleapis.com",
    "groq": "api.groq.com", "openai": "api.openai.com", "together": "api.together.xyz",
}  # fmt: skip


@pytest.mark.parametrize("read", [from_dotenv, from_container])
def test_the_six_platform_keys_load_verbatim_as_six_providers(read):
    found = load(read(KEYS))
    assert found.errors == ()
    assert {provider.name: presets.hostname(provider.base_url) for provider in found.usable} == HOSTS
    assert all(provider.smart and provider.fast for provider in found.usable)


def test_the_sample_keys_are_recognised_as_samples():
    assert {problem.code for problem in load(from_dotenv(KEYS)).problems} == {"key_placeholder", "model_assumed"}


def test_a_platform_provider_can_be_given_its_models_and_be_switched_off():
    environment = {"GROQ_API_KEY": "gsk_0123456789", "AI_GROQ_SMART": "a", "AI_GROQ_FAST": "b"}
    (provider,) = load(environment).usable
    assert (provider.smart, provider.fast, provider.key) == ("a", "b", "gsk_0123456789")
    assert load({**environment, "AI_GROQ_ENABLED": "false"}).usable == ()
    assert load({"GROQ_API_KEY": "gsk_0123456789", "AI_GROQ_ENABLED": "false"}).usable == ()


def test_a_model_is_free_text_and_its_provider_a_field_of_its_own():
    (provider,) = load({"TOGETHER_API_KEY": "0123456789", "AI_TOGETHER_SMART": "together/deepseek-ai/DeepSeek-V3"}).usable
    assert (provider.name, provider.smart) == ("together", "together/deepseek-ai/DeepSeek-V3")


@pytest.mark.parametrize(
    ("preset", "key"),
    [
        ("openai", "sk-" + "0" * 10),
        ("anthropic", "sk-ant-" + "0" * 10),
        ("google", "AIza" + "0" * 20),
        ("together", "0" * 10),
    ],
)
def test_the_documented_shapes_of_keys_are_hints(preset: str, key: str):
    assert presets.key_looks_right(preset, key)
    assert not presets.key_looks_right(preset, key[:-1])


def test_a_key_of_another_shape_is_used_all_the_same():
    found = load({"ANTHROPIC_API_KEY": "sk-0123456789"})
    assert [provider.key for provider in found.usable] == ["sk-0123456789"]
    assert ("ANTHROPIC_API_KEY", "key_format") in [(p.variable, p.code) for p in found.problems]


def test_a_provider_that_requires_a_key_says_so():
    (problem,) = load({"AI_ANTHROPIC_SMART": "claude"}).errors
    assert problem.variable == "AI_ANTHROPIC_KEY" and "needs a key" in problem.message
    assert "console.anthropic.com" in problem.hint
