"""How one value of an item looks in a form, and back: percent for rates, yes, no or "as the defaults say" for flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

ABSENT: Any = object()  # nothing is written: the defaults hold
ON, OFF = "on", "off"


@dataclass(frozen=True, slots=True)
class Codec:
    """`fits`: the form can show this value; `shown`: as the field has it; `kept`: what the field's value means, or ABSENT.

    What doesn't fit stays in the item's tail, where it is shown as JSON.
    """

    fits: Callable[[Any], bool]
    shown: Callable[[Any], Any]
    kept: Callable[[Any], Any]
    empty: Any = ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _text(value: Any) -> Any:
    """Browsers post line ends as two characters; what was written once has one."""
    return str(value or "").replace("\r\n", "\n").strip() or ABSENT


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def percent_of(rate: Any) -> Decimal:
    """0.05 as 5: through text, since a float times 100 grows digits that nobody wrote."""
    percent = (Decimal(str(rate)) * 100).normalize()
    return percent.quantize(Decimal(1)) if percent == percent.to_integral() else percent


def rate_of(percent: Decimal) -> float | int:
    """5 as 0.05; whole numbers stay whole, as people write them."""
    rate = float(percent / 100)
    return int(rate) if rate in {0.0, 1.0} else rate


def _lines(value: Any) -> list[str]:
    lines = value.splitlines() if isinstance(value, str) else value or ()
    return [line.strip() for line in lines if line.strip()]


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) and one.strip() == one != "" for one in value)


TEXT = Codec(_is_text, str, _text)
CHOICE = Codec(
    lambda value: isinstance(value, bool), lambda value: ON if value else OFF, {ON: True, OFF: False, "": ABSENT}.get
)
SWITCH = Codec(
    lambda value: isinstance(value, bool), bool, lambda value: ABSENT if value else False, empty=True
)  # on, unless said
FLAG = Codec(lambda value: isinstance(value, bool), bool, lambda value: True if value else ABSENT, empty=False)
WHOLE = Codec(lambda value: type(value) is int, int, lambda value: ABSENT if value is None else int(value), empty=None)
NUMBER = Codec(_is_number, float, lambda value: ABSENT if value is None else float(value), empty=None)
PERCENT = Codec(_is_number, percent_of, lambda value: ABSENT if value is None else rate_of(value), empty=None)
DATE = Codec(_is_date, date.fromisoformat, lambda value: value.isoformat() if value else ABSENT, empty=None)
LINES = Codec(_is_texts, "\n".join, lambda value: _lines(value) or ABSENT)
NAMES = Codec(_is_texts, list, lambda value: _lines(value) or ABSENT, empty=())
JSON_MAP = Codec(lambda value: isinstance(value, Mapping) and bool(value), dict, lambda value: value or ABSENT, empty=None)


def words(value: Any) -> str:
    """An inherited value in a few words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {words(held)}" for name, held in value.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)
