"""Presets of providers, one row each: what their addresses, keys and models usually look like.

A preset fills in and hints; it never decides. What a server can do is measured (`probe`), a key's shape is a
warning and never a veto, and a name that is not in the table is simply "custom".

The models were looked up in 2026-11 (`MODELS_AS_OF`), each at its row's `models_at`. They are the ones that answer a
visitor soonest and call tools over Chat Completions, which is not always the newest:

- OpenAI's GPT-5.6 and GPT-6 refuse tools there unless `reasoning_effort` is "none"; GPT-5.4 does not, and GPT-4.1 and
  GPT-4o end on 2027-01-14.
- Claude Sonnet 4.6 and Haiku 4.5 are called legacy, and have no date of retirement; 5.5 thinks before it speaks.
- Gemini 3.8 Flash is the one that Google names for 2.5 Pro; Groq and Cerebras have kept gpt-oss.

Not verified at the source: whether Together still serves gpt-oss without a dedicated endpoint, and what Mistral's
`-latest` names stand for today. Fireworks, MiniMax and Azure name no model that could be assumed.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import urlsplit

MODELS_AS_OF = date(2026, 11, 26)
AZURE_API_VERSION = "2024-10-21"
# What OpenAI recommends instead of gpt-4o-realtime-preview, which ended on 2026-05-07, and of gpt-realtime, which ends on
# 2027-01-20 (https://developers.openai.com/api/docs/deprecations, 2026-11-26).
OPENAI_REALTIME = "gpt-realtime-2"


@dataclass(frozen=True)
class Preset:
    """One provider. Empty strings mean: not known, must be given."""

    label: str
    base_url: str = ""
    auth: str = "bearer"  # bearer · header:<name> · none
    key_required: bool = True
    key_pattern: str = ""  # only ever a warning
    key_example: str = ""
    key_from: str = ""  # where to get a key, for people
    smart: str = ""
    fast: str = ""
    models_at: str = ""  # where the provider lists its models
    realtime: str = ""  # the default voice model; empty: no voice
    api_version: str = ""  # sent as ?api-version=
    hosts: tuple[str, ...] = ()  # hostnames that are this provider; a leading dot matches subdomains
    port: int | None = None  # where it listens on a local machine, if no other server uses that port
    limits: str = ""
    help: str = ""


PRESETS: dict[str, Preset] = {
    "openai": Preset(
        "OpenAI", "https://api.openai.com/v1", key_pattern=r"^sk-.{10,}$", key_example="sk-proj-…",
        key_from="https://platform.openai.com/api-keys", smart="gpt-5.4", fast="gpt-5.4-mini",
        models_at="https://developers.openai.com/api/docs/models",
        realtime=OPENAI_REALTIME, hosts=("api.openai.com",),
        help="Text, tools and voice. Only the key is needed.",
    ),
    "azure": Preset(
        "Azure OpenAI", auth="header:api-key", key_example="32 or more letters and digits",
        key_from="Azure portal → your resource → Keys and Endpoint", api_version=AZURE_API_VERSION,
        hosts=(".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"),
        limits="Voice needs a realtime deployment and AI_REALTIME_AZURE=true.",
        help="The address is https://<resource>.openai.azure.com; as models, enter the names of your deployments.",
    ),
    "openrouter": Preset(
        "OpenRouter", "https://openrouter.ai/api/v1", key_pattern=r"^sk-or-.{10,}$", key_example="sk-or-v1-…",
        key_from="https://openrouter.ai/keys", smart="anthropic/claude-sonnet-4.6", fast="anthropic/claude-haiku-4.5",
        models_at="https://openrouter.ai/models",
        hosts=("openrouter.ai",), limits="No voice.",
        help="Model names start with their maker, for example anthropic/claude-sonnet-4.6. Billed by use.",
    ),
    "groq": Preset(
        "Groq", "https://api.groq.com/openai/v1", key_pattern=r"^gsk_.{10,}$", key_example="gsk_…",
        key_from="https://console.groq.com/keys", smart="openai/gpt-oss-120b", fast="openai/gpt-oss-20b",
        models_at="https://console.groq.com/docs/models",
        hosts=("api.groq.com",), limits="No voice; only a few models, which change often.",
        help="Very fast: a good choice for the fast model and for many short requests.",
    ),
    "together": Preset(
        "Together AI", "https://api.together.xyz/v1", key_pattern=r"^.{10,}$", key_example="…",
        key_from="https://api.together.ai/settings/api-keys", smart="openai/gpt-oss-120b", fast="openai/gpt-oss-20b",
        models_at="https://docs.together.ai/docs/serverless-models",
        hosts=("api.together.xyz", "api.together.ai"), limits="No voice; some models cannot call tools.",
        help="Open models: DeepSeek, Llama, Mixtral, Qwen and others.",
    ),
    "fireworks": Preset(
        "Fireworks", "https://api.fireworks.ai/inference/v1", key_pattern=r"^fw_.{10,}$", key_example="fw_…",
        key_from="https://app.fireworks.ai/settings/users/api-keys", hosts=("api.fireworks.ai",), limits="No voice.",
        help="Model names have the form accounts/fireworks/models/…",
    ),
    "cerebras": Preset(
        "Cerebras", "https://api.cerebras.ai/v1", key_pattern=r"^csk-.{10,}$", key_example="csk-…",
        key_from="https://cloud.cerebras.ai", smart="gpt-oss-120b", fast="gpt-oss-120b", hosts=("api.cerebras.ai",),
        models_at="https://inference-docs.cerebras.ai/models/overview",
        limits="No voice; only a few models, which change often.", help="Very fast.",
    ),
    "anthropic": Preset(
        "Anthropic", "https://api.anthropic.com/v1", key_pattern=r"^sk-ant-.{10,}$", key_example="sk-ant-…",
        key_from="https://console.anthropic.com/settings/keys", smart="claude-sonnet-4-6", fast="claude-haiku-4-5",
        models_at="https://platform.claude.com/docs/en/about-claude/models/overview",
        hosts=("api.anthropic.com",), limits="No voice; its OpenAI-compatible endpoint ignores strict schemas.",
        help="Through Anthropic's OpenAI-compatible endpoint.",
    ),
    "google": Preset(
        "Google AI Studio", "https://generativelanguage.googleapis.com/v1beta/openai", key_pattern=r"^AIza.{20,}$",
        key_example="AIza…", key_from="https://aistudio.google.com/apikey", smart="gemini-3.8-flash",
        models_at="https://ai.google.dev/gemini-api/docs/models",
        fast="gemini-3.5-flash-lite", hosts=("generativelanguage.googleapis.com",), limits="No voice.",
        help="Gemini through Google's OpenAI-compatible endpoint.",
    ),
    "minimax": Preset(
        "MiniMax", "https://api.minimax.io/v1", key_pattern=r"^.{10,}$", key_from="https://platform.minimax.io",
        hosts=("api.minimax.io", "api.minimaxi.com", "api.minimax.chat"),
        limits="No voice; only some models can call tools. Their thinking is hidden from visitors.",
    ),
    "deepseek": Preset(
        "DeepSeek", "https://api.deepseek.com/v1", key_pattern=r"^sk-.{10,}$", key_example="sk-…",
        key_from="https://platform.deepseek.com/api_keys", smart="deepseek-flash", fast="deepseek-flash",
        models_at="https://api-docs.deepseek.com/quick_start/pricing", hosts=("api.deepseek.com",),
        limits="No voice; thinks before it answers.",
    ),
    "mistral": Preset(
        "Mistral", "https://api.mistral.ai/v1", key_pattern=r"^.{10,}$", key_from="https://console.mistral.ai/api-keys",
        smart="mistral-large-latest", fast="mistral-small-latest", models_at="https://docs.mistral.ai/getting-started/models/",
        hosts=("api.mistral.ai",), limits="No voice.",
    ),
    "xai": Preset(
        "xAI", "https://api.x.ai/v1", key_pattern=r"^xai-.{10,}$", key_example="xai-…", key_from="https://console.x.ai",
        smart="grok-4.3", fast="grok-4.3", models_at="https://docs.x.ai/developers/models", hosts=("api.x.ai",),
        limits="No voice in Interworky; thinks before it answers.",
    ),
    "ollama": Preset(
        "Ollama", "http://localhost:11434/v1", key_required=False, port=11434,
        limits="No voice; only some models can call tools. Needs Ollama 0.1.24 or later.",
        help="Start it with `ollama serve`; `ollama list` shows the models you have pulled.",
    ),
    "lm-studio": Preset(
        "LM Studio", "http://localhost:1234/v1", key_required=False, port=1234,
        limits="No voice; only some models can call tools.",
        help="Load a model and start the local server; as model, enter the name of the loaded one.",
    ),
    "vllm": Preset(
        "vLLM", "http://localhost:8000/v1", key_required=False,
        limits="No voice; tools need --enable-auto-tool-choice and --tool-call-parser. Needs a GPU.",
        help="As model, enter the name the server was started with, for example meta-llama/Llama-3.1-8B-Instruct.",
    ),
    "tgi": Preset(
        "Text Generation Inference", "http://localhost:8080/v1", key_required=False, smart="tgi", fast="tgi",
        limits="No voice.", help="The model is always called tgi.",
    ),
    "localai": Preset(
        "LocalAI", "http://localhost:8080/v1", key_required=False, limits="No voice in Interworky.",
        help="As model, enter the name in LocalAI's own configuration.",
    ),
    "fastchat": Preset("FastChat", "http://localhost:8000/v1", key_required=False, limits="No voice; tools rarely work."),
    "jan": Preset("Jan", "http://localhost:1337/v1", key_required=False, port=1337, limits="No voice."),
    "anythingllm": Preset(
        "AnythingLLM", "http://localhost:3001/api/v1/openai", port=3001, limits="No voice, no tools.",
        key_from="AnythingLLM → Settings → Developer API", help="As model, enter the slug of a workspace.",
    ),
    "litellm": Preset(
        "LiteLLM", "http://localhost:4000/v1", key_required=False, port=4000, limits="No voice in Interworky.",
        help="A proxy that you run yourself; as models, enter the names in its configuration.",
    ),
    "custom": Preset("Custom", key_required=False, help="Any server that offers POST /chat/completions."),
}  # fmt: skip

# Other names that are common in AI_<NAME>_KEY.
ALIASES = {
    "azure-openai": "azure", "azureopenai": "azure", "gemini": "google", "google-ai-studio": "google", "claude": "anthropic",
    "grok": "xai", "x-ai": "xai", "lmstudio": "lm-studio", "togetherai": "together", "together-ai": "together",
    "open-router": "openrouter", "local-ai": "localai", "fireworks-ai": "fireworks",
}  # fmt: skip

# For people who host their own; the tool-calling of smaller models is often poor.
MODEL_ADVICE = (
    "The assistant acts by calling tools: choose a model that is good at calling tools and at following instructions. "
    "On your own hardware: meta-llama/Llama-3.1-70B-Instruct or Qwen/Qwen2.5-72B-Instruct for quality, "
    "Llama-3.1-8B-Instruct where memory is limited."
)


def hostname(url: str) -> str:
    """The parsed host of `url`: lower case, without a trailing dot; empty when there is none."""
    return _host_and_port(url)[0]


def is_openai(url: str) -> bool:
    """Whether `url` is OpenAI's own API, by its parsed hostname alone: a look-alike is not."""
    return hostname(url) in PRESETS["openai"].hosts


