"""Problems that the environment has."""

from __future__ import annotations

from assistant.providers.configuration import load

CANARY = "sk-canary-8f1d2c"


def codes(environment: dict[str, str], level: str | None = None) -> list[tuple[str, str]]:
    return [(p.variable, p.code) for p in load(environment).problems if level in (None, p.level)]
