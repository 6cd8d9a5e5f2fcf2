"""Ramps: a sampling rate that goes up or down in steps: `[{"at": "2026-12-01T00:00:00Z", "rate": 0.05}, …]`."""

from __future__ import annotations

from typing import Any

from streamconfig.configuration.setting_types import Problem


def problems_of(name: str, value: Any, *, section: str = "streams") -> list[Problem]:
    """What is wrong with a list of steps."""
    if value in (None, []) or isinstance(value, list):
        return []
    return [Problem(name, "/ramp", "ramp.bad", "ramp must be a list of steps.", "Write a list of steps.", section)]
