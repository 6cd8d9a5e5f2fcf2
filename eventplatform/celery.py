"""The Celery application: tasks carry ids only and no truth; what should run is rows in Postgres."""

from __future__ import annotations

from celery import Celery

from eventplatform import env

env.use_settings()

app = Celery("eventplatform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
