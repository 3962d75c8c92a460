"""Groups of variables that name providers. Each function returns a group's providers, and adds its problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from assistant.providers import presets
from assistant.providers.configuration.build import build
from assistant.providers.configuration.settings import Problem, ProviderSettings
from assistant.providers.configuration.values import BadValue, clean_model
from assistant.providers.configuration.variables import (
    COMPAT,
    EMBEDDING,
    LEGACY,
    PLATFORM_KEYS,
    POOL,
    POOL_NAME,
    SINGLE,
    SUFFIXES,
    is_reserved,
    printable,
)
from assistant.providers.presets import PRESETS

Texts = Mapping[str, str]  # by variable
Problems = list[Problem]
Providers = tuple[ProviderSettings, ...]


def pool(values: Texts, unreadable: Iterable[str], problems: Problems) -> Providers:
    """AI_<NAME>_*, ordered by name."""
    broken = {match[1] for variable in unreadable if (match := POOL.fullmatch(variable))}
    named = _by_name(values, problems)
    # A variable that could not be read has its problem already.
    built = [_pooled(name, named[name], values, problems) for name in sorted(named) if name not in broken]
    return tuple(provider for provider in built if provider)


def _by_name(values: Texts, problems: Problems) -> dict[str, dict[str, str]]:
    """The texts of each name by suffix."""
    found: dict[str, dict[str, str]] = {}
    for variable, text in values.items():
        match = POOL.fullmatch(variable)
        if match is None or is_reserved(match[1]):
            continue  # `misspelt` says what was probably meant
        if not POOL_NAME.fullmatch(match[1]):
            hint = "Use at most 40 capital letters, digits and _, for example AI_GROQ_KEY."
            problems.append(Problem(printable(variable), "name_invalid", "is not a valid provider name", hint))
            continue
        found.setdefault(match[1], {})[match[2]] = text
    return found


def _pooled(name: str, own: dict[str, str], values: Texts, problems: Problems) -> ProviderSettings | None:
    plain = name.lower().replace("_", "-")
    preset = presets.by_name(plain)
    variables = {suffix: f"AI_{name}_{suffix}" for suffix in SUFFIXES}
    platform = PLATFORM_KEYS.get(preset, "")
    if not own.keys() & {"URL", "KEY", "SMART", "FAST"}:
        if platform not in values:
            hint = "Set it, or remove the other variables of this name."
            message = "is not set, so this provider does not exist"
            problems.append(Problem(variables["KEY"], "key_missing", message, hint, "warning"))
        return None
    # A platform's key goes to that platform's own address only.
    if "KEY" not in own and platform in values and presets.by_url(own.get("URL", PRESETS[preset].base_url)) == preset:
        own["KEY"] = values[platform]
        variables["KEY"] = platform
    if "AI_REALTIME_MODEL" in values and not own.get("REALTIME") and PRESETS[preset].realtime:
        own["REALTIME"] = values["AI_REALTIME_MODEL"]
        variables["REALTIME"] = "AI_REALTIME_MODEL"
    provider, wrong = build(own, name=plain, variables=variables, source=f"AI_{name}_*")
    problems += wrong
    return provider


def single(values: Texts, problems: Problems) -> Providers:
    """AI_API_KEY and AI_BASE_URL."""
    own = pick(values, SINGLE)
    if not own.keys() & {"KEY", "URL"}:
        others = any(name in values for name in (*COMPAT.values(), *LEGACY.values(), *PLATFORM_KEYS.values()))
        if "SMART" in own and not others and not any(POOL.fullmatch(name) for name in values):
            hint = f"Get one: {PRESETS['openai'].key_from}, or set AI_BASE_URL."
            problems.append(Problem("AI_API_KEY", "key_missing", "is not set", hint))
        return ()
    provider, wrong = build(
        own,
        preset=_preset(own),
        variables=SINGLE,
        source="AI_API_KEY",
        smart_default="" if "SMART" in own else "gpt-4o",
        fast_default="gpt-4o-mini",
    )
    problems += wrong
    return (provider,) if provider else ()


def compat(values: Texts, problems: Problems) -> Providers:
    """OPENAI_COMPAT_*."""
    own = pick(values, COMPAT)
    if not own.keys() & {"KEY", "URL"}:
        return ()
    provider, wrong = build(
        own,
        preset=_preset(own),
        variables=COMPAT,
        source="OPENAI_COMPAT_*",
        smart_default="gpt-4o-mini",
        fast_default=own.get("SMART", "gpt-4o-mini"),
    )
    problems += wrong
    return (provider,) if provider else ()


def legacy(values: Texts, problems: Problems) -> Providers:
    """OPENAI_API_KEY and the platform keys, ordered by name."""
    found = [_openai(values, problems), *_platforms(values, problems)]
    return tuple(sorted((provider for provider in found if provider), key=lambda provider: provider.name))


def _openai(values: Texts, problems: Problems) -> ProviderSettings | None:
    own = pick(values, LEGACY)
    if not own.keys() & {"KEY", "URL"}:
        return None
    variables = dict(LEGACY)
    for suffix in ("SMART", "FAST", "REALTIME"):
        if suffix not in own and SINGLE[suffix] in values:
            own[suffix], variables[suffix] = values[SINGLE[suffix]], SINGLE[suffix]
    provider, wrong = build(
        own,
        preset=_preset(own),
        variables=variables,
        source="OPENAI_API_KEY",
        smart_default="" if "SMART" in own else "gpt-4.1",
        fast_default="gpt-4o-mini",
    )
    problems += wrong
    return provider


def _platforms(values: Texts, problems: Problems) -> Iterable[ProviderSettings | None]:
    for preset, variable in PLATFORM_KEYS.items():
        pooled = any(f"AI_{preset.upper()}_{suffix}" in values for suffix in ("URL", "KEY", "SMART", "FAST"))
        if variable not in values or pooled:
            continue  # the pool's provider of that name uses the key
        variables = {suffix: f"AI_{preset.upper()}_{suffix}" for suffix in SUFFIXES} | {"KEY": variable}
        own = {suffix: values[name] for suffix, name in variables.items() if name in values}
        provider, wrong = build(own, name=preset, variables=variables, source=variable)
        problems += wrong
        yield provider


def embedding(values: Texts, chosen: Iterable[ProviderSettings], problems: Problems) -> ProviderSettings | None:
    """The server that makes vectors: its own, or the first provider's with the provider's key."""
    own = pick(values, EMBEDDING)
    if "SMART" not in own:
        for suffix in own:
            message = "is not used without a model"
            problems.append(Problem(EMBEDDING[suffix], "model_missing", message, "Set EMBEDDING_MODEL.", "warning"))
        return None
    if own.keys() - {"SMART"}:
        provider, wrong = build(own, name="embeddings", preset=_preset(own), variables=EMBEDDING, source="EMBEDDING_*")
        problems += wrong
        return provider
    first = next((provider for provider in chosen if provider.enabled), None)
    if first is None:
        hint = "Set EMBEDDING_BASE_URL, or a provider."
        problems.append(Problem(EMBEDDING["SMART"], "url_missing", "is set, but no provider can make vectors", hint))
        return None
    try:
        return replace(first, name=f"{first.name}-embeddings", smart=clean_model(own["SMART"]), source="EMBEDDING_MODEL")
    except BadValue as error:
        problems.append(Problem(EMBEDDING["SMART"], error.code, str(error), error.hint))
        return None


def _preset(own: Mapping[str, str]) -> str:
    """Without an address, the server is OpenAI's."""
    return "" if "URL" in own else "openai"


def pick(values: Texts, variables: Mapping[str, str]) -> dict[str, str]:
    return {suffix: values[variable] for suffix, variable in variables.items() if variable in values}
