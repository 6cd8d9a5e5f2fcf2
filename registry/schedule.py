"""What beat sends for the registry: a missed or doubled tick harms nothing, each asks the rows what is due."""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "registry.pull_tick": {"task": "registry.tasks.pull_tick", "schedule": 2.0, "options": {"expires": 2}},
}
