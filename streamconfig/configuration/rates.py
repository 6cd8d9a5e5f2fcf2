"""How much is sampled before and after a change: of a stream, of an instrument, and where a site or tag differs.

Without a clock: where a ramp is at the moment isn't known, so the least that it may be at counts as what was, and the most as
what becomes. Whether an item is switched on is left out on purpose: else a rate could be raised unseen while it is off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from streamconfig.configuration.document import STREAMS, Document, merged
from streamconfig.configuration.scopes import EVERY_SITE, Scope, scoped
from streamconfig.configuration.sections import is_scope, scope_parts


@dataclass(frozen=True, slots=True)
class Rates:
    """The least and the most of `unit` (empty: everybody, no unit drawn) that may send."""

    low: float = 1.0
    high: float = 1.0
    unit: str = ""


NOTHING = Rates(0.0, 0.0)


def factor(was: Rates, becomes: Rates) -> float:
    """How many times as much at most; without bound from nothing, or where the units can't be compared."""
    is_other_unit = was.unit != becomes.unit and not (_is_everything(was.low, was) or _is_everything(becomes.high, becomes))
    if becomes.high == 0:
        return 0.0
    if was.low == 0 or is_other_unit:
        return math.inf
    return becomes.high / was.low


def _is_everything(rate: float, rates: Rates) -> bool:
    """True where no unit is drawn at all, so that a share of any unit is less."""
    return rate >= 1 and not rates.unit


def of_item(document: Document, section: str, name: str) -> Rates:
    """Of a stream or an instrument; nothing where there is none."""
    if section == STREAMS:
        entry = document.get(name)
        return _of(merged(document.defaults, entry), entry.own) if entry else NOTHING
    item = document.section(section).get(name)
    return NOTHING if item is None else _of(item, item)


def of_defaults(before: Document, after: Document) -> Mapping[str, tuple[Rates, Rates]]:
    """Of every stream in both, where the defaults say something else of sampling."""
    if before.defaults.get("sample") == after.defaults.get("sample"):
        return {}
    kept = {entry.name: entry for entry in before.entries}
    # The entry as it was, on both sides: what the stream's own change does is told of the stream.
    return {
        name: (_of(merged(before.defaults, one), one.own), _of(merged(after.defaults, one), one.own))
        for name, one in kept.items()
    }


def of_override(before: Document, after: Document, key: str) -> Mapping[str, tuple[Rates, Rates]]:
    """Of every stream that is sampled otherwise where this override holds, with the plain document as it was."""
    if not is_scope(key):
        return {}  # it can't be published
    pair = [_overridden(before, document.section("overrides").get(key), key) for document in (before, after)]
    old, new = ({one.name: _of(merged(each.defaults, one), one.own) for one in each.entries} for each in pair)
    both = {name: (old.get(name, NOTHING), new.get(name, NOTHING)) for name in dict.fromkeys([*old, *new])}
    return {name: (was, becomes) for name, (was, becomes) in both.items() if was != becomes}


def _overridden(document: Document, item: Mapping[str, Any] | None, key: str) -> Document:
    environment, _, name = scope_parts(key)
    alone = replace(document, sections={"overrides": {key: item}} if item is not None else {})
    return scoped(alone, Scope("any" if name == EVERY_SITE else name), environment)


def _of(settings: Mapping[str, Any], timing: Mapping[str, Any]) -> Rates:
    sample = _map(settings.get("sample"))
    rate = sample.get("rate")
    steps = [step.get("rate") for step in timing.get("ramp") or () if isinstance(step, Mapping)]
    known = [1.0 if rate is None else rate, *steps]
    numbers = [float(one) for one in known if isinstance(one, int | float) and not isinstance(one, bool)]
    return Rates(min(numbers, default=1.0), max(numbers, default=1.0), str(sample.get("unit") or "") if sample else "")


def words(rates: Rates) -> str:
    """For people: 5 % of sessions, or from 1 to 10 %."""
    low, high = (f"{rate * 100:.6g} %" for rate in (rates.low, rates.high))
    share = low if low == high else f"{low} to {high}"
    return f"{share} of {rates.unit}s" if rates.unit else f"{share} of all"


def _map(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
