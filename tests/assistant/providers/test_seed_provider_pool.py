"""What the provider-system guide promises: a pool by naming convention, rotation, and four set-ups to paste."""

from __future__ import annotations

import pytest

from assistant.providers.configuration import Configuration, load

from .environments import from_container, from_dotenv

readers = pytest.mark.parametrize("read", [from_dotenv, from_container])

SUPPORTED = """
AI_OPENAI_URL=""                # Optional, defaults to https://api.openai.com/v1
AI_OPENAI_KEY="sk-proj-xxx"
AI_OPENAI_SMART="gpt-4.1"
AI_OPENAI_FAST="gpt-4o-mini"
AI_OPENAI_ENABLED="true"
AI_OPENROUTER_URL="https://openrouter.ai/api/v1"
AI_OPENROUTER_KEY="sk-or-v1-xxx"
AI_OPENROUTER_SMART="anthropic/claude-3.5-sonnet"
AI_OPENROUTER_FAST="anthropic/claude-3-haiku"
AI_OPENROUTER_ENABLED="true"
AI_AZURE_URL="https://mycompany.openai.azure.com"
AI_AZURE_KEY="azure-key-xxx"
AI_AZURE_SMART="gpt-4"
AI_AZURE_FAST="gpt-35-turbo"
AI_AZURE_ENABLED="true"
AI_GROQ_URL="https://api.groq.com/openai/v1"
AI_GROQ_KEY="gsk-xxx"
AI_GROQ_SMART="mixtral-8x7b-32768"
AI_GROQ_FAST="llama3-8b-8192"
AI_GROQ_ENABLED="true"
AI_TOGETHER_URL="https://api.together.xyz/v1"
AI_TOGETHER_KEY="xxx"
AI_TOGETHER_SMART="mistralai/Mixtral-8x22B-Instruct-v0.1"
AI_TOGETHER_FAST="meta-llama/Llama-3-8b-chat-hf"
AI_TOGETHER_ENABLED="true"
AI_CUSTOM_URL="https://my-llm-server.com/v1"
AI_CUSTOM_KEY="custom-key"
AI_CUSTOM_SMART="my-large-model"
AI_CUSTOM_FAST="my-small-model"
AI_CUSTOM_ENABLED="true"
"""
GLOBAL = """
AI_ROTATION="round-robin"        # Rotation strategy
AI_RETRY_FAILED="true"          # Retry with next provider on failure
AI_MAX_RETRIES="3"              # Maximum retries across providers
"""
COST_OPTIMIZED = """
# Use OpenRouter for complex tasks (cheaper Claude)
AI_OPENROUTER_URL="https://openrouter.ai/api/v1"
AI_OPENROUTER_KEY="sk-or-v1-xxx"
AI_OPENROUTER_SMART="anthropic/claude-3.5-sonnet"
AI_OPENROUTER_FAST="anthropic/claude-3-haiku"
AI_OPENROUTER_ENABLED="true"

# Use OpenAI for image generation (DALL-E)
AI_OPENAI_KEY="sk-proj-xxx"
AI_OPENAI_SMART="gpt-4.1"
AI_OPENAI_FAST="gpt-4o-mini"
AI_OPENAI_ENABLED="true"

# Use Groq for fast inference
AI_GROQ_URL="https://api.groq.com/openai/v1"
AI_GROQ_KEY="gsk-xxx"
AI_GROQ_SMART="mixtral-8x7b-32768"
AI_GROQ_FAST="llama3-8b-8192"
AI_GROQ_ENABLED="true"
"""
HIGH_AVAILABILITY = """
# Primary OpenAI
AI_OPENAI_KEY="sk-proj-primary"
AI_OPENAI_WEIGHT="3"
AI_OPENAI_ENABLED="true"

# Backup OpenRouter
AI_OPENROUTER_URL="https://openrouter.ai/api/v1"
AI_OPENROUTER_KEY="sk-or-v1-backup"
AI_OPENROUTER_WEIGHT="1"
AI_OPENROUTER_ENABLED="true"

# Failover strategy
AI_ROTATION="failover"
AI_RETRY_FAILED="true"
AI_MAX_RETRIES="3"
"""
MULTI_ACCOUNT = """
# OpenRouter Account 1
AI_OPENROUTER1_URL="https://openrouter.ai/api/v1"
AI_OPENROUTER1_KEY="sk-or-v1-account1"
AI_OPENROUTER1_SMART="anthropic/claude-3.5-sonnet"
AI_OPENROUTER1_FAST="anthropic/claude-3-haiku"
AI_OPENROUTER1_ENABLED="true"

# OpenRouter Account 2
AI_OPENROUTER2_URL="https://openrouter.ai/api/v1"
AI_OPENROUTER2_KEY="sk-or-v1-account2"
AI_OPENROUTER2_SMART="anthropic/claude-3.5-sonnet"
AI_OPENROUTER2_FAST="anthropic/claude-3-haiku"
AI_OPENROUTER2_ENABLED="true"

# Round-robin between accounts
AI_ROTATION="round-robin"
"""
DEVELOPMENT = """
# Production provider
AI_OPENAI_KEY="sk-proj-production"
AI_OPENAI_ENABLED="true"

# Test provider (disabled by default)
AI_EXPERIMENTAL_URL="https://new-provider.com/v1"
AI_EXPERIMENTAL_KEY="test-key"
AI_EXPERIMENTAL_SMART="new-model-large"
AI_EXPERIMENTAL_FAST="new-model-small"
AI_EXPERIMENTAL_ENABLED="false"  # Enable when ready to test
"""
LEGACY = """
# Legacy config (still works)
OPENAI_API_KEY="sk-proj-xxx"
OPENAI_BASE_URL="https://api.openai.com/v1"
SMART_LLM="gpt-4.1"
FAST_LLM="gpt-4o-mini"
"""
MIGRATED = """
AI_OPENAI_URL="https://api.openai.com/v1"
AI_OPENAI_KEY="sk-proj-xxx"
AI_OPENAI_SMART="gpt-4.1"
AI_OPENAI_FAST="gpt-4o-mini"
AI_OPENAI_ENABLED="true"
"""
ADDED = """
# Keep existing OpenAI
AI_OPENAI_KEY="sk-proj-xxx"

# Add OpenRouter
AI_OPENROUTER_URL="https://openrouter.ai/api/v1"
AI_OPENROUTER_KEY="sk-or-v1-xxx"
AI_OPENROUTER_SMART="anthropic/claude-3.5-sonnet"
AI_OPENROUTER_FAST="anthropic/claude-3-haiku"
AI_OPENROUTER_ENABLED="true"
"""


