"""The Celery app and its schedule."""

import os
from typing import Any

from asgiref.sync import async_to_sync
from celery import Celery, signals
from celery.app.amqp import AMQP
from django.conf import settings
from kombu.connection import Connection as AnyConnection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")

SWEEP_SECONDS = 15.0
TICK, TICK_SECONDS = "assistant.jobs.tick", 60.0
RECONNECT_SECONDS = 5  # between attempts to reach a broker that is down; Celery's default goes up to thirty


class Connection(AnyConnection):
    def ensure_connection(self, errback: Any = None, max_retries: int | None = None, *args: Any, **options: Any) -> Any:
        if not args:
            options = {"interval_start": 1, "interval_step": 1, "interval_max": RECONNECT_SECONDS, **options}
        return super().ensure_connection(errback, max_retries, *args, **options)  # type: ignore[no-untyped-call]


class Amqp(AMQP):
    Connection = Connection


def new_app(**options: Any) -> Celery:
    """An app with our settings and tasks. An app stores the queues of its worker, so each embedded worker has its own."""
    made = Celery("interworky", amqp=Amqp, **options)
    made.config_from_object("django.conf:settings", namespace="CELERY")
    for name in ("tasks", "jobs", "summaries", "replay", "voice"):
        made.autodiscover_tasks(["assistant"], related_name=name)
    return made


app = new_app()


@app.task(name="interworky.resume_turns")  # type: ignore[untyped-decorator]
def resume_turns() -> None:
    """Answer messages for which no web process is left."""
    from assistant import turns

    async_to_sync(turns.resume_here)()


@signals.after_task_publish.connect(sender=TICK)  # type: ignore[untyped-decorator]
def _clock_runs(**_: Any) -> None:
    from assistant.services import background

    background.record(background.SCHEDULER)


@signals.task_prerun.connect  # type: ignore[untyped-decorator]
def _queue_is_worked_on(task: Any = None, **_: Any) -> None:
    from assistant.services import background

    if queue := (task.request.delivery_info or {}).get("routing_key"):
        background.record_work(queue)


app.conf.beat_schedule = {
    # A tick that is still queued when the next one comes has nothing left to do, so it expires.
    "sweep": {"task": "assistant.jobs.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
    "summarize": {"task": "assistant.summaries.summarize_due", "schedule": 60.0, "options": {"expires": 60}},
    "read mailbox": {"task": "assistant.jobs.read_mailbox", "schedule": 60.0, "options": {"expires": 60}},
    "close idle": {"task": "assistant.jobs.close_idle", "schedule": 300.0, "options": {"expires": 300}},
    "embed": {"task": "assistant.jobs.embed", "schedule": 30.0, "options": {"expires": 30}},
    "watch models": {"task": "assistant.jobs.watch_models", "schedule": 10_800.0, "options": {"expires": 3600}},
    "measure models": {"task": "assistant.jobs.measure_models", "schedule": 3600.0, "options": {"expires": 3600}},
    "tidy": {"task": "assistant.jobs.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
}
for _queue in settings.CELERY_TASK_QUEUES:
    app.conf.beat_schedule[f"tick {_queue}"] = {
        "task": TICK,
        "schedule": TICK_SECONDS,
        "options": {"queue": _queue, "expires": TICK_SECONDS},
    }
if not settings.EMBEDDED:  # embedded, the only web process and its worker end together
    app.conf.beat_schedule["resume turns"] = {
        "task": "interworky.resume_turns",
        "schedule": 20.0,
        "options": {"expires": 20},
    }
