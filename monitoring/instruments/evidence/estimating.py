"""The rate at which clients sample, estimated from the identifiers in their events; pure.

Identifiers are random, so the values of those in sample lie evenly between 0 and the rate. One above it was sent by a client
that disobeys: that needs no statistics. Where the clients sample less than they should, the values end too low or lie
unevenly; that is said only where chance does it once in a million looks: a page that looks every ten seconds must be believed.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["none", "few", "as_intended", "more", "less", "uneven"]
LEAST = 20  # identifiers: half the rate is found with as many
_CHANCE = 1e-6
_OUTSIDE = 0.05  # of the interval
_DIGITS = re.compile(r"[0-9a-fA-F]{1,8}")
_LARGEST = 0xFFFFFFFF
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """`low` and `high` hold the true rate with 95 % where all clients have one; `above` are identifiers beyond the rate."""

    kind: Kind
    number: int = 0
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    above: int = 0
    above_named: tuple[str, ...] = ()
    unreadable: int = 0

    @property
    def is_wrong(self) -> bool:
        """Clients don't do what they are told."""
        return self.kind in {"more", "less", "uneven"}


def value_of(identifier: str) -> float | None:
    """The identifier's place between 0 and 1: its first 8 hexadecimal digits; None where they are none."""
    head = identifier[:8]
    return int(head, 16) / _LARGEST if _DIGITS.fullmatch(head) else None


def estimate(identifiers: Collection[str], intended: float) -> Estimate:
    """What distinct identifiers of one unit say of the rate, which is meant to be `intended`."""
    known: Mapping[str, float] = {one: value for one in identifiers if (value := value_of(one)) is not None}
    unreadable = len(identifiers) - len(known)
    if not known:
        return Estimate("none", unreadable=unreadable)
    values, number = sorted(known.values()), len(known)
    above = [one for one, value in known.items() if not value < intended]
    largest = values[-1]
    return Estimate(
        _kind(values, intended, len(above)),
        number,
        rate=min(1.0, largest * (number + 1) / number),
        low=largest,
        high=min(1.0, largest * _OUTSIDE ** (-1 / number)),
        above=len(above),
        above_named=tuple(above[:_MOST_NAMED]),
        unreadable=unreadable,
    )


def _kind(values: list[float], intended: float, above: int) -> Kind:
    number = len(values)
    if above:
        return "more"
    if number < LEAST:
        return "few"
    # So far below the rate ends the largest of `number` even values by chance.
    if (values[-1] / intended) ** number < _CHANCE:
        return "less"
    # Dvoretzky, Kiefer, Wolfowitz with Massart's constant: how far a sample strays from what it is drawn from.
    return "uneven" if _strays(values, intended) > math.sqrt(math.log(2 / _CHANCE) / (2 * number)) else "as_intended"


def _strays(values: list[float], intended: float) -> float:
    """The largest distance between the share of values below a point and what even values would have there."""
    number = len(values)
    return max(
        max((index + 1) / number - value / intended, value / intended - bisect_left(values, value) / number)
        for index, value in enumerate(values)
    )
