"""From an event to a row of values: what fits its column goes there, everything else is kept with the reason why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.mapping.columns import ColumnType, Leaf, Path, pointer

_BIGINT = range(-(2**63), 2**63)
_EXACT_IN_DOUBLE = 2**53
_NUL = "\x00"

# A field's name leads to its column (index and type), or to the fields inside it.
Plan = dict[str, "tuple[int, ColumnType] | Plan"]


class MisfitError(ValueError):
    """A value doesn't fit its column; its text is the reason, one word for machines."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A value without a column that can hold it."""

    path: Path
    why: str
    value: Any


def plan(leaves: Iterable[Leaf], index_of: Mapping[str, int], types: Mapping[str, ColumnType]) -> Plan:
    """How events of these leaves are spread over columns; `index_of` and `types` are by pointer, the store's own."""
    root: Plan = {}
    for leaf in leaves:
        inner = root
        for part in leaf.path[:-1]:
            step = inner.setdefault(part, {})
            assert isinstance(step, dict)  # noqa: S101  # leaves of one schema are never above one another
            inner = step
        inner[leaf.path[-1]] = (index_of[leaf.pointer], types[leaf.pointer])
    return root


def spread(event: Mapping[str, Any], by: Plan, width: int) -> tuple[list[Any], str | None]:
    """The values of `width` columns, and `_extra` as JSON text (None where everything found its column)."""
    values: list[Any] = [None] * width
    leftovers = list(fill(event, by, values))
    return values, extra(leftovers) if leftovers else None


def fill(event: Mapping[str, Any], by: Plan, values: list[Any]) -> Iterator[Leftover]:
    """Put the event's values into `values`; what has no place comes out."""
    return _fill(event, by, values, ())


def extra(leftovers: Iterable[Leftover]) -> str:
    """What had no place, by JSON pointer; as JSON text where the value holds a NUL, which jsonb can't."""
    kept: dict[str, dict[str, Any]] = {}
    for left in leftovers:
        value = {"json": orjson.dumps(left.value).decode()} if _has_nul(left.value) else {"value": left.value}
        kept[pointer(left.path).replace(_NUL, "\\u0000")] = {"why": left.why, **value}
    return orjson.dumps(kept).decode()


def _fill(event: Mapping[str, Any], by: Plan, values: list[Any], path: Path) -> Iterator[Leftover]:
    for name, value in event.items():
        step = by.get(name)
        if value is None or (name == "$schema" and not path):
            continue
        if isinstance(step, tuple):
            index, kind = step
            try:
                values[index] = _CONVERT[kind](value)
            except MisfitError as misfit:
                yield Leftover((*path, name), str(misfit), value)
        elif step is None:
            yield Leftover((*path, name), "unknown_field", value)
        elif isinstance(value, dict):
            yield from _fill(value, step, values, (*path, name))
        else:
            yield Leftover((*path, name), "not_an_object", value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MisfitError("not_a_string")
    if _NUL in value:
        raise MisfitError("nul_character")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MisfitError("not_an_integer")
    if value not in _BIGINT:
        raise MisfitError("beyond_64_bit")
    return value


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
        moment = datetime.fromisoformat(value.upper())
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


_CONVERT: Mapping[ColumnType, Callable[[Any], Any]] = {
    ColumnType.TEXT: _text,
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.TIME: _time,
    ColumnType.JSON: _json,
}
