"""What beat sends: a missed or doubled tick harms nothing, each asks the rows what is due."""

from __future__ import annotations

from typing import Any

# `expires`: a tick that a busy worker didn't reach in time is dropped, the next one does its work.
SCHEDULE: dict[str, dict[str, Any]] = {
    "monitoring.worker_alive": {"task": "monitoring.tasks.worker_alive", "schedule": 5.0, "options": {"expires": 10}},
    "monitoring.canary_tick": {"task": "monitoring.tasks.canary_tick", "schedule": 5.0, "options": {"expires": 5}},
    "monitoring.observe_tick": {"task": "monitoring.tasks.observe_tick", "schedule": 2.0, "options": {"expires": 2}},
    "monitoring.hours_tick": {"task": "monitoring.tasks.hours_tick", "schedule": 30.0, "options": {"expires": 30}},
    "monitoring.sample_volumes": {"task": "monitoring.tasks.sample_volumes", "schedule": 10.0, "options": {"expires": 10}},
    "monitoring.keep_log_in_bounds": {
        "task": "monitoring.tasks.keep_log_in_bounds",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "monitoring.watch_traffic": {"task": "monitoring.tasks.watch_traffic", "schedule": 60.0, "options": {"expires": 60}},
    "monitoring.roll_up_days": {
        "task": "monitoring.tasks.roll_up_days",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "monitoring.collect_rejected": {"task": "monitoring.tasks.collect_rejected", "schedule": 2.0, "options": {"expires": 2}},
    "monitoring.rejected_runs": {"task": "monitoring.tasks.rejected_runs", "schedule": 15.0, "options": {"expires": 15}},
    "monitoring.forget_rejected": {
        "task": "monitoring.tasks.forget_rejected",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "monitoring.forget": {"task": "monitoring.tasks.forget", "schedule": 3600.0, "options": {"expires": 3600}},
    "monitoring.evaluate_expectations": {
        "task": "monitoring.tasks.evaluate_expectations",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
}
