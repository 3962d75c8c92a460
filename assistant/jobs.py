"""What the clock runs. Each job finds its own work in the database, so a tick that is missed or doubled costs nothing."""

from __future__ import annotations

from celery import shared_task

from assistant.db import fresh_connections
from assistant.services import appointments, deliveries, ledger, usage
from assistant.services.knowledge import documents


@shared_task(name="assistant.jobs.sweep")  # type: ignore[untyped-decorator]
@fresh_connections()
def sweep() -> None:
    """Hand over again what a broker or a dead worker forgot, and let go of what nobody confirmed. Every few seconds."""
    deliveries.ring_due()
    appointments.expire_holds()
    ledger.give_up_waiting()
    documents.ring_due()


@shared_task(name="assistant.jobs.tidy")  # type: ignore[untyped-decorator]
@fresh_connections()
def tidy() -> None:
    """Let go of what has been kept for long enough. Every hour."""
    usage.sweep()
