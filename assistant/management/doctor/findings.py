"""Findings of `manage.py doctor`, printed as text or JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from assistant.providers import configuration
from assistant.providers.configuration import Configuration, ProviderSettings
from assistant.providers.presets import PRESETS
from assistant.providers.probe import Report

Level = Literal["ok", "hint", "warning", "error"]
OLD_STYLE = ("OPENAI_COMPAT_*", "OPENAI_API_KEY")


@dataclass(frozen=True)
class Finding:
    """One thing that is in order (`ok`), could be better (`hint`), or must be fixed (`error`)."""

    level: Level
    about: str
    text: str
    remedy: str = ""


@dataclass
class Examination:
    """All that was found."""

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

    def add(self, level: Level, about: str, text: str, remedy: str = "") -> None:
        self.findings.append(Finding(level, about, text, remedy))

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


def described(provider: ProviderSettings) -> dict[str, Any]:
    """A provider without its secrets."""
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
    """The AI_<NAME>_* variables that replace the older settings in use."""
    lines: dict[str, str] = {}
    for provider in found.providers:
        if provider.source in OLD_STYLE:
            lines |= configuration.in_new_style(provider)
    return lines


def host_of(url: str) -> str:
    """Scheme, host and port of an address: what may be printed of it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
