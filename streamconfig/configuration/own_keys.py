"""What an entry may say in the platform's own words: windows, a ramp, late events, the log's topics, and about itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from streamconfig.configuration import door_shapes, ramps, window_rules
from streamconfig.configuration.setting_types import MAP, Check, Problem, broken

LATE_ACTIONS = ("accept", "flag", "drop")
SENSITIVITIES = ("public", "internal", "personal", "secret")
_MAX_PARTITIONS = 1000
_MAX_HOURS = 24 * 3660  # ten years
_MAX_GRACE_SECONDS = 7 * 86_400


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_date(value: Any) -> bool:
    try:
        return value == "" or bool(date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False


_PARTITIONS = Check(lambda value: _is_whole(value, 1, _MAX_PARTITIONS), "must be a whole number from 1 to 1000.", "Write 3.")
_HOURS = Check(lambda value: _is_whole(value, 1, _MAX_HOURS), "must be whole hours, one at least.", "Write 168 for a week.")
_GRACE = Check(lambda value: _is_whole(value, 0, _MAX_GRACE_SECONDS), "must be whole seconds, a week at most.", "Write 600.")
_ACTION = Check(lambda value: value in LATE_ACTIONS, "must be accept, flag or drop.", "Choose one of the three.")

CHECKS: Mapping[tuple[str, ...], Check] = {
    ("late_events",): MAP,
    ("late_events", "action"): _ACTION,
    ("late_events", "grace_seconds"): _GRACE,
    ("log",): MAP,
    ("log", "partitions"): _PARTITIONS,
    ("log", "retention_hours"): _HOURS,
}
_KNOWN: Mapping[str, frozenset[str]] = {
    "late_events": frozenset({"action", "grace_seconds"}),
    "log": frozenset({"partitions", "retention_hours"}),
}


def problems_of(name: str, own: Mapping[str, Any], *, section: str = "streams") -> list[Problem]:
    """What is wrong with an entry's own keys; `windows` and `ramp` of other sections are judged alike."""
    problems = broken(name, own, CHECKS, section=section)
    for key, known in _KNOWN.items():
        held = own.get(key)
        unknown = set(held) - known if isinstance(held, Mapping) else set()
        problems += [
            Problem(name, f"/{key}/{one}", "setting.unknown", f"{key} has no {one}.", f"It may hold {words(known)}.", section)
            for one in sorted(map(str, unknown))
        ]
    problems += door_shapes.stream_problems(name, own.get("intake"), section=section)
    problems += window_rules.problems_of(name, own.get("windows"), section=section)
    return problems + ramps.problems_of(name, own.get("ramp"), section=section)


def about_problems(name: str, about: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the dates and choices that people say of a stream."""
    checks: Mapping[tuple[str, ...], Check] = {
        ("sensitivity",): Check(
            lambda value: value == "" or value in SENSITIVITIES, f"must be {words(SENSITIVITIES)}.", "Choose one."
        ),
        ("review_on",): Check(_is_date, "must be a date.", "Write it as 2027-06-30."),
        ("expires_on",): Check(_is_date, "must be a date.", "Write it as 2027-06-30."),
    }
    found = broken(name, about, checks)
    return [Problem(one.stream, f"/about{one.pointer}", one.code, one.message, one.remedy) for one in found]


def words(choices: Any) -> str:
    """Choices as a sentence has them."""
    return ", ".join(sorted(map(str, choices)))
