"""From an event to a row of values: what fits its column goes there, everything else is kept with the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.mapping.columns import ColumnType, Leaf, Path, pointer

LEAST, MOST = -(2**63), 2**63 - 1  # of a bigint
_EXACT_IN_DOUBLE = 2**53
_NUL = "\x00"

Convert = Callable[[Any], Any]  # a value as its column takes it; MisfitError where it can't

# A field's name leads to its column (index, and what makes values fit), or to the fields inside it.
Plan = dict[str, "tuple[int, Convert] | Plan"]


class MisfitError(ValueError):
    """A value doesn't fit its column; its text is the reason, one word for machines."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A value without a column that can hold it."""

    path: Path
    why: str
    value: Any


def plan(
    leaves: Iterable[Leaf],
    index_of: Mapping[str, int],
    types: Mapping[str, ColumnType],
    converters: Mapping[ColumnType, Convert] | None = None,
) -> Plan:
    """How events of these leaves are spread over columns; `index_of` and `types` are by pointer, the store's own.

    `converters` make values fit, as the store's driver likes them; without them they become Python's own types.
    """
    converters = converters or PYTHON
    root: Plan = {}
    for leaf in leaves:
        inner = root
        for part in leaf.path[:-1]:
            step = inner.setdefault(part, {})
            assert isinstance(step, dict)  # noqa: S101  # leaves of one schema are never above one another
            inner = step
        inner[leaf.path[-1]] = (index_of[leaf.pointer], converters[types[leaf.pointer]])
    return root


def fill(event: Mapping[str, Any], by: Plan, values: list[Any]) -> list[Leftover]:
    """Put the event's values into `values`; what has no place comes back."""
    leftovers: list[Leftover] = []
    _fill(event, by, values, (), leftovers)
    return leftovers


def extra(leftovers: Iterable[Leftover]) -> str:
    """What had no place, by JSON pointer; as JSON text where the value holds a NUL, which jsonb can't."""
    kept: dict[str, dict[str, Any]] = {}
    for left in leftovers:
        value = {"json": orjson.dumps(left.value).decode()} if _has_nul(left.value) else {"value": left.value}
        kept[pointer(left.path).replace(_NUL, "\\u0000")] = {"why": left.why, **value}
    return orjson.dumps(kept).decode()


def _fill(event: Mapping[str, Any], by: Plan, values: list[Any], path: Path, leftovers: list[Leftover]) -> None:
    # Some twenty fields an event, tens of thousands of events a second: each step here counts.
    for name, value in event.items():
        if value is None:
            continue
        step = by.get(name)
        if isinstance(step, tuple):
            index, convert = step
            try:
                values[index] = convert(value)
            except MisfitError as misfit:
                leftovers.append(Leftover((*path, name), str(misfit), value))
        elif step is None:
            if path or name != "$schema":
                leftovers.append(Leftover((*path, name), "unknown_field", value))
        elif isinstance(value, dict):
            _fill(value, step, values, (*path, name), leftovers)
        else:
            leftovers.append(Leftover((*path, name), "not_an_object", value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MisfitError("not_a_string")
    if _NUL in value:
        raise MisfitError("nul_character")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        if not isinstance(value, float) or not value.is_integer():
            raise MisfitError("not_an_integer")
        value = int(value)
    whole: int = value
    if LEAST <= whole <= MOST:
        return whole
    raise MisfitError("beyond_64_bit")


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise MisfitError("not_a_number")
    if isinstance(value, int) and abs(value) > _EXACT_IN_DOUBLE:
        raise MisfitError("beyond_53_bit")
    return float(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise MisfitError("not_a_boolean")
    return value


def _time(value: Any) -> datetime:
    """As UTC. JSON Schema's `date-time` in Ajv's fast mode lets impossible dates pass; those are misfits."""
    if not isinstance(value, str):
        raise MisfitError("not_a_time")
    try:
        moment = datetime.fromisoformat(value if value[-1:] == "Z" else value.upper())
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise MisfitError("impossible_time") from None


def _json(value: Any) -> str:
    text = orjson.dumps(value).decode()
    if "\\u0000" in text and _has_nul(value):
        raise MisfitError("nul_character")
    return text


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return _NUL in value
    if isinstance(value, dict):
        return any(_NUL in key or _has_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(_has_nul(inner) for inner in value)


PYTHON: Mapping[ColumnType, Convert] = {
    ColumnType.TEXT: _text,
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.TIME: _time,
    ColumnType.JSON: _json,
}
