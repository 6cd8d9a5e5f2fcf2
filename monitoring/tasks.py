"""Celery's doors into monitoring: each tick takes what is due from the rows."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from eventplatform import exposition
from eventplatform.celery import app
from eventplatform.eventlog import event_log
from monitoring import canaries, daily_volumes, observing, services, volumes
from monitoring.alerts import tasks as alert_tasks
from monitoring.hours import services as hours
from monitoring.hours import weighing
from monitoring.outcomes import recording
from monitoring.posting import Intake
from monitoring.realtime import expectations
from monitoring.realtime import services as saved_queries
from monitoring.rejected import collecting, retention, runs
from monitoring.schedule import SCHEDULE
from monitoring.traffic import rolling, watching

log = logging.getLogger(__name__)

_KEEP = timedelta(days=7)
_KEEP_COUNTS = timedelta(days=8)  # the first of seven days is to be whole


@app.on_after_finalize.connect
def _add_schedule(sender: Any, **_: Any) -> None:
    sender.conf.beat_schedule = {**(sender.conf.beat_schedule or {}), **SCHEDULE, **alert_tasks.SCHEDULE}


@shared_task
def worker_alive() -> None:
    """Beat sent it and a worker ran it: both live. It also merges the metrics of worker processes that ended."""
    services.beat(role="worker", now=timezone.now())
    exposition.tidy()


@shared_task
def canary_tick() -> None:
    """Send the canaries that are due."""
    with canaries.opened_intakes() as intakes:
        canaries.send_due(event_log(), *intakes)


@shared_task
def observe_tick() -> None:
    """Look where the canaries under way are."""
    observing.observe(event_log())


@shared_task
def hours_tick() -> None:
    """Note where hours end in the log, and judge those that are over."""
    weighing.tick(event_log())


@shared_task
def sample_volumes() -> None:
    """Count what came, in the log and at both doors."""
    with Intake(settings.INTAKE_URL) as intake:
        volumes.sample_intake(intake)
    with Intake(settings.WEB_URL, headers=volumes.headers_of_the_proxy()) as web:
        volumes.sample_web(web)
    volumes.sample(event_log())


@shared_task
def keep_log_in_bounds() -> None:
    """Let the log delete what is older than its topics keep; Kafka does that by itself."""
    deleted = event_log().apply_retention()
    if deleted:
        log.info("log.retention_applied", extra={"deleted": deleted})


@shared_task
def roll_up_days() -> None:
    """Add up the minutes of the days that are over."""
    daily_volumes.roll_up()


@shared_task
def watch_traffic() -> None:
    """Add up the minutes of hours, and look whether what streams carry is usual."""
    watching.tick()


@shared_task
def forget() -> None:
    """Delete what is too old to be shown."""
    services.forget(before=timezone.now() - rolling.MINUTES_KEPT)
    recording.forget(before=timezone.now() - _KEEP_COUNTS)
    hours.forget(before=timezone.now() - _KEEP_COUNTS)
    rolling.forget()
    saved_queries.forget(before=timezone.now() - _KEEP)


@shared_task
def evaluate_expectations() -> None:
    """Ask the saved questions that expect something and are due."""
    expectations.evaluate_due(event_log())


@shared_task
def collect_rejected() -> None:
    """Read what error streams hold into the table of dead letters."""
    collecting.collect(event_log())


@shared_task
def forget_rejected() -> None:
    """Delete the dead letters that are kept no longer."""
    retention.forget()


@shared_task
def rejected_run(run_id: int) -> None:
    """Go on with a dry run, a replay or a deletion, and hand the rest to whoever is free."""
    if not runs.work(run_id):
        rejected_run.delay(run_id)


@shared_task
def rejected_runs() -> None:
    """Take up the runs whose worker was lost."""
    for run in runs.unfinished():
        rejected_run.delay(run.id)
