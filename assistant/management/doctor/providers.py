"""Checks of the model servers: who answers, what is wrong with the settings, and what a probe measures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from assistant.errors import ProviderError
from assistant.llm import ToolSpec
from assistant.management.doctor.findings import Examination, Level, host_of
from assistant.models import Organization
from assistant.models import Provider as Row
from assistant.outbound import recorder
from assistant.providers import embeddings, measuring, realtime, retirements, router, transcript
from assistant.providers.configuration import Configuration, ProviderSettings
from assistant.providers.probe import REMEDIES, Report, probe
from assistant.tools.offered import tools_offered

PROBE_SECONDS = 30.0
MAX_ORGANIZATIONS = 50

Owned = tuple[Row | None, ProviderSettings]  # a provider, and its row where an organization brings it


def usable_rows(seen: Examination) -> Iterator[tuple[Row, ProviderSettings]]:
    """The organizations' own providers that can be used; lists each organization on the way."""
    for organization in Organization.objects.filter(active=True, providers__isnull=False).distinct()[:MAX_ORGANIZATIONS]:
        own = []
        for row in organization.providers.order_by("name"):
            provider = router.examined(row)[0]
            own.append({"name": row.name, "enabled": row.enabled, "usable": provider is not None})
            _check_row(seen, organization, row, provider)
            if provider and row.enabled:
                yield row, provider
        asked = organization.assistants.filter(enabled=True).first()
        models = [str(one) for group in router.candidates(asked) for one in group] if asked else []
        seen.organizations.append(
            {"name": organization.name, "providers": own, "platform": organization.use_platform_providers, "asks": models}
        )


def _check_row(seen: Examination, organization: Organization, row: Row, provider: ProviderSettings | None) -> None:
    about = f"{organization}: {row.name}"
    if row.sealed_key and not row.key(row.base_url or (provider.base_url if provider else "")):
        seen.add(
            "error",
            about,
            "its stored key cannot be decrypted",
            "Put the old key back into FIELD_KEYS behind the new one, or enter the provider's key again.",
        )
    if row.enabled and provider is None:
        seen.add(
            "warning",
            about,
            f"is not set up completely, so it is not used: {router.what_is_wrong(row)}",
            "Complete it, or switch it off, under Providers in the admin.",
        )


def check(seen: Examination, rows: Sequence[tuple[Row, ProviderSettings]]) -> None:
    """The settings as they stand; nothing is asked."""
    for problem in seen.found.problems:
        seen.add(problem.level, problem.variable, problem.message, problem.hint)
    _check_answers(seen, own=bool(rows))
    speaker, reason = realtime.choose(seen.found.usable, azure=seen.found.realtime_azure)
    seen.voice = f"{speaker.name}/{speaker.realtime}" if speaker else reason
    if maker := embeddings.configured():
        seen.add("ok", "search by meaning", f"vectors by {maker.smart} at {host_of(maker.base_url)}")
    for provider in [*seen.found.usable, *(provider for _, provider in rows)]:
        _check_retirements(seen, provider, speaks=provider is speaker)


def _check_answers(seen: Examination, *, own: bool) -> None:
    """Say who answers visitors; `own` when an organization brings a provider of its own."""
    found = seen.found
    if any(provider.source == "demo" for provider in found.providers):
        seen.answers = "the built-in demonstration model, because no provider is set up"
        remedy = "Set AI_API_KEY, or AI_BASE_URL and AI_MODEL for your own server: see docs/providers.md."
        seen.add("hint", "providers", "only the demonstration model answers", remedy)
    elif found.usable:
        models = ", ".join(f"{one.name}/{one.smart} (quick tasks: {one.fast})" for one in in_order(found))
        seen.answers = f"{models}; {found.rotation}" if len(found.usable) > 1 else models
    else:
        seen.answers = "only the organizations' own providers" if own else "nobody"
        remedy = (
            "Set at least one AI_<NAME>_KEY or AI_API_KEY, make sure that one has AI_<NAME>_ENABLED=true, "
            "and fix the other problems listed here."
        )
        seen.add("warning" if own else "error", "providers", "No available AI providers", remedy)


def _check_retirements(seen: Examination, provider: ProviderSettings, *, speaks: bool) -> None:
    models = {provider.smart, provider.fast} | ({provider.realtime} if speaks else set())
    for retirement in retirements.due(provider, models - {""}):
        level: Level = "error" if retirement.stage == 0 and retirement.model == provider.smart else "warning"
        remedy = "Choose another model, and try it with `doctor --probe`."
        if retirement.model == provider.realtime:
            remedy = f"Set AI_REALTIME_MODEL{f'={retirement.replacement}' if retirement.replacement else ''}."
        seen.add(level, provider.name, str(retirement), remedy)


def in_order(found: Configuration) -> list[ProviderSettings]:
    """The providers as they are asked first: failover by weight, everything else by name."""
    if found.rotation == "failover":
        return sorted(found.usable, key=lambda provider: -provider.weight)
    return list(found.usable)


# --- Asking them ------------------------------------------------------------------------------------------------------


def probe_all(seen: Examination, rows: Sequence[tuple[Row, ProviderSettings]], *, keep: bool, record: bool = False) -> None:
    """Ask every usable provider at once, and `keep` what was measured. The demonstration model is part of this server."""
    platform = [provider for provider in seen.found.usable if provider.source != "demo"]
    owners: list[Owned] = [*((None, provider) for provider in platform), *rows]
    # The real schemas are what servers refuse; without a database there are none.
    tools = [tools_offered(row.organization if row else None) if keep else [] for row, _ in owners]
    seen.reports = asyncio.run(_probed(seen, owners, tools, record=record))
    _probe_embeddings(seen)
    for (row, provider), report in zip(owners, seen.reports, strict=True):
        if keep:
            measuring.keep(report, provider, row)
        _add_checks(seen, provider, report)


async def _probed(seen: Examination, owners: list[Owned], tools: list[list[ToolSpec]], *, record: bool) -> list[Report]:
    own_hosts = [urlsplit(url).hostname or "" for url in (settings.PUBLIC_URL, settings.DEMO_MODEL_URL)]

    async def one(provider: ProviderSettings, tools: list[ToolSpec]) -> Report:
        with recorder.recording() as exchanges:
            report = await probe(provider, tools=tools, realtime_azure=seen.found.realtime_azure)
        if record:
            day = f"{timezone.now():%Y-%m-%d}"
            seen.transcripts.append(transcript.written(provider, report.model, exchanges, at=day, own_hosts=own_hosts))
        return report

    return await asyncio.gather(*(one(provider, own) for (_, provider), own in zip(owners, tools, strict=True)))


def _probe_embeddings(seen: Examination) -> None:
    if maker := embeddings.configured():
        try:
            asyncio.run(embeddings.ask(maker, ["ok"], PROBE_SECONDS))
        except ProviderError as error:
            remedy = f"Until this is fixed, knowledge is searched by words alone. {REMEDIES.get(error.cause, '')}".strip()
            seen.add("warning", f"{maker.name}: vectors", str(error), remedy)


def _add_checks(seen: Examination, provider: ProviderSettings, report: Report) -> None:
    for check in report.checks:
        if check.outcome == "failed":
            level: Level = "error" if check.name == "chat" or not report.ok else "warning"
            seen.add(level, f"{provider.name}: {check.name}", check.detail, check.remedy)
        elif check.outcome == "no" and check.name == "tools":
            seen.add("warning", f"{provider.name}: tools", check.detail, check.remedy)
