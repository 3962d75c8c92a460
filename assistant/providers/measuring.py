"""Which provider a measured model belongs to, and where the result is stored."""

from __future__ import annotations

from assistant.models import Provider as Row
from assistant.models import ProviderHealth
from assistant.providers import router
from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe import Report
from assistant.services.providers import health


def keep(report: Report, provider: ProviderSettings, row: Row | None) -> None:
    """Store what a probe has found, for the router; `row` is None for a provider of the environment."""
    if report.capabilities:
        health.measured(
            health_key(provider, row),
            report.model,
            report.capabilities,
            name=provider.name,
            provider_id=row.pk if row else None,
            why=report.why,
        )


def health_key(provider: ProviderSettings, row: Row | None) -> str:
    return health.health_key(row.organization_id if row else None, provider.name, provider.base_url, provider.key)


def asked_of(standing: ProviderHealth) -> ProviderSettings | None:
    """The provider that `standing` is about, as it is set up today; None when it is gone, switched off or changed."""
    row = standing.provider
    if row is not None:
        found = [provider for provider in [router.from_row(row)] if provider and row.enabled]
    else:
        found = [provider for provider in router.platform().usable if provider.source != "demo"]
    return next((provider for provider in found if health_key(provider, row) == standing.key), None)
