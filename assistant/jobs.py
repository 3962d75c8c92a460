"""Scheduled jobs. Each finds its own work in the database, so a run that is missed or doubled costs nothing."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import date
from itertools import islice
from typing import Any

from asgiref.sync import async_to_sync
from celery import shared_task
from django.conf import settings
from django.contrib.auth import get_user_model

from assistant import live
from assistant.async_db import fresh_connections
from assistant.errors import ToolError
from assistant.models import Organization, StaffEvent
from assistant.providers import embeddings, measuring, probe, retirements
from assistant.providers.configuration import ProviderSettings
from assistant.services import admin_pages, failing_steps, logins
from assistant.services.booking.appointments import holds
from assistant.services.booking.availability import browsing
from assistant.services.booking.calendar_sync import busy_times, entries
from assistant.services.booking.messages import reminders
from assistant.services.conversations import email_answers, idle, mailbox, voice_calls
from assistant.services.deliveries import outbox
from assistant.services.files import storing
from assistant.services.knowledge import documents, vectors
from assistant.services.methods import ledger, replays
from assistant.services.notifications import queue as notifications
from assistant.services.privacy import erasure, retention
from assistant.services.providers import budgets, health
from assistant.tools.offered import tools_offered

log = logging.getLogger(__name__)

ASKING_SECONDS = 60  # all providers together, for the ends of their models
ASKED_AT_ONCE = 8
MEASURED_AT_ONCE = 3
MEASURING_SECONDS = 90.0
EMBEDDED_AT_ONCE = 50  # organizations
MODEL_PAGES = {"Providers": "assistant_provider_changelist", "Assistants": "assistant_assistant_changelist"}


def _give_up_waiting() -> None:
    for card in ledger.give_up_waiting():
        browsing.offer_again(card)


Steps = Mapping[str, Callable[[], Any]]  # in the order in which they run, by the names that the log and staff read
SWEEP: Steps = {
    "deliveries": outbox.enqueue_due,
    "notifications": notifications.enqueue_due,
    "answers by e-mail": email_answers.send_due,
    "held times": holds.expire_holds,
    "unconfirmed calls": _give_up_waiting,
    "reminders": reminders.send_due,
    "orphaned calls": ledger.close_orphans,
    "documents to read": documents.enqueue_due,
    "documents to index": documents.index_due,
    "busy times": busy_times.enqueue_due,
    "entries in outside calendars": entries.enqueue_due,
    "replays": replays.enqueue_due,
    "erasures": erasure.finish_due,
    "voice calls": voice_calls.end_due,
    "dropped files": storing.delete_dropped,
}
TIDY: Steps = {
    "usage and counters": budgets.sweep,
    "retention": retention.run,
    "notifications": notifications.delete_settled,
    "expired logins": logins.delete_expired,
}


def run_steps(job: str, steps: Steps) -> list[str]:
    """Run every step, whatever becomes of the others; returns the names of those that failed. Each of them is logged, and
    finds its work again at the next run; the first page of the admin shows it until then."""
    failed = []
    for name, run in steps.items():
        try:
            run()
        except Exception:
            log.exception("The step “%s” of the job “%s” failed. The next run tries it again.", name, job)
            failed.append(name)
    failing_steps.record(job, steps, failed)
    return failed


@shared_task(name="assistant.jobs.sweep")  # type: ignore[untyped-decorator]
@fresh_connections()
def sweep() -> None:
    """Hand over again what a broker or a dead worker forgot, and let go of what nobody confirmed. Every few seconds."""
    run_steps("sweep", SWEEP)


@shared_task(name="assistant.jobs.tick")  # type: ignore[untyped-decorator]
def tick() -> None:
    """Do nothing: that it ran shows that there is a worker for its queue. On each queue, every minute."""


@shared_task(name="assistant.jobs.read_mailbox")  # type: ignore[untyped-decorator]
@fresh_connections()
def read_mailbox() -> None:
    """Take in visitors' replies from the mailbox that INBOUND_IMAP_URL names, if it does. Every minute."""
    if settings.INBOUND_IMAP_URL:
        mailbox.read_mailbox(settings.INBOUND_IMAP_URL)


@shared_task(name="assistant.jobs.close_idle")  # type: ignore[untyped-decorator]
@fresh_connections()
def close_idle() -> None:
    """Close conversations in which nobody says anything any more. Every few minutes."""
    run_steps("idle", {"conversations to close": idle.close_idle})


@shared_task(name="assistant.jobs.embed")  # type: ignore[untyped-decorator]
@fresh_connections()
def embed() -> None:
    """Hand over the organizations with passages that lack a vector of today's model. Every half minute."""
    if embeddings.configured():
        run_steps("embed", {"passages without vectors": _queue_lagging})