def is_azure(url: str) -> bool:
    return _belongs(hostname(url), PRESETS["azure"])


@lru_cache(maxsize=256)
def is_local(url: str) -> bool:
    """Whether `url` names this machine or a private network, as far as can be said without resolving it."""
    host = hostname(url)
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".localhost", ".local", ".internal", ".lan"))


def by_name(name: str) -> str:
    """The preset a provider's name stands for, such as `openrouter` for "openrouter2"; "custom" for any other."""
    plain = name.lower().replace("_", "-")
    for candidate in (plain, re.sub(r"-?\d+$", "", plain)):
        candidate = ALIASES.get(candidate, candidate)
        if candidate in PRESETS:
            return candidate
    return "custom"


def by_url(url: str) -> str:
    """The preset whose server `url` is; "custom" when the address does not say."""
    host, port = _host_and_port(url)
    for key, preset in PRESETS.items():
        if _belongs(host, preset):
            return key
    if is_local(url):
        for key, preset in PRESETS.items():
            if port and preset.port == port:
                return key
    return "custom"


def key_looks_right(preset: str, key: str) -> bool:
    """Whether `key` has the shape this provider's keys usually have. Linear in its length."""
    pattern = PRESETS[preset].key_pattern
    return not pattern or re.search(pattern, key[:4096]) is not None


def _host_and_port(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError:
        return "", None


def _belongs(host: str, preset: Preset) -> bool:
    return any(host.endswith(known) if known.startswith(".") else host == known for known in preset.hosts)
