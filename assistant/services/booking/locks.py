"""Locks on calendars, waited for for a bounded time, and appointments as they are once these are held."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, connection, transaction

from assistant.errors import ToolError
from assistant.models import Appointment, Calendar, ToolCall
from assistant.services.methods import ledger

SECONDS = 8.0  # two such waits are shorter than a method's call may take, so that the refusal comes from here, with its name
RELATED = ("calendar", "organization", "service__organization", "visitor", "conversation", "call")


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
def locked(
    calendar_ids: Collection[int], now: datetime, *, call: ToolCall | None = None, seconds: float | None = SECONDS
) -> Iterator[Mapping[int, Calendar]]:
    """The calendars, ours alone until the transaction ends, without lapsed holds.

    They are locked in the order of their ids, so that two who want the same two never wait for each other. On SQLite the
    transaction itself is the lock: it began IMMEDIATE.

    `call` is the one that acts, where one does: its runner may have given it up while we waited for the lock. Raises
    `Busy` after `seconds` (None: never), and `ToolError` for a call that was given up.
    """
    with atomic(seconds):
        rows = Calendar.objects.select_for_update(no_key=True).filter(pk__in=calendar_ids).order_by("pk")
        found = {calendar.pk: calendar for calendar in rows}
        if call is not None:
            ledger.act_for(call)
        Appointment.objects.lapsed(now).filter(calendar__in=found).update(state=Appointment.State.EXPIRED)
        yield found


def fresh(appointment_id: UUID) -> Appointment:
    return Appointment.objects.select_related(*RELATED).get(pk=appointment_id)


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
