"""Time windows: when a stream or an instrument collects. Once, from one moment to another, or again and again.

`{"from": "2026-12-01T00:00:00Z", "until": "2026-12-15T00:00:00Z"}`, either side open where it is left out; or
`{"days": ["mon", "fri"], "start": "09:00", "end": "17:00", "time_zone": "Europe/Berlin"}`, which `from` and `until` may bound.
Several windows are one: it is open while any of them is. None at all: always open.
"""

from __future__ import annotations

from typing import Any

from streamconfig.configuration.setting_types import Problem


def problems_of(name: str, value: Any, *, section: str = "streams") -> list[Problem]:
    """What is wrong with a list of windows."""
    if value in (None, []) or isinstance(value, list):
        return []
    return [Problem(name, "/windows", "window.bad", "windows must be a list.", "Write a list of windows.", section)]
