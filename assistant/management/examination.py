"""What `manage.py doctor` looks at, and what it makes of it."""

from __future__ import annotations

import asyncio
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from assistant import secrets
from assistant.errors import ProviderError
from assistant.llm import ToolSpec
from assistant.models import Assistant, Organization
from assistant.models import Provider as Row
from assistant.outbound import recorder
from assistant.providers import configuration, embeddings, measuring, presets, realtime, retirements, router, transcript
from assistant.providers.configuration import Configuration, ProviderSettings
from assistant.providers.presets import MODEL_ADVICE, PRESETS
from assistant.providers.probe import REMEDIES, Report, probe
from assistant.tools.offered import tools_offered

Level = Literal["ok", "hint", "warning", "error"]
SLOW_MS = 3000
PROBE_SECONDS = 30.0
MANY_PROVIDERS = 4
MANY_TOKENS = 8000
OLD_STYLE = ("OPENAI_COMPAT_*", "OPENAI_API_KEY")
MAX_ORGANIZATIONS = 50
OF_HTTPS = ("security.W004", "security.W008", "security.W012", "security.W016")  # follow from PUBLIC_URL
TOLD = ("assistant.E001", "assistant.W001")  # the start-up checks that say what `_providers` says


@dataclass(frozen=True)
class Finding:
    """One thing that is well, could be better, or must be mended (`error`)."""

    level: Level
    about: str
    text: str
    remedy: str = ""


@dataclass
class Examination:
    """All that was found, as it is printed or given as JSON."""

    found: Configuration
    findings: list[Finding] = field(default_factory=list)
    organizations: list[dict[str, Any]] = field(default_factory=list)
    answers: str = ""
    voice: str = ""
    reports: list[Report] = field(default_factory=list)
    transcripts: list[str] = field(default_factory=list)  # of the probes, scrubbed, where they were recorded

    @property
    def healthy(self) -> bool:
        return not any(finding.level == "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "healthy": self.healthy,
            "answers": self.answers,
            "voice": self.voice,
            "rotation": self.found.rotation,
            "retry_failed": self.found.retry_failed,
            "max_retries": self.found.max_retries,
            "order": [
                {"step": group.label, "state": group.state, "providers": [described(p) for p in group.providers]}
                for group in self.found.groups
            ],
            "organizations": self.organizations,
            "findings": [asdict(finding) for finding in self.findings],
            "new_style": new_style(self.found),
            "probes": [report.as_json() for report in self.reports],
        }


def examine(*, ask: bool = False, record: bool = False) -> Examination:
    """Look at everything; `ask` also asks the servers, and `record` keeps what they were asked and answered."""
    seen = Examination(router.platform())
    usable_database = _database(seen)
    rows = list(_rows(seen)) if usable_database else []
    _providers(seen, rows)
    if ask:
        _probe(seen, rows, keep=usable_database, record=record)
    seen.findings += hints(seen.found, seen.reports)
    _basics(seen, ask=ask)
    return seen


# --- Providers --------------------------------------------------------------------------------------------------------


def described(provider: ProviderSettings) -> dict[str, Any]:
    """A provider as it may be shown."""
    row = PRESETS.get(provider.preset)
    return {
        "name": provider.name,
        "kind": row.label if row else provider.preset,
        "base_url": provider.base_url,
        "key": provider.masked_key or "none",
        "sent_as": provider.auth if provider.key else "nothing",
        "smart": provider.smart,
        "fast": provider.fast,
        "realtime": provider.realtime,
        "weight": provider.weight,
        "enabled": provider.enabled,
        "source": provider.source,
        "limits": row.limits if row else "",
    }


def new_style(found: Configuration) -> dict[str, str]:
    """What older settings in use are called today."""
    lines: dict[str, str] = {}
    for provider in found.providers:
        if provider.source in OLD_STYLE:
            lines |= configuration.in_new_style(provider)
    return lines


def _rows(seen: Examination) -> Iterator[tuple[Row, ProviderSettings]]:
    """The organizations' own providers that can be used, each organization noted on the way."""
    for organization in Organization.objects.filter(active=True, providers__isnull=False).distinct()[:MAX_ORGANIZATIONS]:
        own = []
        for row in organization.providers.order_by("name"):
            provider = router.examined(row)[0]
            own.append({"name": row.name, "enabled": row.enabled, "usable": provider is not None})
            if row.sealed_key and not row.key(row.base_url or (provider.base_url if provider else "")):
                seen.findings.append(
                    Finding(
                        "error",
                        f"{organization}: {row.name}",
                        "its stored key does not open",
                        "Put the old key back into FIELD_KEYS behind the new one, or enter the provider's key again.",
                    )
                )
            if provider and row.enabled:
                yield row, provider
            elif row.enabled:
                seen.findings.append(
                    Finding(
                        "warning",
                        f"{organization}: {row.name}",
                        f"is not complete, so it is not asked: {router.what_is_wrong(row)}",
                        "Complete it, or switch it off, under Providers in the admin.",
                    )
                )
        asked = organization.assistants.filter(enabled=True).first()
        models = [str(one) for group in router.candidates(asked) for one in group] if asked else []
        seen.organizations.append(
            {"name": organization.name, "providers": own, "platform": organization.use_platform_providers, "asks": models}
        )


