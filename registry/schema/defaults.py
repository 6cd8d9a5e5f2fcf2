"""Fills in what a schema gives as `default` for absent fields, as Ajv 6 does with `useDefaults: true`.

Properties of objects and places of tuples are filled, at any depth. A default says nothing inside `anyOf`, `oneOf`, `not`,
`contains`, `propertyNames` and the test of an `if`, nor at the root, nor for places that no schema names. What there is to
fill is worked out once for a schema: an event costs a look at the places that have a default, and nothing else.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson

from registry.schema.validators import matcher, predicate

Fill = Callable[[Any], None]  # changes a value in place


def filled(schema: Any, event: Any) -> Any:
    """`event` with its absent fields filled; the schema must be self-contained. For many events keep a `filler`."""
    fill = filler(schema)
    if fill is None:
        return event
    event = copy.deepcopy(event)
    fill(event)
    return event


def filler(schema: Any) -> Fill | None:
    """What fills the absent fields of an event in place; None where the schema has nothing to fill.

    What comes out for an event that is not valid means nothing.
    """
    if not isinstance(schema, Mapping):
        return None
    return _all(_fills(schema))


def fill_here(schema: Mapping[str, Any], value: Any) -> None:
    """Fill what is absent directly in `value`, and nothing deeper."""
    fill = _absent(schema) if isinstance(value, dict) else _absent_items(schema.get("items"))
    if fill and isinstance(value, dict | list):
        fill(value)


def _fills(schema: Mapping[str, Any]) -> Iterator[Fill | None]:
    yield _object(schema)
    yield _array(schema)
    yield from map(filler, schema.get("allOf", ()))
    yield _condition(schema)


def _all(fills: Iterable[Fill | None]) -> Fill | None:
    some = [fill for fill in fills if fill is not None]
    if len(some) < 2:  # noqa: PLR2004  # one needs no loop
        return some[0] if some else None

    def fill(value: Any) -> None:
        for one in some:
            one(value)

    return fill


def _object(schema: Mapping[str, Any]) -> Fill | None:
    fill = _all((_absent(schema), _dependent(schema), _properties(schema)))
    return fill and _only(dict, fill)


def _only(kind: type, fill: Fill) -> Fill:
    def fill_kind(value: Any) -> None:
        if type(value) is kind:
            fill(value)

    return fill_kind


def _absent(schema: Mapping[str, Any]) -> Fill | None:
    given = [(name, _maker(inner["default"])) for name, inner in schema.get("properties", {}).items() if _gives_default(inner)]

    def fill(value: dict[str, Any]) -> None:
        for name, make in given:
            if name not in value:
                value[name] = make()

    return fill if given else None


def _maker(default: Any) -> Callable[[], Any]:
    """No two events share a list or an object."""
    if not isinstance(default, dict | list):
        return lambda: default
    text = orjson.dumps(default)
    return lambda: orjson.loads(text)


def _dependent(schema: Mapping[str, Any]) -> Fill | None:
    fills = _some((name, filler(inner)) for name, inner in schema.get("dependencies", {}).items())

    def fill(value: dict[str, Any]) -> None:
        for name, one in fills:
            if name in value:
                one(value)

    return fill if fills else None


def _properties(schema: Mapping[str, Any]) -> Fill | None:
    properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    named = _some((name, filler(inner)) for name, inner in properties.items())
    matching = _some((matcher(pattern), filler(inner)) for pattern, inner in patterns.items())
    others = filler(schema.get("additionalProperties"))

    def fill_named(value: dict[str, Any]) -> None:
        for name, one in named:
            if name in value:
                one(value[name])

    def fill_matching(value: dict[str, Any]) -> None:
        for name, inner in value.items():
            for matches, one in matching:
                if matches(name):
                    one(inner)

    fill_others = others and _others(others, frozenset(properties), [matcher(pattern) for pattern in patterns])
    return _all((fill_named if named else None, fill_matching if matching else None, fill_others))


def _others(fill: Fill, named: frozenset[str], patterns: list[Callable[[Any], bool]]) -> Fill:
    def fill_others(value: dict[str, Any]) -> None:
        for name in value.keys() - named:
            if not any(matches(name) for matches in patterns):
                fill(value[name])

    return fill_others


def _array(schema: Mapping[str, Any]) -> Fill | None:
    items = schema.get("items")
    fill = _tuple(items, filler(schema.get("additionalItems"))) if isinstance(items, list) else _each(filler(items))
    return fill and _only(list, fill)


def _each(fill: Fill | None) -> Fill | None:
    def fill_each(value: list[Any]) -> None:
        for item in value:
            fill(item)  # type: ignore[misc]  # only given out where there is one

    return fill and fill_each


def _tuple(items: list[Any], rest: Fill | None) -> Fill | None:
    fills = _some(enumerate(map(filler, items)))

    def fill_inside(value: list[Any]) -> None:
        for at, one in fills:
            if at < len(value):
                one(value[at])

    def fill_rest(value: list[Any]) -> None:
        for item in value[len(items) :]:
            rest(item)  # type: ignore[misc]  # likewise

    return _all((_absent_items(items), fill_inside if fills else None, rest and fill_rest))


def _absent_items(items: Any) -> Fill | None:
    several = items if isinstance(items, list) else []
    last = max((at for at, inner in enumerate(several) if _gives_default(inner)), default=-1)
    # What stands before a default and has none itself is a hole, which JSON writes as null.
    makers = [_maker(inner["default"] if _gives_default(inner) else None) for inner in several[: last + 1]]

    def fill(value: list[Any]) -> None:
        value.extend([make() for make in makers[len(value) :]])

    return fill if makers else None


def _condition(schema: Mapping[str, Any]) -> Fill | None:
    then, otherwise = filler(schema.get("then")), filler(schema.get("else"))
    if "if" not in schema or not (then or otherwise):
        return None
    holds = predicate({"allOf": [schema["if"]]})

    def fill(value: Any) -> None:
        one = then if holds(value) else otherwise
        if one is not None:
            one(value)

    return fill


def _some(pairs: Iterable[tuple[Any, Fill | None]]) -> list[tuple[Any, Fill]]:
    return [(key, fill) for key, fill in pairs if fill is not None]


def _gives_default(schema: Any) -> bool:
    return isinstance(schema, Mapping) and "default" in schema
