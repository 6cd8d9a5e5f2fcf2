"""What several pages show alike: outcomes with their shares, and the times below an hour's chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from eventplatform.core.results import SUCCESSES
from eventplatform.figures import share, thin

_MINUTES = 60
_REFUSED = ("invalid", "denied", "limited", "disabled", "late", "failed")
_KEPT_NOTES = {"hasty": "hasty", "spooled": "spooled", "duplicate": "repeated, not stored again"}


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """An outcome, its events and their share."""

    name: str
    count: int
    share: str
    is_bad: bool
    note: str = ""


def accepted(outcomes: Mapping[str, int]) -> int:
    """The events that count as accepted, here and in every share: with the answer awaited, or hasty."""
    return sum(count for name, count in outcomes.items() if name in SUCCESSES)


def outcome_rows(outcomes: Mapping[str, int]) -> list[OutcomeRow]:
    """Accepted and every other outcome with its share of what was received; their sum is what was received."""
    received = sum(outcomes.values())
    names = [*_REFUSED, *sorted(outcomes.keys() - set(_REFUSED) - SUCCESSES)]
    taken = accepted(outcomes)
    notes = [f"{thin(outcomes[name])} {words}" for name, words in _KEPT_NOTES.items() if outcomes.get(name)]
    note = f"of them {', '.join(notes)}" if notes else ""
    return [
        OutcomeRow("accepted", taken, share(taken, received), is_bad=False, note=note),
        *(OutcomeRow(name, count, share(count, received), bool(count)) for name in names for count in [outcomes.get(name, 0)]),
    ]


def ticks(begins_at: datetime, minutes: int = _MINUTES) -> list[str]:
    """Five labels below a chart that ends now."""
    quarter = timedelta(minutes=minutes / 4)
    return [*(f"{begins_at + number * quarter:%H:%M}" for number in range(4)), "now"]