def _providers(seen: Examination, rows: list[tuple[Row, ProviderSettings]]) -> None:
    found = seen.found
    demo = [provider for provider in found.providers if provider.source == "demo"]
    for problem in found.problems:
        seen.findings.append(Finding(problem.level, problem.variable, problem.message, problem.hint))
    if demo:
        seen.answers = "the built-in demonstration model, because no provider is set up"
        remedy = "Set AI_API_KEY, or AI_BASE_URL and AI_MODEL for a server of your own: see docs/providers.md."
        seen.findings.append(Finding("hint", "providers", "only the demonstration model answers", remedy))
    elif found.usable:
        models = ", ".join(f"{one.name}/{one.smart} (quick tasks: {one.fast})" for one in in_order(found))
        seen.answers = f"{models}; {found.rotation}" if len(found.usable) > 1 else models
    else:
        seen.answers = "nobody" if not rows else "the organizations' own providers alone"
        remedy = "Set at least one AI_<NAME>_KEY or AI_API_KEY, see that one has AI_<NAME>_ENABLED=true, and mend the rest."
        seen.findings.append(Finding("warning" if rows else "error", "providers", "No available AI providers", remedy))
    speaker, reason = realtime.choose(found.usable, azure=found.realtime_azure)
    seen.voice = f"{speaker.name}/{speaker.realtime}" if speaker else reason
    if maker := embeddings.configured():
        seen.findings.append(Finding("ok", "search by meaning", f"vectors by {maker.smart} at {_host(maker.base_url)}"))
    for provider in [*found.usable, *(provider for _, provider in rows)]:
        models_in_use = {provider.smart, provider.fast} | ({provider.realtime} if provider is speaker else set())
        for notice in retirements.notices(provider, models_in_use - {""}):
            level: Level = "error" if notice.stage == 0 and notice.model == provider.smart else "warning"
            remedy = "Name another model, and try it with `doctor --probe`."
            if notice.model == provider.realtime:
                remedy = f"Set AI_REALTIME_MODEL{f'={notice.replacement}' if notice.replacement else ''}."
            seen.findings.append(Finding(level, provider.name, str(notice), remedy))


def in_order(found: Configuration) -> list[ProviderSettings]:
    """As they are asked first: failover by weight, all else by name."""
    if found.rotation == "failover":
        return sorted(found.usable, key=lambda provider: -provider.weight)
    return list(found.usable)


def _probe(seen: Examination, rows: list[tuple[Row, ProviderSettings]], *, keep: bool, record: bool = False) -> None:
    """Ask every usable provider at once, and `keep` what was measured. The demonstration model is a part of the server."""
    platform = [provider for provider in seen.found.usable if provider.source != "demo"]
    owners: list[tuple[Row | None, ProviderSettings]] = [*((None, provider) for provider in platform), *rows]

    own_hosts = [urlsplit(url).hostname or "" for url in (settings.PUBLIC_URL, settings.DEMO_MODEL_URL)]

    async def one(provider: ProviderSettings, tools: list[ToolSpec]) -> Report:
        with recorder.recording() as exchanges:
            report = await probe(provider, tools=tools, realtime_azure=seen.found.realtime_azure)
        if record:
            day = f"{timezone.now():%Y-%m-%d}"
            seen.transcripts.append(transcript.written(provider, report.model, exchanges, at=day, own_hosts=own_hosts))
        return report

    async def all_of_them() -> list[Report]:
        return await asyncio.gather(*(one(provider, own) for (_, provider), own in zip(owners, tools, strict=True)))

    # The real schemas are what servers stumble over; without a database there are none.
    tools = [tools_offered(row.organization if row else None) if keep else [] for row, _ in owners]
    seen.reports = asyncio.run(all_of_them())
    if maker := embeddings.configured():
        try:
            asyncio.run(embeddings.ask(maker, ["ok"], PROBE_SECONDS))
        except ProviderError as error:
            remedy = f"Until then knowledge is searched by words alone. {REMEDIES.get(error.cause, '')}".strip()
            seen.findings.append(Finding("warning", f"{maker.name}: vectors", str(error), remedy))
    for (row, provider), report in zip(owners, seen.reports, strict=True):
        if keep:
            measuring.keep(report, provider, row)
        for check in report.checks:
            if check.outcome == "failed":
                level: Level = "error" if check.name == "chat" or not report.ok else "warning"
                seen.findings.append(Finding(level, f"{provider.name}: {check.name}", check.detail, check.remedy))
            elif check.outcome == "no" and check.name == "tools":
                seen.findings.append(Finding("warning", f"{provider.name}: tools", check.detail, check.remedy))


