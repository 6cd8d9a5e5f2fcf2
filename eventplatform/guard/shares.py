"""A process's part of a limit that several processes keep together: by what each of them is asked for."""

from __future__ import annotations

_LEAST = 0.05  # of an equal part: whoever is asked for nothing now must be able to begin
_WEIGHT = 0.5  # of what was learnt last against what was known


def rate_of(limit: float, *, own: float, total: float, processes: int) -> float:
    """How many events a second this process may let in, of `limit` for all.

    `own` and `total` are what was asked for, a second, here and everywhere. While all of it fits, each gets what it is asked
    for and an equal part of what is left; else all get parts by what they are asked for. Either way the parts add up to the
    limit, but for a little that everybody always has.
    """
    equal = limit / max(1, processes)
    total = max(total, own)
    part = own + (limit - total) / max(1, processes) if total <= limit else limit * own / total
    return min(limit, max(part, _LEAST * equal))


def smoothed(known: float, learnt: float) -> float:
    """Between what held and what was learnt, so that a moment's chance doesn't swing it."""
    return known + _WEIGHT * (learnt - known)


def is_worth_telling(asked: float, limit: float, processes: int) -> bool:
    """Whether leaving this bucket out could matter: all that is left out together stays below a twentieth of the limit."""
    return asked > limit / (20 * max(1, processes))