def _queue_lagging() -> None:
    lagging = (one for one in vectors.lagging(embeddings.known_space()) if embeddings.provider_for(one))
    for organization in islice(lagging, EMBEDDED_AT_ONCE):
        live.queue_task(vectors.TASK, str(organization.pk))


@shared_task(name="assistant.jobs.tidy")  # type: ignore[untyped-decorator]
@fresh_connections()
def tidy() -> None:
    """Let go of what has been kept for long enough. Every hour."""
    run_steps("tidy", TIDY)


@shared_task(name="assistant.jobs.watch_models")  # type: ignore[untyped-decorator]
@fresh_connections()
def watch_models() -> None:
    """Warn of models that will be shut down. Every few hours."""
    run_steps("watch models", {"ends of models": warn_of_shutdowns})


@shared_task(name="assistant.jobs.measure_models")  # type: ignore[untyped-decorator]
@fresh_connections()
def measure_models() -> None:
    """Measure again what use has contradicted, or what was found missing some time ago. Every hour."""
    run_steps("measure models", {"measurements of models": measure_due})


def measure_due() -> list[probe.Report]:
    """A few models at a time, as each costs some ten short requests of its owner's; what was found."""
    reports = []
    for standing in health.due_for_measuring(MEASURED_AT_ONCE):
        provider = measuring.asked_of(standing)
        if provider is None:
            continue
        owner = standing.provider.organization if standing.provider else None
        report = async_to_sync(probe.probe)(
            provider, standing.model, tools=tools_offered(owner), deadline_seconds=MEASURING_SECONDS
        )
        measuring.keep(report, provider, standing.provider)
        log.info("%s/%s was measured again: %s", provider.name, standing.model, "done" if report.ok else "no answer")
        reports.append(report)
    return reports


def warn_of_shutdowns(today: date | None = None) -> None:
    """Write to those who can choose another model, once for each stage of `retirements.WARNING_DAYS` and once it is over: to
    an organization's team of its own choice, to the operators of the environment's."""
    owners: list[Organization | None] = [None, *Organization.objects.filter(active=True)]
    uses = [(owner, provider, models) for owner in owners for provider, models in retirements.in_use(owner)]
    said = async_to_sync(_read_shutdowns)({(provider.base_url, provider.key): provider for _, provider, _ in uses})
    for owner, provider, models in uses:
        for retirement in retirements.due(provider, models, said.get((provider.base_url, provider.key)), today=today):
            _warn_of(retirement, owner)


def _warn_of(retirement: retirements.Retirement, owner: Organization | None) -> None:
    identity = (
        f"{owner.pk if owner else ''}\n{retirement.provider}\n{retirement.model}\n{retirement.ends_on}\n{retirement.stage}"
    )
    key = "sunset:" + hashlib.sha256(identity.encode()).hexdigest()[:40]
    subject = f"The model {retirement.model} {'has ended' if retirement.days < 0 else f'ends on {retirement.ends_on}'}"
    pages = " or ".join(f"{name} ({admin_pages.address(page)})" for name, page in MODEL_PAGES.items())
    text = (
        f"{retirement}\n\nIt is set up at the provider {retirement.provider}. Once it has ended, that provider answers "
        f"nobody who asks for it. Name another model {f'in the admin, under {pages},' if owner else 'in the environment'}"
        f"{' and try it there' if owner else ', and try it with: python3 manage.py doctor --probe'}."
    )
    if owner:
        link = admin_pages.address(MODEL_PAGES["Providers"])
        budgets.notify_team(owner, subject, text, key=key, event=StaffEvent.PROVIDER, link=link)
    else:
        _email_operators(subject, text, key)


def _email_operators(subject: str, text: str, key: str) -> None:
    for user in get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(email=""):
        try:
            outbox.queue_email(None, outbox.Email(subject, text), to=user.email, key=f"{key}:{user.pk}")
        except ToolError:
            log.warning("user %s: the address cannot be written to", user.pk)


async def _read_shutdowns(providers: dict[tuple[str, str], ProviderSettings]) -> dict[tuple[str, str], dict[str, str]]:
    """What each server says of the ends of its models, as far as it answers in time."""
    said: dict[tuple[str, str], dict[str, str]] = {}
    free = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(place: tuple[str, str], provider: ProviderSettings) -> None:
        async with free:
            said[place] = await probe.shutdowns(provider)

    asking = [asyncio.ensure_future(ask(*one)) for one in providers.items() if one[1].source != "demo"]
    if asking:
        _, late = await asyncio.wait(asking, timeout=ASKING_SECONDS)
        for task in late:
            task.cancel()
        for problem in await asyncio.gather(*asking, return_exceptions=True):
            if isinstance(problem, Exception):
                log.warning("a list of models could not be read: %s", type(problem).__name__)
    return said
