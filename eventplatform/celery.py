"""The Celery application: tasks carry ids only and no truth; what should run is rows in Postgres."""

from __future__ import annotations

import gc
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_ready

from eventplatform import env, worker_tasks  # noqa: F401  # it listens to what becomes of tasks

_YOUNG_OBJECTS = 100_000

env.use_settings()

app = Celery("eventplatform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
@worker_process_init.connect
def _collect_less_often(**_: Any) -> None:
    """A slice holds thousands of parsed events at once, none of them in a circle: looking for one among them at every 700
    new objects was a fifth of its time.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 100)
