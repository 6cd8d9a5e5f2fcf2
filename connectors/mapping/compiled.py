"""Events as a schema says they usually are, read by a function made for it; whatever else comes is for `values.fill`.

`fill` asks for every field what it is and where it belongs. For one schema that is always the same, so it can be written down
as straight code, which takes half the time. The text of a function is made of column numbers, of field names as literals
(`repr`), and of the snippets of one module; nothing in it comes from an event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from connectors.mapping.columns import ColumnType
from connectors.mapping.delimited import NOTHING, TEXTS
from connectors.mapping.values import LEAST, MOST, Convert, MisfitError, Plan

Read = Callable[[Mapping[str, Any], list[str]], bool]

_DEEPEST = 30  # objects within one another; Python indents no more than 100 levels


class _Usual(NamedTuple):
    """What a value `x` of a type is like in nearly all events, and its text then."""

    test: str
    text: str


# Where no test is, or it fails, the plan's own converter is called.
_USUAL: Mapping[Convert, _Usual] = {
    TEXTS[ColumnType.TEXT]: _Usual("x.__class__ is str and NUL not in x", "x"),
    TEXTS[ColumnType.INTEGER]: _Usual("x.__class__ is int and LEAST <= x <= MOST", 'f"{x}"'),
    TEXTS[ColumnType.BOOLEAN]: _Usual("x is True or x is False", '"1" if x else "0"'),
}
_NAMES: Mapping[Convert, str] = {convert: f"as_{kind.value}" for kind, convert in TEXTS.items()}
_GLOBALS = {"NUL": NOTHING, "LEAST": LEAST, "MOST": MOST, "Misfit": MisfitError} | {name: one for one, name in _NAMES.items()}


def reader(by: Plan) -> Read:
    """A function that puts an event's texts into `values`, which hold NOTHING before.

    It says False where something in the event is not as usual: a null, a field without a column, a value that doesn't fit;
    `values` are then worth nothing. Only for plans whose converters are `delimited.TEXTS`.
    """
    return _compiled("\n".join(_function(by)))


@lru_cache(maxsize=512)  # slices come and go, schemas stay
def _compiled(text: str) -> Read:
    made: dict[str, Any] = {}
    exec(text, dict(_GLOBALS), made)  # noqa: S102  # text of ours, see above
    read: Read = made["read"]
    return read


def _function(by: Plan) -> Iterator[str]:
    yield "def read(event, values):"
    yield " size = len(event) - ('$schema' in event)"
    yield " try:"
    yield from _fields(by, "event", 0)
    yield " except Misfit:"
    yield "  return False"
    yield " return size == len(values) - values.count(NUL)"


def _fields(by: Plan, source: str, depth: int) -> Iterator[str]:
    """Take what an object holds; its own values first, since `x` is the object itself no longer afterwards."""
    if depth > _DEEPEST:
        yield from _indented(depth, "return False")
        return
    get = f"get{depth}"
    yield from _indented(depth, f"{get} = {source}.get")
    for name, step in by.items():
        yield from _indented(depth, f"x = {get}({name!r})", "if x is not None:")
        if isinstance(step, tuple):
            index, convert = step
            yield from _indented(depth + 1, *_put(f"values[{index}]", convert))
        else:
            yield from _indented(depth + 1, "if x.__class__ is not dict:", " return False", "size += len(x) - 1")
            yield from _fields(step, "x", depth + 1)


def _put(place: str, convert: Convert) -> Iterator[str]:
    usual, otherwise = _USUAL.get(convert), f"{place} = {_NAMES[convert]}(x)"
    if usual is None:
        yield otherwise
    else:
        yield from (f"if {usual.test}:", f" {place} = {usual.text}", "else:", f" {otherwise}")


def _indented(depth: int, *lines: str) -> Iterator[str]:
    return (" " * (2 + depth) + line for line in lines)
