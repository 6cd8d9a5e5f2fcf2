"""In sample or not: an identifier and a rate decide, the same way in every client (§3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

UNITS: Final = ("pageview", "session", "device")
NEED_CONSENT: Final = frozenset({"session", "device"})
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,8}")


class Sample(NamedTuple):
    """What a `sample` says: everybody (rate 1, no unit), nobody (no rate), or a share of units."""

    unit: str | None
    rate: float | None


class Verdict(NamedTuple):
    """`reason` of the drop, None for in; `unit` and `rate` are what the event carries."""

    reason: str | None
    unit: str | None = None
    rate: float | None = None


EVERYBODY: Final = Sample(None, 1)
NOBODY: Final = Sample(None, None)


def value_of(identifier: object) -> float | None:
    """From 0 to 1; None where the first 8 digits are no hexadecimal number."""
    if not isinstance(identifier, str):
        return None
    digits = identifier[:8]
    return int(digits, 16) / 0xFFFFFFFF if _HEXADECIMAL.fullmatch(digits) else None


def read(sample: object) -> Sample:
    """What holds for a `sample` of the configuration, whatever stands there."""
    if sample is None:
        return EVERYBODY
    if not isinstance(sample, Mapping):
        return NOBODY
    unit, rate = sample.get("unit"), sample.get("rate")
    if unit not in UNITS or isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
        return NOBODY
    return Sample(unit, rate)


def judge(sample: Sample, ids: Mapping[str, Any], *, consent: bool, is_forced: bool = False) -> Verdict:
    """Whether an event with these identifiers is in."""
    unit, rate = sample
    if rate is None:
        return Verdict("unsampled")
    if rate == 0:
        return Verdict("closed")
    if unit is None:
        return Verdict(None, None, rate)
    if unit in NEED_CONSENT and not consent:
        return Verdict("consent")
    value = value_of(ids.get(unit))
    if value is not None and value < rate:
        return Verdict(None, unit, rate)
    return Verdict(None, "forced", 1) if is_forced else Verdict("unsampled")


def in_population(identifier: str, population: int) -> bool:
    """The older scheme of one in so many."""
    value = int(identifier[:8], 16) if _HEXADECIMAL.fullmatch(identifier[:8]) else None
    return value is not None and population > 0 and value % population == 0
