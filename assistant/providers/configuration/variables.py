"""Names of the variables that are read, and what a misspelt one was probably meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from assistant.providers.configuration.settings import Problem, ProviderSettings
from assistant.providers.presets import PRESETS

RESERVED = {"API", "BASE"}  # AI_API_KEY and AI_BASE_URL are settings, not providers called API and BASE
POOL = re.compile(
    r"AI_(.+)_(API_VERSION|MAX_TOKENS|SILENCE_SECONDS|URL|KEY|SMART|FAST|ENABLED|WEIGHT|REALTIME|AUTH)", re.DOTALL
)
POOL_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
SUFFIXES = ("URL", "KEY", "SMART", "FAST", "ENABLED", "WEIGHT", "REALTIME", "AUTH", "API_VERSION", "MAX_TOKENS",
            "SILENCE_SECONDS")  # fmt: skip
SINGLE = {
    "KEY": "AI_API_KEY", "URL": "AI_BASE_URL", "SMART": "AI_MODEL", "FAST": "AI_FAST_MODEL",
    "REALTIME": "AI_REALTIME_MODEL", "AUTH": "AI_AUTH", "API_VERSION": "AI_API_VERSION", "MAX_TOKENS": "AI_MAX_TOKENS",
    "SILENCE_SECONDS": "AI_SILENCE_SECONDS",
}  # fmt: skip
COMPAT = {
    "KEY": "OPENAI_COMPAT_API_KEY", "URL": "OPENAI_COMPAT_BASE_URL", "SMART": "OPENAI_COMPAT_MODEL",
    "MAX_TOKENS": "OPENAI_COMPAT_MAX_TOKENS",
}  # fmt: skip
LEGACY = {"KEY": "OPENAI_API_KEY", "URL": "OPENAI_BASE_URL", "SMART": "SMART_LLM", "FAST": "FAST_LLM"}
PLATFORM_KEYS = {
    "anthropic": "ANTHROPIC_API_KEY", "google": "GOOGLE_AI_STUDIO_API_KEY", "cerebras": "CEREBRAS_API_KEY",
    "groq": "GROQ_API_KEY", "together": "TOGETHER_API_KEY",
}  # fmt: skip
EMBEDDING = {
    "SMART": "EMBEDDING_MODEL", "URL": "EMBEDDING_BASE_URL", "KEY": "EMBEDDING_API_KEY", "AUTH": "EMBEDDING_AUTH",
}  # fmt: skip
GLOBALS = ("AI_ROTATION", "AI_RETRY_FAILED", "AI_MAX_RETRIES", "AI_REALTIME_AZURE")
KNOWN = {*GLOBALS, *SINGLE.values(), *COMPAT.values(), *LEGACY.values(), *PLATFORM_KEYS.values(), *EMBEDDING.values()}
# Variables of the official SDKs that have no meaning here and do no harm.
FOREIGN = {"OPENAI_ORG_ID", "OPENAI_ORGANIZATION", "OPENAI_PROJECT", "OPENAI_PROJECT_ID", "OPENAI_LOG"}
OFTEN_MEANT = {
    "AI_KEY": "AI_API_KEY", "AI_URL": "AI_BASE_URL", "AI_API_URL": "AI_BASE_URL", "AI_API_BASE": "AI_BASE_URL",
    "AI_SMART": "AI_MODEL", "AI_SMART_MODEL": "AI_MODEL", "AI_FAST": "AI_FAST_MODEL", "AI_BASE_KEY": "AI_API_KEY",
    "OPENAI_API_BASE": "OPENAI_BASE_URL", "OPENAI_MODEL": "AI_MODEL", "AI_REALTIME": "AI_REALTIME_MODEL",
    "AI_EMBEDDING_MODEL": "EMBEDDING_MODEL", "OPENAI_EMBEDDING_MODEL": "EMBEDDING_MODEL",
}  # fmt: skip


def is_reserved(name: str) -> bool:
    """Whether AI_<name>_KEY and the like are settings, or a likely mistake for them, rather than a provider's."""
    return name in RESERVED or name.endswith(("_API", "_BASE"))


def misspelt(values: Mapping[str, str], providers: Iterable[ProviderSettings]) -> list[Problem]:
    """A warning for each variable that is not read, with the nearest name that is."""
    names = {provider.name.upper().replace("-", "_") for provider in providers} | {
        key.upper().replace("-", "_") for key in PRESETS
    }
    candidates = sorted(KNOWN | {f"AI_{name}_{suffix}" for name in names for suffix in SUFFIXES})
    problems = []
    for variable in values:
        match = POOL.fullmatch(variable)
        if variable in KNOWN or variable in FOREIGN:
            continue
        if match and not is_reserved(match[1]):
            continue
        nearest = OFTEN_MEANT.get(variable) or _nearest(variable, match, candidates)
        if not nearest and not variable.startswith("AI_"):
            continue  # another program's
        hint = f"Did you mean {nearest}?" if nearest else "Remove it, or see docs/providers.md for the names."
        problems.append(Problem(printable(variable), "unknown_variable", "is unknown and has no effect", hint, "warning"))
    return problems


def _nearest(variable: str, match: re.Match[str] | None, candidates: list[str]) -> str:
    if match and match[1].endswith(("_API", "_BASE")):
        return f"AI_{match[1].rsplit('_', 1)[0]}_{match[2]}"  # AI_GROQ_API_KEY, AI_GROQ_BASE_URL
    if model := re.fullmatch(r"AI_([A-Z0-9_]+?)_(FAST_|SMART_|REALTIME_)?MODEL", variable):
        return f"AI_{model[1]}_{(model[2] or 'SMART_')[:-1]}"
    return next(iter(difflib.get_close_matches(variable.upper(), candidates, n=1, cutoff=0.8)), "")


def printable(variable: str) -> str:
    """A variable's name, safe to print whatever it is."""
    return ascii(variable)[1:-1][:80]