def hints(found: Configuration, reports: Iterable[Report] = ()) -> list[Finding]:
    """What would make a set-up that works a better one."""
    advice: list[tuple[str, str, str]] = []
    usable = [provider for provider in found.usable if provider.source != "demo"]
    hosted = [provider for provider in usable if not presets.is_local(provider.base_url)]
    weights = {provider.weight for provider in usable}
    if len(usable) == 1:
        advice.append(
            (
                "failover",
                "there is one provider only: while it is down, nobody answers",
                "Add a second one with AI_<NAME>_KEY, or a fallback model in the assistant's settings.",
            )
        )
    if len(usable) > MANY_PROVIDERS:
        advice.append(
            (
                "providers",
                f"there are {len(usable)} providers, each with limits and bills of its own",
                "Begin with one or two, and add more when they are needed.",
            )
        )
    if len(usable) > 1 and (not found.retry_failed or not found.max_retries):
        advice.append(
            (
                "failover",
                "a failed request is not given to the next provider",
                "Leave AI_RETRY_FAILED and AI_MAX_RETRIES at their defaults.",
            )
        )
    if len(weights) == 1 and len(usable) > 1 and found.rotation in ("weighted", "failover"):
        advice.append(
            (
                "AI_ROTATION",
                f"{found.rotation} with equal weights goes by name alone",
                "Set AI_<NAME>_WEIGHT: the highest is asked first, or most.",
            )
        )
    if len(weights) > 1 and found.rotation in ("round-robin", "random"):
        advice.append(
            ("AI_ROTATION", f"weights mean nothing to {found.rotation}", "Set AI_ROTATION to weighted or failover.")
        )
    keys = Counter(provider.key for provider in usable if provider.key and len(provider.key) >= 12)
    if any(number > 1 for number in keys.values()):
        advice.append(
            (
                "keys",
                "several providers share one key, and so its limits and its loss",
                "Give each its own, with no more rights than it needs, and change them regularly.",
            )
        )
    for provider in usable:
        if any(word in provider.name for word in ("test", "experiment", "staging", "trial")):
            advice.append(
                (
                    provider.name,
                    "answers visitors, though its name says that it is being tried out",
                    f"Set AI_{provider.name.upper().replace('-', '_')}_ENABLED=false until you have probed it.",
                )
            )
        if provider.max_output_tokens and provider.max_output_tokens > MANY_TOKENS:
            advice.append(
                (
                    provider.name,
                    f"answers may be {provider.max_output_tokens} tokens long",
                    "Visitors read a few hundred words at most; a lower limit is faster and cheaper.",
                )
            )
        if provider.key.startswith("sk-") and not provider.key.startswith("sk-proj-") and provider.preset == "openai":
            advice.append(
                (provider.name, "its key is not one of a project", "A project's key reaches less when it is lost.")
            )
        if presets.is_local(provider.base_url):
            advice.append((provider.name, PRESETS[provider.preset].limits or "runs on your own machines", MODEL_ADVICE))
    for provider in hosted:
        if provider.smart == provider.fast:
            advice.append(
                (
                    provider.name,
                    f"quick tasks, such as titles, are done by {provider.smart} too",
                    "A smaller fast model does them for less.",
                )
            )
    if hosted:
        advice.append(
            (
                "costs",
                "requests are billed by the provider",
                "See Usage and Statistics in the admin; caps are on by default.",
            )
        )
    for report in reports:
        if (report.first_token_ms or 0) > SLOW_MS:
            advice.append(
                (
                    report.provider,
                    f"its first word takes {report.first_token_ms} ms",
                    "A faster model or provider helps (Groq, Cerebras), and so do shorter instructions and knowledge.",
                )
            )
    if len(usable) > 1 and settings.LOG_LEVEL != "DEBUG":
        advice.append(("LOG_LEVEL", "which provider was chosen, and why, is not logged", "Set LOG_LEVEL=debug to see it."))
    return [Finding("hint", *line) for line in advice]


# --- Everything else --------------------------------------------------------------------------------------------------


