"""Whether an answer is as expected, and what several of them in a row mean; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventplatform.figures import digits, thin

_SAMPLES = 5
_PLACES = ("_stream", "_topic", "_partition", "_offset")
_NAMES = frozenset({*_PLACES, "id", "event_id", "request_id"})
_PLAIN_ID = re.compile(r"[\w.:-]{1,100}")  # an id, not a sentence and no e-mail address


@dataclass(frozen=True, slots=True)
class Rule:
    """What is expected: no_rows, rows, or a number between `low` and `high` in the first cell."""

    expects: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """met, broken, incomplete or unanswered; `samples` are where rows lie, as far as they say so."""

    kind: str
    detail: str
    rows: int | None = None
    number: float | None = None
    samples: tuple[Mapping[str, Any], ...] = ()


def judge(
    rule: Rule, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, is_cut: bool = False, is_complete: bool = True
) -> Verdict:
    """What the rows mean. Where older records were left out, only a row that was to be found can still be judged."""
    found = f"{'More than ' if is_cut else ''}{thin(len(rows))} row{'' if len(rows) == 1 else 's'}"
    samples = tuple(_sample(columns, row) for row in rows[:_SAMPLES]) if rule.expects == "no_rows" else ()
    if not is_complete and not (rule.expects == "rows" and rows):
        return Verdict("incomplete", f"{found} in what could be read; older records were left out.", len(rows))
    if rule.expects == "number":
        return _number(rule, rows)
    is_met = bool(rows) == (rule.expects == "rows")
    return Verdict("met" if is_met else "broken", f"{found}.", len(rows), samples=tuple(one for one in samples if one))


def state(kinds: Sequence[str], *, broken_after: int, of_last: int) -> str:
    """The state after evaluations, the newest first: broken, unanswered, met, or new where none was judged.

    Broken, where as many of the last ones are; incomplete ones count as if they had not been.
    """
    judged = [kind for kind in kinds if kind != "incomplete"]
    if judged[:of_last].count("broken") >= broken_after:
        return "broken"
    newest = judged[:broken_after]
    if len(newest) == broken_after and set(newest) == {"unanswered"}:
        return "unanswered"
    return "met" if "met" in judged else "new"


def _number(rule: Rule, rows: Sequence[Sequence[Any]]) -> Verdict:
    value = rows[0][0] if rows and rows[0] else None
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None or number != number:  # noqa: PLR0124  # NaN is no number
        return Verdict("unanswered", "The first cell holds no number.", len(rows))
    low, high = rule.low, rule.high
    if low is not None and number < low:
        return Verdict("broken", f"{digits(number)} is below {digits(low)}.", len(rows), number)
    if high is not None and number > high:
        return Verdict("broken", f"{digits(number)} is above {digits(high)}.", len(rows), number)
    return Verdict("met", f"{digits(number)} is within its bounds.", len(rows), number)


def _sample(columns: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    """Where a row lies, by the columns that are known to say so."""
    named = {name: value for name, value in zip(columns, row, strict=True) if name in _NAMES}
    return {name: value for name, value in named.items() if isinstance(value, int) or _is_plain(value)}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and _PLAIN_ID.fullmatch(value) is not None
