"""The whole environment: its groups in their order, and the settings that are about all providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from assistant.providers.configuration import groups
from assistant.providers.configuration.settings import (
    Configuration,
    Group,
    GroupState,
    Level,
    Problem,
    ProviderSettings,
    Rotation,
)
from assistant.providers.configuration.values import MAX_RETRIES, BadValue, boolean, integer, plain_text, rotation
from assistant.providers.configuration.variables import (
    COMPAT,
    LEGACY,
    PLATFORM_KEYS,
    POOL,
    SINGLE,
    misspelt,
    printable,
)

T = TypeVar("T")
MEANT = {
    *SINGLE.values(),
    *COMPAT.values(),
    *LEGACY.values(),
    *PLATFORM_KEYS.values(),
}  # to set one of these is to set up a provider
DEFAULT_ROTATION: Rotation = "round-robin"


def load(environment: Mapping[str, str]) -> Configuration:
    """The providers of `environment` by the order in this package's docstring. Never raises."""
    problems: list[Problem] = []
    values, unreadable = _texts(environment, problems)
    found = {
        "AI_<NAME>_*": groups.pool(values, unreadable, problems),
        "AI_API_KEY": groups.single(values, problems),
        "OPENAI_COMPAT_*": groups.compat(values, problems),
        "OPENAI_API_KEY and platform keys": groups.legacy(values, problems),
    }
    used = _used(found)
    chosen = found.get(used, ())
    steps = tuple(Group(label, _state(label == used, providers), providers) for label, providers in found.items())
    problems += _shadowed(steps, used)

    def setting(variable: str, parse: Callable[[str], T], default: T, level: Level = "error") -> T:
        if variable not in values:
            return default
        try:
            return parse(values[variable])
        except BadValue as error:
            hint = f"{error.hint} Until then it is {str(default).lower()}."
            problems.append(Problem(variable, error.code, str(error), hint, level))
            return default

    return Configuration(
        providers=chosen,
        rotation=setting("AI_ROTATION", rotation, DEFAULT_ROTATION, "warning"),
        retry_failed=setting("AI_RETRY_FAILED", boolean, True),
        max_retries=setting("AI_MAX_RETRIES", lambda text: integer(text, 0, MAX_RETRIES), 3),
        realtime_azure=setting("AI_REALTIME_AZURE", boolean, False),
        embedding=groups.embedding(values, chosen, problems),
        groups=steps,
        problems=(*problems, *misspelt(values, chosen)),
        configured=bool(chosen) or any(name in MEANT or POOL.fullmatch(name) for name in {*values, *unreadable}),
    )


def _texts(environment: Mapping[str, str], problems: list[Problem]) -> tuple[dict[str, str], set[str]]:
    """The texts of all variables that are set, and the names of those that hold no text."""
    values, unreadable = {}, set()
    for variable in sorted(environment, key=ascii):
        try:
            text, repaired = plain_text(environment[variable])
        except BadValue as error:
            problems.append(Problem(printable(variable), error.code, str(error), error.hint))
            unreadable.add(variable)
            continue
        if text:
            values[variable] = text
        if repaired and text:
            hint = "Remove them where the variable is set."
            problems.append(Problem(printable(variable), "repaired", f"had {repaired}, which were ignored", hint, "warning"))
    return values, unreadable


def _used(found: Mapping[str, tuple[ProviderSettings, ...]]) -> str:
    """The group that answers: the first with an enabled provider, or the first with any, to show it; "" for none."""
    enabled = (label for label, providers in found.items() if any(provider.enabled for provider in providers))
    return next(enabled, next((label for label, providers in found.items() if providers), ""))


def _state(used: bool, providers: tuple[ProviderSettings, ...]) -> GroupState:
    if used:
        return "used"
    if not providers:
        return "empty"
    return "shadowed" if any(provider.enabled for provider in providers) else "unusable"


def _shadowed(steps: tuple[Group, ...], used: str) -> list[Problem]:
    hint = "Remove one of the two, or name both in the AI_<NAME>_* pool."
    return [
        Problem(provider.source, "shadowed", f"is not used, because {used} comes first", hint, "warning")
        for step in steps
        if step.state == "shadowed"
        for provider in step.providers
    ]
