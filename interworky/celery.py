"""The Celery app, and the clock: what runs when."""

import os
from typing import Any

from asgiref.sync import async_to_sync
from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")


def new_app(**options: Any) -> Celery:
    """An app with our settings and tasks. Which queues a worker takes is kept in its app: each embedded one has its own."""
    made = Celery("interworky", **options)
    made.config_from_object("django.conf:settings", namespace="CELERY")
    for name in ("tasks", "jobs", "thoughts", "replay"):
        made.autodiscover_tasks(["assistant"], related_name=name)
    return made


app = new_app()


@app.task(name="interworky.resume_turns")  # type: ignore[untyped-decorator]
def resume_turns() -> None:
    """Answer what no web process is left to answer."""
    from assistant import turns

    async_to_sync(turns.resume_here)()


app.conf.beat_schedule = {
    # A tick that is still waiting when the next one comes has nothing left to do.
    "sweep": {"task": "assistant.jobs.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "think": {"task": "assistant.summaries.think", "schedule": 60.0, "options": {"expires": 60}},
    "embed": {"task": "assistant.jobs.embed", "schedule": 30.0, "options": {"expires": 30}},
    "watch models": {"task": "assistant.jobs.watch_models", "schedule": 10_800.0, "options": {"expires": 3600}},
    "measure models": {"task": "assistant.jobs.measure_models", "schedule": 3600.0, "options": {"expires": 3600}},
    "tidy": {"task": "assistant.jobs.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
}
if not settings.EMBEDDED:  # where the only web process lives and dies with its worker
    app.conf.beat_schedule["resume turns"] = {
        "task": "interworky.resume_turns",
        "schedule": 20.0,
        "options": {"expires": 20},
    }