def _database(seen: Examination) -> bool:
    """Whether the database can be read, and is of this version."""
    name = f"{connection.vendor}, {connection.settings_dict.get('HOST') or connection.settings_dict['NAME']}"
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, OSError) as error:
        seen.findings.append(
            Finding(
                "error",
                "database",
                f"cannot be reached ({type(error).__name__})",
                "Check DATABASE_URL, and that the server runs and lets this user in.",
            )
        )
        return False
    if missing:
        seen.findings.append(
            Finding("error", "database", f"{len(missing)} migrations are missing", "Run: python3 manage.py migrate")
        )
        return False
    seen.findings.append(Finding("ok", "database", name))
    return True


def _basics(seen: Examination, *, ask: bool) -> None:
    say = seen.findings.append
    for message in checks.run_checks(include_deployment_checks=not settings.EMBEDDED):
        if message.id in TOLD or (message.id in OF_HTTPS and not settings.PUBLIC_URL.startswith("https:")):
            continue
        level: Level = "error" if message.level >= checks.ERROR else "warning" if message.level >= checks.WARNING else "hint"
        say(Finding(level, message.id or "check", message.msg, message.hint or ""))
    for name, url in (("redis", settings.REDIS_URL), ("broker", settings.CELERY_BROKER_URL)):
        if not url or url.startswith("memory:"):
            say(Finding("ok", name, "not needed: everything runs in one process"))
        elif wrong := _silent(url):
            say(Finding("error", name, f"does not answer at {_host(url)} ({wrong})", "Check its address, and that it runs."))
        else:
            say(Finding("ok", name, f"answers at {_host(url)}"))
    _email(seen, ask=ask)
    try:
        opened = secrets.unseal(secrets.seal("probe", "doctor"), "doctor") == "probe"
    except Exception as error:  # whatever is wrong with a key, it is to be told and not to be shown
        opened = False
        say(Finding("error", "FIELD_KEYS", f"cannot seal and open ({type(error).__name__})", "Run: python3 manage.py keys"))
    if opened:
        say(Finding("ok", "keys", f"{len(settings.FIELD_KEYS)} to seal stored secrets with"))
    _addresses(seen)


def _silent(url: str) -> str:
    """Why the server behind `url` does not answer; empty when it does."""
    try:
        if url.startswith("redis"):
            with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as server:
                server.ping()
        else:
            with Connection(url, connect_timeout=3) as broker:  # type: ignore[no-untyped-call]
                broker.connect()
    except (redis.RedisError, OperationalError, OSError, ValueError) as error:
        return type(error).__name__
    return ""


def _email(seen: Examination, *, ask: bool) -> None:
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        if settings.EMBEDDED:  # where it is not, a start-up check tells
            seen.findings.append(Finding("ok", "e-mail", f"goes to the {backend} and to nobody else: EMAIL_URL is not set"))
        return
    if ask:
        try:
            mailer = get_connection(fail_silently=False)
            mailer.open()
            mailer.close()
        except (OSError, ValueError) as error:  # smtplib's errors are OSErrors
            seen.findings.append(
                Finding(
                    "error",
                    "e-mail",
                    f"{settings.EMAIL_HOST} does not let us in ({type(error).__name__})",
                    "Check host, port, encryption, user and password in EMAIL_URL.",
                )
            )
            return
    seen.findings.append(Finding("ok", "e-mail", f"goes through {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"))


def _addresses(seen: Examination) -> None:
    say = seen.findings.append
    parts = urlsplit(settings.PUBLIC_URL)
    if settings.EMBEDDED or parts.scheme == "https":
        say(Finding("ok", "PUBLIC_URL", settings.PUBLIC_URL))
    if parts.scheme == "https" and not settings.TRUSTED_PROXY_COUNT:
        say(
            Finding(
                "hint",
                "TRUSTED_PROXY_COUNT",
                "is 0: behind a reverse proxy, all visitors seem to come from it",
                "Set it to the number of proxies. They must pass WebSockets on, and keep them for 60 s at least.",
            )
        )
    dotenv = settings.BASE_DIR / ".env"
    if dotenv.is_file() and dotenv.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        say(Finding("hint", ".env", "can be read by other users of this machine", "Run: chmod 600 .env"))
    if not any(finding.about == "database" and finding.level == "error" for finding in seen.findings):
        shown = Assistant.objects.filter(enabled=True, organization__active=True).select_related("organization")
        nowhere = [a for a in shown if not a.organization.allow_any_origin and not a.organization.allowed_origins.strip()]
        for assistant in nowhere[:MAX_ORGANIZATIONS]:
            say(
                Finding(
                    "warning",
                    str(assistant),
                    "may be shown on no site yet",
                    "Add the site to the organization's allowed origins.",
                )
            )


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
