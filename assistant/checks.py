"""Start-up checks. Each has an id to look up and to silence, and a hint that says what to do; none shows a value.

assistant.E001       a provider in the environment cannot be used as it is; W001: it can, but look at it
assistant.W002       a variable looks like a slip of the pen
assistant.E003       stored secrets were sealed with keys that are gone (where there is a database to ask)
assistant.W004       a model for vectors is named, and the package that searches them is missing
assistant.W016       tool calls were left open (where there is a database to ask)
assistant.E101–E108  what is good for trying and wrong for production (check --deploy)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from assistant import secrets
from assistant.providers import configuration
from assistant.services.knowledge import vectors
from assistant.services.methods import ledger

SECRET_KEY_CHARS = 50


@register()
def providers(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    problems = configuration.load(settings.AI_ENVIRONMENT).problems
    return [
        (Error if problem.level == "error" else Warning)(
            f"{problem.variable} {problem.message}.",
            hint=problem.hint or None,
            id=f"assistant.{'E' if problem.level == 'error' else 'W'}001",
        )
        for problem in problems
    ]


@register()
def misspelt_variables(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [
        Warning(f"{name} is not read.", hint=f"Did you mean {meant}?", id="assistant.W002")
        for name, meant in settings.MISSPELT_VARIABLES.items()
    ]


@register()
def missing_extra(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    if configuration.load(settings.AI_ENVIRONMENT).embedding is None or vectors.installed():
        return []
    return [
        Warning(
            "EMBEDDING_MODEL is set, but numpy is not installed: knowledge is searched by words alone.",
            hint="Install it: pip install --require-hashes -r requirements-vectors.lock",
            id="assistant.W004",
        )
    ]


@register(Tags.database)
def lost_keys(app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """What was sealed with a key that is gone can never be opened again: better not to start than to find out later."""
    if not databases:
        return []
    try:
        lost = {secrets.sealed_with(text) for text in _sealed_texts()} - secrets.known_keys()
    except DatabaseError:
        return []  # not there, or not migrated yet: other checks say so
    if not lost:
        return []
    return [
        Error(
            f"Stored secrets were sealed with keys that FIELD_KEYS does not hold: {', '.join(sorted(lost))}.",
            hint="Add the old keys again, after the new one: the first key encrypts, and all of them decrypt.",
            id="assistant.E003",
        )
    ]


@register(Tags.database)
def open_calls(app_configs: object = None, databases: Sequence[str] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Every call of a turn that ended is closed with it; the sweep closes what a killed process left behind."""
    if not databases:
        return []
    try:
        count = ledger.orphans().count()
    except DatabaseError:
        return []  # not there, or not migrated yet: other checks say so
    if not count:
        return []
    return [
        Warning(
            f"{count} tool calls were left open.",
            hint="The sweep closes them every 15 seconds: check that beat and a worker are running.",
            id="assistant.W016",
        )
    ]


def _sealed_texts() -> Iterator[str]:
    from assistant.models import Method, Provider

    yield from Provider.objects.exclude(sealed_key="").values_list("sealed_key", flat=True)
    for kept in Method.objects.exclude(secrets={}).values_list("secrets", flat=True):
        yield from (entry["sealed"] for entry in kept.values())


@register(Tags.security, deploy=True)
def embedded_pieces(app_configs: object, settings: Any = settings, **kwargs: object) -> list[CheckMessage]:
    address = urlsplit(settings.PUBLIC_URL)
    email = settings.EMAIL_BACKEND.rpartition(".")[0]
    found: tuple[tuple[str, Any, str, str], ...] = (
        ("101", settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql",
         "The database is SQLite: one machine, one writer at a time.", "Set DATABASE_URL to a PostgreSQL server."),
        ("102", not settings.REDIS_URL,
         "The cache and broadcasts are local to one process: a second one would not receive them.", "Set REDIS_URL."),
        ("103", settings.CELERY_BROKER_URL.startswith("memory:"),
         "Tasks are queued in memory, where no other worker finds them.", "Set REDIS_URL or CELERY_BROKER_URL."),
        ("104", address.scheme != "https" or address.hostname in ("localhost", "127.0.0.1"),
         "PUBLIC_URL is not an https address that visitors can reach.", "Set it to this server's public address."),
        ("105", "*" in settings.ALLOWED_HOSTS,
         "ALLOWED_HOSTS accepts any host name.", "List the host names of this server."),
        ("106", email in ("django.core.mail.backends.console", "interworky.unsent_mail", "interworky.demo.mailbox"),
         "E-mail is not sent.", "Set EMAIL_URL, such as smtp+tls://user:password@smtp.example.com:587."),
        ("107", settings.DEMO_MODEL or settings.DEMO_SITE,
         "The demonstration is on: its model may answer visitors.", "Set DEMO_MODEL and DEMO_SITE to false."),
        ("108", len(settings.SECRET_KEY) < SECRET_KEY_CHARS,
         f"SECRET_KEY is shorter than {SECRET_KEY_CHARS} characters.", "Make one: python3 manage.py keys"),
    )  # fmt: skip
    return [Error(text, hint=hint, id=f"assistant.E{number}") for number, wrong, text, hint in found if wrong]
