"""The Celery app, and the clock: what runs when."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")

app = Celery("interworky")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["assistant"])
app.autodiscover_tasks(["assistant"], related_name="jobs")
app.conf.beat_schedule = {
    # A tick that is still waiting when the next one comes has nothing left to do.
    "sweep": {"task": "assistant.jobs.sweep", "schedule": 15.0, "options": {"expires": 15}},
}