def loaded(environment: dict[str, str]) -> Configuration:
    found = load(environment)
    assert found.errors == ()
    return found


@readers
def test_every_supported_provider_loads_verbatim_and_together(read):
    found = loaded(read(SUPPORTED))
    assert {p.name: (p.base_url, p.key, p.smart, p.fast) for p in found.usable} == {
        "openai": ("https://api.openai.com/v1", "sk-proj-xxx", "gpt-4.1", "gpt-4o-mini"),
        "openrouter": (
            "https://openrouter.ai/api/v1",
            "sk-or-v1-xxx",
            "anthropic/claude-3.5-sonnet",
            "anthropic/claude-3-haiku",
        ),
        "azure": ("https://mycompany.openai.azure.com/openai", "azure-key-xxx", "gpt-4", "gpt-35-turbo"),
        "groq": ("https://api.groq.com/openai/v1", "gsk-xxx", "mixtral-8x7b-32768", "llama3-8b-8192"),
        "together": (
            "https://api.together.xyz/v1",
            "xxx",
            "mistralai/Mixtral-8x22B-Instruct-v0.1",
            "meta-llama/Llama-3-8b-chat-hf",
        ),
        "custom": ("https://my-llm-server.com/v1", "custom-key", "my-large-model", "my-small-model"),
    }


@readers
def test_the_global_settings_load_verbatim_and_are_the_defaults(read):
    for found in (loaded(read(GLOBAL)), loaded({})):
        assert (found.rotation, found.retry_failed, found.max_retries) == ("round-robin", True, 3)


