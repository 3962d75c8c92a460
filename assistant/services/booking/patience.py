"""Transactions that wait for other people's locks for a bounded time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

from assistant.errors import ToolError

SECONDS = 8.0  # two such waits are shorter than a method's call may take, so that the refusal comes from here, with its name


class Busy(ToolError):
    """Too many others are changing the same thing."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__(
            "Too many people are booking on this calendar at this moment. Nothing was changed. Try the same again shortly."
        )


@contextmanager
def atomic(seconds: float | None = SECONDS) -> Iterator[None]:
    """A transaction in which no wait for a lock lasts longer than that; None: as the database is set up. Raises `Busy`.

    On SQLite the lock is the transaction's own and waited for as it begins; inside another transaction it is there already.
    """
    if seconds is None:
        with transaction.atomic():
            yield
        return
    try:
        with _until_locked(seconds), transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds * 1000:.0f}ms"])
            yield
    except OperationalError as error:
        if _is_busy(error):
            raise Busy from error
        raise


@contextmanager
def _until_locked(seconds: float) -> Iterator[None]:
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    usual = connection.settings_dict.get("OPTIONS", {}).get("timeout", 5)
    _wait_at_most(seconds)
    try:
        yield
    finally:
        _wait_at_most(usual)


def _wait_at_most(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


def _is_busy(error: OperationalError) -> bool:
    cause = error.__cause__
    return getattr(cause, "sqlstate", "") == "55P03" or getattr(cause, "sqlite_errorname", "").startswith("SQLITE_BUSY")
