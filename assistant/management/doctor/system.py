"""Checks of everything else: database, Redis, broker, e-mail, keys and addresses."""

from __future__ import annotations

import stat
from collections.abc import Callable
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from assistant import secrets
from assistant.management.doctor.findings import Examination, Level, host_of
from assistant.models import Assistant, CalendarAccount, OutsideCalendar, OutsideEntry, Service
from assistant.services import background, failing_steps
from assistant.services.booking.availability import offers
from assistant.services.booking.calendar_sync import busy_times
from assistant.services.conversations import mailbox

MAX_ASSISTANTS = 50
MAX_SERVICES = 200
OF_HTTPS = ("security.W004", "security.W008", "security.W012", "security.W016")  # follow from PUBLIC_URL
REPORTED = ("assistant.E001", "assistant.W001")  # the start-up checks that say what `providers.check` says


def check_database(seen: Examination) -> bool:
    """Whether the database can be read, and is of this version."""
    name = f"{connection.vendor}, {connection.settings_dict.get('HOST') or connection.settings_dict['NAME']}"
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, OSError) as error:
        seen.add(
            "error",
            "database",
            f"cannot be reached ({type(error).__name__})",
            "Check DATABASE_URL, and that the server is running and accepts this user.",
        )
        return False
    if missing:
        seen.add("error", "database", f"{len(missing)} migrations have not been applied", "Run: python3 manage.py migrate")
        return False
    seen.add("ok", "database", name)
    return True


def check(seen: Examination, *, ask: bool) -> None:
    """Every rule of the list; `ask` also connects to the mail server."""
    for rule in RULES:
        rule(seen)
    check_email(seen, ask=ask)
    check_mailbox(seen, ask=ask)


def check_django(seen: Examination) -> None:
    for message in checks.run_checks(include_deployment_checks=not settings.EMBEDDED):
        if message.id in REPORTED or (message.id in OF_HTTPS and not settings.PUBLIC_URL.startswith("https:")):
            continue
        level: Level = "error" if message.level >= checks.ERROR else "warning" if message.level >= checks.WARNING else "hint"
        seen.add(level, message.id or "check", message.msg, message.hint or "")


def check_queues(seen: Examination) -> None:
    for name, url in (("redis", settings.REDIS_URL), ("broker", settings.CELERY_BROKER_URL)):
        if not url or url.startswith("memory:"):
            seen.add("ok", name, "not needed: everything runs in one process")
        elif wrong := _connection_error(url):
            seen.add(
                "error",
                name,
                f"does not answer at {host_of(url)} ({wrong})",
                "Check its address, and that it is running.",
            )
        else:
            seen.add("ok", name, f"answers at {host_of(url)}")


def _connection_error(url: str) -> str:
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


def check_email(seen: Examination, *, ask: bool) -> None:
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        if settings.EMBEDDED:  # where it is not, a start-up check says so
            seen.add("ok", "e-mail", f"goes to the {backend} only: EMAIL_URL is not set")
        return
    if ask:
        try:
            mailer = get_connection(fail_silently=False)
            mailer.open()
            mailer.close()
        except (OSError, ValueError) as error:  # smtplib's errors are OSErrors
            seen.add(
                "error",
                "e-mail",
                f"cannot log in to {settings.EMAIL_HOST} ({type(error).__name__})",
                "Check host, port, encryption, user and password in EMAIL_URL.",
            )
            return
    seen.add("ok", "e-mail", f"goes through {settings.EMAIL_HOST}:{settings.EMAIL_PORT}")


def check_mailbox(seen: Examination, *, ask: bool) -> None:
    """Whether visitors' replies can be read where INBOUND_IMAP_URL says that they come in."""
    if not settings.INBOUND_IMAP_URL or not ask:
        return
    try:
        mailbox.open_mailbox(settings.INBOUND_IMAP_URL).logout()
    except mailbox.Unusable as problem:
        hint = "Check scheme, host, port, user, password and folder in INBOUND_IMAP_URL."
        seen.add("error", "mailbox", f"cannot be read: {problem}", hint)
    else:
        seen.add("ok", "mailbox", "can be read")


