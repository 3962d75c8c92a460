"""Models that will be shut down: warnings 90, 30 and 7 days ahead.

What a provider's own `/models` says (`shutdown_date`) comes first, then the shipped list, `retirements.json`. The list
holds announced dates only and ages with the release; a model that is on neither is taken to stay.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.models import Organization
from assistant.providers import realtime, router
from assistant.providers.configuration import ProviderSettings
from assistant.services.providers import health as rows_of

WARNING_DAYS = (90, 30, 7)


@dataclass(frozen=True)
class Retirement:
    """One model's end. `days` is negative once it has passed; `stage` is the last of `WARNING_DAYS` reached, 0 after it."""

    provider: str
    model: str
    ends_on: date
    days: int
    stage: int
    replacement: str = ""

    def __str__(self) -> str:
        when = f"ended on {self.ends_on}" if self.days < 0 else f"ends on {self.ends_on}, in {self.days} days"
        instead = f" Use {self.replacement}." if self.replacement else ""
        return f"The model {self.model} {when}.{instead}"


def due(
    provider: ProviderSettings, models: Iterable[str], said: Mapping[str, str] | None = None, *, today: date | None = None
) -> list[Retirement]:
    """The retirements to warn of now, of `models` at `provider`, soonest first; `said` is what its own `/models` says."""
    today = today or datetime.now(UTC).date()
    known = shipped().get(provider.preset, {})
    found = []
    for model in set(models):
        entry = known.get(model, {})
        ends_on = _date((said or {}).get(model, "")) or _date(entry.get("ends_on", ""))
        if ends_on is None:
            continue
        days = (ends_on - today).days
        if days <= WARNING_DAYS[0]:
            stage = 0 if days < 0 else min(limit for limit in WARNING_DAYS if days <= limit)
            found.append(Retirement(provider.name, model, ends_on, days, stage, entry.get("replacement", "")))
    return sorted(found, key=lambda one: (one.ends_on, one.model))


def in_use(organization: Organization | None = None) -> list[tuple[ProviderSettings, set[str]]]:
    """Providers, each with the models that are asked of it: those of an organization's own choice, else the platform's.

    A model for voice counts only where voice is offered with it.
    """
    platform = router.platform()
    if organization is None:
        return _asked([(provider, set()) for provider in platform.usable], azure=platform.realtime_azure)
    named = [
        ({row.model, row.fast_model, row.fallback_model} - {""}, row.provider_id)
        for row in organization.assistants.all()
        if row.enabled
    ]
    found = []
    for row in rows_of.own(organization):
        if provider := router.from_row(row):
            more = {model for models, pinned in named if pinned in (None, row.pk) for model in models}
            found.append((provider, more | ({row.fallback_model} - {""})))
    if found:
        return _asked(found, azure=platform.realtime_azure)
    everywhere = {model for models, _ in named for model in models}
    return [(provider, everywhere) for provider in platform.usable if everywhere]


def _asked(found: list[tuple[ProviderSettings, set[str]]], *, azure: bool) -> list[tuple[ProviderSettings, set[str]]]:
    speaker, _ = realtime.choose([provider for provider, _ in found], azure=azure)
    return [
        (provider, (more | {provider.smart, provider.fast, provider.realtime if provider is speaker else ""}) - {""})
        for provider, more in found
    ]


def known(organization: Organization | None = None) -> list[Retirement]:
    """What is due of all models in use there by the shipped list, soonest first."""
    found = [one for provider, models in in_use(organization) for one in due(provider, models)]
    return sorted(found, key=lambda one: (one.ends_on, one.model))


@lru_cache(maxsize=1)
def shipped() -> dict[str, dict[str, dict[str, Any]]]:
    """The shipped list: preset → model → {ends_on, replacement}."""
    rows = json.loads(Path(__file__).with_name("retirements.json").read_text(encoding="utf-8"))["shutdowns"]
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        for model in row["models"]:
            table.setdefault(row["preset"], {})[model] = {
                "ends_on": row["ends_on"],
                "replacement": row.get("replacement", ""),
            }
    return table


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
