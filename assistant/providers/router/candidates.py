"""Candidates: the models that may answer for an assistant (its organization's, the platform's, the demonstration's)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal
from uuid import UUID

from django.conf import settings

from assistant.models import Assistant, Organization, Usage
from assistant.models import Provider as Row
from assistant.providers import completions, configuration, presets
from assistant.providers.configuration import Configuration, ProviderSettings
from assistant.providers.router.rows import from_row
from assistant.services.providers import health

Task = Literal["reply", "fast"]

MAX_OUTPUT_TOKENS = 1024  # where neither the assistant nor the provider sets a limit
SLOW_SILENCE_SECONDS = 90.0  # before the first word of a local or thinking model, and between two


@dataclass(frozen=True)
class Candidate:
    """One model of one provider that may answer."""

    provider: ProviderSettings
    model: str
    source: Usage.Source
    health_key: str
    row_id: UUID | None = None
    temperature: float | None = None
    max_output_tokens: int = 1024
    reasoning_effort: str = ""
    silence_seconds: float | None = None  # None: what `patience` says
    thinks: bool = False  # it was measured to think before it speaks
    fallback: bool = False  # asked only when the main models have failed
    capabilities: completions.Capabilities = completions.Capabilities()

    @property
    def place(self) -> tuple[str, str]:
        """What its health is kept under: health key and model."""
        return self.health_key, self.model

    def __str__(self) -> str:
        return f"{self.provider.name}/{self.model}"


def candidates(assistant: Assistant, task: Task = "reply") -> tuple[list[Candidate], list[Candidate]]:
    """The organization's own, and the platform's that may answer for it: the second only when all of the first fail."""
    organization = assistant.organization
    usable = [(row, provider) for row in health.own(organization) if (provider := _settings(organization, row))]
    rows = [row for row, _ in usable]
    if pinned := [(row, provider) for row, provider in usable if row.pk == assistant.provider_id]:
        usable = pinned
    own = [one for row, provider in usable for one in _models(assistant, task, provider, row)]
    if not may_use_platform(organization, rows):
        return own, []
    return own, [one for provider in platform().usable for one in _models(assistant, task, provider)]


def _settings(organization: Organization, row: Row) -> ProviderSettings | None:
    if snapshot := organization.snapshot:
        return snapshot.derived(("provider", row.pk), lambda: from_row(row))
    return from_row(row)


def may_use_platform(organization: Organization, own: Sequence[Row]) -> bool:
    """Whether the platform's servers may see what this organization's visitors and staff have written.

    `own` are its providers that can be used: one that is only half set up must not silence the widget.
    """
    uses = Organization.PlatformProviders
    wish = organization.use_platform_providers
    return wish == uses.FALLBACK or (wish == uses.ALONE and not own)


def platform() -> Configuration:
    """The environment's providers; the demonstration model when nothing at all is configured."""
    found = _configuration(tuple(sorted(settings.AI_ENVIRONMENT.items())))
    if found.configured or not settings.DEMO_MODEL:
        return found
    return replace(found, providers=(demo(),))


def is_demo(assistant: Assistant) -> bool:
    """Whether the demonstration model is the first to be asked for `assistant`."""
    first: list[Candidate] = next((group for group in candidates(assistant) if group), [])
    return any(one.source == Usage.Source.DEMO for one in first)


def demo() -> ProviderSettings:
    return ProviderSettings(
        "demo", settings.DEMO_MODEL_URL, auth="none", smart="demo", fast="demo", preset="demo", source="demo"
    )


@lru_cache(maxsize=4)
def _configuration(environment: tuple[tuple[str, str], ...]) -> Configuration:
    return configuration.load(dict(environment))


def _models(assistant: Assistant, task: Task, provider: ProviderSettings, row: Row | None = None) -> list[Candidate]:
    """What is asked of one provider: the assistant's model or the provider's own, and the fallback model."""
    source = _source(provider, row)
    demonstration = source == Usage.Source.DEMO
    smart = provider.smart if demonstration else assistant.model or provider.smart
    model = (assistant.fast_model or provider.fast or smart) if task == "fast" and not demonstration else smart
    fallback = assistant.fallback_model or (row.fallback_model if row else "")
    first = Candidate(
        provider,
        model,
        source,
        health.health_key(row.organization_id if row else None, provider.name, provider.base_url, provider.key),
        row_id=row.pk if row else None,
        temperature=assistant.temperature if assistant.temperature is not None else row.temperature if row else None,
        max_output_tokens=assistant.max_output_tokens or provider.max_output_tokens or MAX_OUTPUT_TOKENS,
        reasoning_effort=row.reasoning_effort if row else "",
        silence_seconds=row.timeout_seconds if row else provider.silence_seconds,
    )
    found = [first] if model else []
    if fallback and fallback != model and not demonstration:
        found.append(replace(first, model=fallback, fallback=True))
    return found


def _source(provider: ProviderSettings, row: Row | None) -> Usage.Source:
    if row is not None:
        return Usage.Source.ORGANIZATION
    return Usage.Source.DEMO if provider.source == "demo" else Usage.Source.PLATFORM


def patience(asked: Candidate) -> float:
    """How long `asked` may be silent, in seconds: what is set for it, otherwise longer for models that start slowly.

    A model on one's own machine is loaded first (25–90 s were measured), and a thinking one may think unseen for as long.
    """
    if asked.silence_seconds is not None:
        return asked.silence_seconds
    if settings.ASSISTANT_SILENCE_SECONDS:
        return float(settings.ASSISTANT_SILENCE_SECONDS)
    slow = asked.reasoning_effort or asked.thinks or not asked.capabilities.opens_thinking
    if slow or (asked.source != Usage.Source.DEMO and presets.is_local(asked.provider.base_url)):
        return SLOW_SILENCE_SECONDS
    return completions.SILENCE_SECONDS
