"""The Celery app, and the clock: what runs when."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")

app = Celery("interworky")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["assistant"])
app.conf.beat_schedule = {}