def check_keys(seen: Examination) -> None:
    try:
        opened = secrets.unseal(secrets.seal("probe", "doctor"), "doctor") == "probe"
    except Exception as error:  # whatever is wrong with a key, report it without showing it
        opened = False
        seen.add(
            "error", "FIELD_KEYS", f"cannot encrypt and decrypt ({type(error).__name__})", "Run: python3 manage.py keys"
        )
    if opened:
        seen.add("ok", "keys", f"{len(settings.FIELD_KEYS)} to encrypt stored secrets with")


def check_public_url(seen: Examination) -> None:
    parts = urlsplit(settings.PUBLIC_URL)
    if settings.EMBEDDED or parts.scheme == "https":
        seen.add("ok", "PUBLIC_URL", settings.PUBLIC_URL)
    if parts.scheme == "https" and not settings.TRUSTED_PROXY_COUNT:
        seen.add(
            "hint",
            "TRUSTED_PROXY_COUNT",
            "is 0: behind a reverse proxy, all visitors seem to have the proxy's address",
            "Set it to the number of proxies. They must pass WebSockets on, and keep them open for at least 60 s.",
        )


def check_background(seen: Examination) -> None:
    """The scheduler and the queues on which nobody works, and steps of scheduled jobs that failed when they last ran."""
    for one in background.stopped():
        since = f", since {one.since:%Y-%m-%d %H:%M} UTC" if one.since else ""
        seen.add("warning", "background", f"{one.what}{since}. Waiting for it: {one.work}", one.remedy)
    for step in failing_steps.current():
        since = f"{step.since:%Y-%m-%d %H:%M} UTC"
        remedy = "The log of the workers names the reason. The step runs again by itself."
        seen.add("warning", f"job “{step.job}”", f"the step “{step.name}” has been failing since {since}", remedy)


def check_env_file(seen: Examination) -> None:
    dotenv = settings.BASE_DIR / ".env"
    if dotenv.is_file() and dotenv.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        seen.add("hint", ".env", "can be read by other users of this machine", "Run: chmod 600 .env")


def check_sites(seen: Examination) -> None:
    if any(finding.about == "database" and finding.level == "error" for finding in seen.findings):
        return
    shown = Assistant.objects.filter(enabled=True, organization__active=True).select_related("organization")
    nowhere = [a for a in shown if not a.organization.allow_any_origin and not a.organization.allowed_origins.strip()]
    for assistant in nowhere[:MAX_ASSISTANTS]:
        seen.add(
            "warning",
            str(assistant),
            "is not allowed on any site yet",
            "Add the site to the organization's allowed origins.",
        )


def check_services(seen: Examination) -> None:
    """Services that nobody can book, whatever is booked already."""
    if any(finding.about == "database" and finding.level == "error" for finding in seen.findings):
        return
    offered = Service.objects.filter(active=True, organization__active=True, offerings__isnull=False).distinct()
    for service in offered.select_related("organization")[:MAX_SERVICES]:
        if not offers.is_ever_open(service):
            about, text = f"{service.organization}: {service}", "visitors cannot find a time for this service"
            remedy = "Check its length, breaks, notice and days ahead, and the opening hours of its calendars."
            seen.add("warning", about, text, remedy)


def check_outside_calendars(seen: Examination) -> None:
    if any(finding.about == "database" and finding.level == "error" for finding in seen.findings):
        return
    for account in CalendarAccount.objects.filter(state=CalendarAccount.State.WITHDRAWN).select_related("organization"):
        remedy = "Connect it in the admin under Calendar accounts."
        seen.add("warning", f"{account.organization}: {account}", account.problem, remedy)
    for outside in OutsideCalendar.objects.failing().select_related("organization")[:MAX_ASSISTANTS]:
        about, remedy = f"{outside.organization}: {outside}", "Check it in the admin under Outside calendars."
        seen.add("warning", about, busy_times.state_of(outside), remedy)
    if unwritten := OutsideEntry.objects.failed().count():
        seen.add("warning", "outside calendars", f"{unwritten} bookings could not be entered yet",
                 "The admin lists the reasons under Outside calendars.")  # fmt: skip


RULES: tuple[Callable[[Examination], None], ...] = (
    check_django,
    check_queues,
    check_keys,
    check_public_url,
    check_background,
    check_env_file,
    check_sites,
    check_services,
    check_outside_calendars,
)
