"""`manage.py doctor`: what is set up, where it was found, which model answers, what is wrong and how to fix it.

Reads everything and changes nothing; with --probe it asks the servers, and keeps what it measured for the router. The exit
code is 1 when something must be fixed before visitors are answered, otherwise 0. No secret is ever printed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from assistant.management.doctor import Examination, Finding, described, examine, new_style
from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe import Report

MARKS = {"ok": "✓", "hint": "·", "warning": "!", "error": "✗"}


class Command(BaseCommand):
    help = "Show what is set up, which model answers, what is wrong and how to fix it."
    requires_system_checks = ()  # the command runs and reports them itself

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--probe", action="store_true", help="ask the model servers, the broker and the mail server")
        parser.add_argument(
            "--record",
            metavar="FILE",
            help="as --probe, and write the servers' raw answers to FILE for a bug report, without keys and host names",
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        target = Path(options["record"]) if options["record"] else None
        if target and (target.exists() or not target.absolute().parent.is_dir()):
            raise CommandError(f"Cannot write {target}: it exists already, or its folder does not. Name a new file.")
        seen = examine(ask=options["probe"] or target is not None, record=target is not None)
        if target:
            target.touch(mode=0o600)
            target.write_text("\n".join(seen.transcripts) or "# No provider was asked.\n", encoding="utf-8")
            if not options["json"]:
                self.stdout.write(
                    f"The requests and answers are in {target}. Keys, host names and addresses are masked; it contains the "
                    "names and descriptions of your methods, so read through it before you send it.\n"
                )
        self.stdout.write(json.dumps(seen.as_json(), indent=2) if options["json"] else "\n".join(page(seen)))
        if not seen.healthy:
            raise SystemExit(1)


def page(seen: Examination) -> Iterator[str]:
    """The report, line by line."""
    found = seen.found
    yield "Who answers: " + seen.answers
    yield "Voice: " + seen.voice
    if len(found.usable) > 1:
        retries = f"{found.max_retries} retries" if found.retry_failed else "no retries"
        yield f"Rotation: {found.rotation}, {retries}"
    yield ""
    yield "Where providers were looked for, in this order"
    yield from _sources(seen)
    for report in seen.reports:
        yield ""
        yield from _probed(report)
    for title, levels in (("Problems", ("error", "warning")), ("Suggestions", ("hint",)), ("OK", ("ok",))):
        yield from _section(title, [finding for level in levels for finding in seen.findings if finding.level == level])
    if today := new_style(found):
        yield ""
        yield "The same settings under their current names"
        yield from (f"  {variable}={text}" for variable, text in today.items())


def _sources(seen: Examination) -> Iterator[str]:
    """Where providers can come from, and which each place holds."""
    found = seen.found
    own = sum(len(organization["providers"]) for organization in seen.organizations)
    yield f"  1. organizations' own providers: {own}"
    for organization in seen.organizations:
        names = ", ".join(_named(provider) for provider in organization["providers"])
        yield f"       {organization['name']}: {names}; asks {' → '.join(organization['asks']) or 'nobody'}"
    for number, group in enumerate(found.groups, 2):
        yield f"  {number}. {group.label}: {group.state}"
        for provider in group.providers:
            yield from _provider_lines(provider)
    demo = any(provider.source == "demo" for provider in found.providers)
    yield f"  {len(found.groups) + 2}. the demonstration model: {'used' if demo else 'not used'}"


def _probed(report: Report) -> Iterator[str]:
    """What a provider's server answered to each check."""
    yield f"Asked: {report.provider}, {report.model}"
    for check in report.checks:
        time = f" ({check.ms} ms)" if check.ms is not None else ""
        yield f"  {check.name.replace('_', ' ')}: {check.outcome}{time} {check.detail}".rstrip()
    if report.capabilities:
        learnt = ", ".join(f"{name}={value!r}" for name, value in sorted(report.capabilities.items()))
        yield f"  learnt: {learnt}"
    if report.models:
        more = f" and {len(report.models) - 10} more" if len(report.models) > 10 else ""
        yield f"  models on the server: {', '.join(report.models[:10])}{more}"
    yield f"  by hand: {report.curl}"


def _section(title: str, findings: list[Finding]) -> Iterator[str]:
    """Findings under a title; nothing where there are none."""
    if findings:
        yield ""
        yield title
    for finding in findings:
        yield f"  {MARKS[finding.level]} {finding.about}: {finding.text}"
        if finding.remedy:
            yield f"      → {finding.remedy}"


def _named(provider: dict[str, Any]) -> str:
    return provider["name"] + ("" if provider["enabled"] else " (off)") + ("" if provider["usable"] else " (incomplete)")


def _provider_lines(provider: ProviderSettings) -> Iterator[str]:
    shown = described(provider)
    off = "" if provider.enabled else ", switched off"
    yield f"       {shown['name']} ({shown['kind']}{off}) from {shown['source']}"
    yield f"         {shown['base_url']}, key {shown['key']}, sent as {shown['sent_as']}"
    voice = f", voice {shown['realtime']}" if shown["realtime"] else ""
    yield f"         smart {shown['smart']}, fast {shown['fast']}{voice}, weight {shown['weight']}"
    if shown["limits"]:
        yield f"         {shown['limits']}"