@readers
def test_the_cost_optimized_set_up_loads_verbatim(read):
    assert [provider.name for provider in loaded(read(COST_OPTIMIZED)).usable] == ["groq", "openai", "openrouter"]


@readers
def test_the_high_availability_set_up_loads_verbatim_without_models(read):
    found = loaded(read(HIGH_AVAILABILITY))
    assert {provider.name: provider.weight for provider in found.usable} == {"openai": 3, "openrouter": 1}
    assert all(provider.smart and provider.fast for provider in found.usable)
    assert (found.rotation, found.retry_failed, found.max_retries) == ("failover", True, 3)


@readers
def test_the_multi_account_set_up_loads_verbatim_as_two_providers(read):
    found = loaded(read(MULTI_ACCOUNT))
    assert [(p.name, p.preset, p.key) for p in found.usable] == [
        ("openrouter1", "openrouter", "sk-or-v1-account1"),
        ("openrouter2", "openrouter", "sk-or-v1-account2"),
    ]


@readers
def test_the_development_set_up_loads_verbatim_with_its_test_provider_off(read):
    found = loaded(read(DEVELOPMENT))
    assert [provider.name for provider in found.usable] == ["openai"]
    assert [provider.name for provider in found.providers] == ["experimental", "openai"]


@readers
def test_legacy_settings_load_verbatim_as_the_provider_openai(read):
    (legacy,) = loaded(read(LEGACY)).usable
    (migrated,) = loaded(read(MIGRATED)).usable
    assert legacy.name == "openai"
    for field in ("name", "base_url", "key", "smart", "fast", "preset"):
        assert getattr(legacy, field) == getattr(migrated, field)


def test_legacy_settings_have_defaults_and_give_way_to_ai_openai_key():
    (legacy,) = loaded({"OPENAI_API_KEY": "sk-old0123456789"}).usable
    assert (legacy.smart, legacy.fast) == ("gpt-4.1", "gpt-4o-mini")
    (new,) = load({"OPENAI_API_KEY": "sk-old0123456789", "AI_OPENAI_KEY": "sk-new0123456789"}).usable
    assert new.key == "sk-new0123456789"


@readers
def test_a_provider_is_added_by_variables_alone(read):
    assert [provider.name for provider in loaded(read(ADDED)).usable] == ["openai", "openrouter"]


@pytest.mark.parametrize(
    ("name", "url"),
    [("OPENAI", "https://api.openai.com/v1"), ("OPENROUTER", "https://openrouter.ai/api/v1"),
     ("GROQ", "https://api.groq.com/openai/v1"), ("TOGETHER", "https://api.together.xyz/v1")],
)  # fmt: skip
def test_the_url_of_a_known_provider_is_optional(name: str, url: str):
    assert loaded({f"AI_{name}_KEY": "k0123456789"}).usable[0].base_url == url


@pytest.mark.parametrize("name", ["CUSTOM", "ACME", "AZURE"])
def test_an_unknown_address_is_never_guessed(name: str):
    found = load({f"AI_{name}_KEY": "k0123456789", f"AI_{name}_SMART": "m"})
    assert found.providers == ()
    assert [(p.variable, p.code) for p in found.errors] == [(f"AI_{name}_URL", "url_missing")]


def test_a_key_of_white_space_is_no_key():
    assert load({"AI_GROQ_KEY": "  \t "}).providers == ()


def test_weight_defaults_to_one_and_enabled_to_true():
    (provider,) = loaded({"AI_GROQ_KEY": "gsk_0123456789"}).usable
    assert (provider.weight, provider.enabled) == (1, True)


@pytest.mark.parametrize("rotation", ["round-robin", "random", "weighted", "failover"])
def test_each_rotation_is_accepted(rotation: str):
    assert loaded({"AI_ROTATION": rotation}).rotation == rotation


def test_an_invalid_rotation_falls_back_to_round_robin_with_a_warning():
    found = load({"AI_ROTATION": "bogus"})
    assert found.rotation == "round-robin" and [p.level for p in found.problems] == ["warning"]


def test_retrying_can_be_switched_off():
    assert loaded({"AI_RETRY_FAILED": "false"}).retry_failed is False
    assert loaded({"AI_MAX_RETRIES": "0"}).max_retries == 0
