"""Random schemas, mutations of them and values for them: small enough that names and bounds collide often."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from registry.schema import keywords

NAMES = ("a", "ab", "b", "enum", "required", "description", "$id")
TEXTS = ("", "a", "ab", "abc", "b", "2021-01-01", "1.2.3.4")
NUMBERS: tuple[float, ...] = (-3, -1, 0, 0.5, 1, 1.0, 2, 2.5, 3, 4, 6, 10)
PATTERNS = ("^a", "b$", "^a.*b$")
FORMATS = ("date", "ipv4")
TYPES = ("string", "integer", "number", "boolean", "null", "array", "object")
Make = Callable[[random.Random, int], Any]


def schema(chance: random.Random, depth: int = 3) -> Any:
    """A schema; plain ones more often than alternatives."""
    if chance.random() < 0.06:
        return chance.choice([True, False, {}])
    made: dict[str, Any] = {}
    kinds = chance.choices(TYPES, weights=[3, 3, 2, 1, 1, 2, 5 if depth else 1], k=1 + (chance.random() < 0.15))
    if chance.random() < 0.85:
        made["type"] = kinds[0] if len(set(kinds)) == 1 else sorted(set(kinds))
    for keyword in chance.sample(sorted(MAKERS), k=chance.randint(0, 2)):
        made[keyword] = MAKERS[keyword](chance, depth)
    for kind in kinds:
        for keyword in OF_TYPE.get(kind, ()):
            if chance.random() < 0.35:
                made[keyword] = MAKERS[keyword](chance, depth)
    if depth and chance.random() < 0.12:
        keyword = chance.choice(sorted(FORMS))
        made[keyword] = FORMS[keyword](chance, depth)
        if keyword == "if":
            made |= {one: schema(chance, depth - 1) for one in ("then", "else") if chance.random() < 0.7}
    return made


def _inner(chance: random.Random, depth: int) -> Any:
    return schema(chance, depth - 1) if depth else chance.choice([True, {"type": chance.choice(TYPES)}])


def _several(chance: random.Random, depth: int) -> list[Any]:
    return [_inner(chance, depth) for _ in range(chance.randint(1, 3))]


def _named(chance: random.Random, depth: int) -> dict[str, Any]:
    return {name: _inner(chance, depth) for name in chance.sample(NAMES, k=chance.randint(0, 3))}


def _dependencies(chance: random.Random, depth: int) -> dict[str, Any]:
    return {
        name: chance.sample(NAMES, k=1) if chance.random() < 0.6 else _inner(chance, depth)
        for name in chance.sample(NAMES, k=chance.randint(1, 2))
    }


MAKERS: dict[str, Make] = {
    "enum": lambda chance, _: chance.sample([*TEXTS[:4], 0, 1, 2, True, None, [], {}, {"a": 1}], k=chance.randint(1, 4)),
    "const": lambda chance, _: chance.choice([*TEXTS[:3], 0, 1, True, None]),
    "minimum": lambda chance, _: chance.choice(NUMBERS),
    "maximum": lambda chance, _: chance.choice(NUMBERS),
    "exclusiveMinimum": lambda chance, _: chance.choice(NUMBERS),
    "exclusiveMaximum": lambda chance, _: chance.choice(NUMBERS),
    "multipleOf": lambda chance, _: chance.choice([0.5, 1, 2, 3, 4]),
    "minLength": lambda chance, _: chance.randint(0, 3),
    "maxLength": lambda chance, _: chance.randint(0, 4),
    "pattern": lambda chance, _: chance.choice(PATTERNS),
    "format": lambda chance, _: chance.choice(FORMATS),
    "minItems": lambda chance, _: chance.randint(0, 2),
    "maxItems": lambda chance, _: chance.randint(0, 3),
    "uniqueItems": lambda chance, _: chance.random() < 0.7,
    "items": lambda chance, depth: _several(chance, depth) if chance.random() < 0.3 else _inner(chance, depth),
    "additionalItems": _inner,
    "contains": _inner,
    "minProperties": lambda chance, _: chance.randint(0, 2),
    "maxProperties": lambda chance, _: chance.randint(0, 3),
    "required": lambda chance, _: chance.sample(NAMES, k=chance.randint(0, 2)),
    "properties": _named,
    "additionalProperties": lambda chance, depth: False if chance.random() < 0.5 else _inner(chance, depth),
    "patternProperties": lambda chance, depth: {chance.choice(PATTERNS): _inner(chance, depth)},
    "propertyNames": lambda chance, _: {chance.choice(["maxLength", "minLength"]): chance.randint(0, 3)},
    "dependencies": _dependencies,
}
FORMS: dict[str, Make] = {"allOf": _several, "anyOf": _several, "oneOf": _several, "not": _inner, "if": _inner}
OF_TYPE = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum", "exclusiveMinimum"),
    "array": ("items", "items", "minItems"),
    "object": ("properties", "properties", "properties", "required", "additionalProperties"),
}


def mutated(chance: random.Random, given: Any) -> Any:
    """A copy with one or two small changes anywhere."""
    changed = {"root": copy.deepcopy(given)}
    for _ in range(chance.randint(1, 2)):
        places = [inner for _, inner in keywords.walk(changed["root"]) if isinstance(inner, dict)]
        if not places:
            return schema(chance)
        _mutate(chance, chance.choice(places))
    return changed["root"]


def _mutate(chance: random.Random, place: dict[str, Any]) -> None:
    all_makers = {**MAKERS, **FORMS}
    numbers = [key for key, value in place.items() if isinstance(value, int | float) and not isinstance(value, bool)]
    lists = [key for key in ("enum", "required", "anyOf", "oneOf", "allOf") if isinstance(place.get(key), list)]
    step = chance.random()
    if step < 0.2 and place:
        place.pop(chance.choice(sorted(place)))
    elif step < 0.35 and numbers:
        key = chance.choice(numbers)
        place[key] = max(
            0 if key.startswith(("minL", "maxL", "minI", "maxI", "minP", "maxP")) else -9, place[key] + chance.choice([-1, 1])
        )
        if key == "multipleOf":
            place[key] = abs(place[key]) or 1
    elif step < 0.5 and lists:
        key = chance.choice(lists)
        if len(place[key]) > 1 and chance.random() < 0.5:
            place[key] = [one for index, one in enumerate(place[key]) if index]
        else:
            extra = all_makers[key](chance, 1)
            place[key] = place[key] + [
                one for one in extra if key not in ("enum", "required") or repr(one) not in map(repr, place[key])
            ]
    elif step < 0.75 and isinstance(place.get("properties"), dict):
        name = chance.choice(NAMES)
        if name in place["properties"] and chance.random() < 0.5:
            del place["properties"][name]
        else:
            place["properties"] = {**place["properties"], name: schema(chance, 1)}
    elif step < 0.85:
        place["type"] = chance.choice(TYPES)
    else:
        key = chance.choice(sorted(all_makers))
        place[key] = all_makers[key](chance, 1)
    if isinstance(place.get("enum"), list):
        place["enum"] = list({repr(one): one for one in place["enum"]}.values()) or ["a"]


def value(chance: random.Random, given: Any, depth: int = 4) -> Any:
    """A value that is likely, not sure, to be one of `given`."""
    if not isinstance(given, dict) or depth == 0 or chance.random() < 0.07:
        return _any(chance, depth)
    given = _with_a_form(chance, given)
    if "const" in given:
        return given["const"]
    if isinstance(given.get("enum"), list):
        return chance.choice(given["enum"])
    kind = given.get("type") or chance.choice(TYPES)
    kind = chance.choice(kind) if isinstance(kind, list) else kind
    make = {"object": _an_object, "array": _an_array, "integer": _a_number, "number": _a_number}.get(kind)
    if make is not None:
        return make(chance, given, depth)
    return {"string": chance.choice(TEXTS), "boolean": chance.random() < 0.5}.get(kind)


def _with_a_form(chance: random.Random, given: dict[str, Any]) -> dict[str, Any]:
    """What holds where one of the alternatives does."""
    for keyword in ("anyOf", "oneOf", "allOf"):
        if given.get(keyword) and chance.random() < 0.6:
            return {**given, **_merge(chance.choice(given[keyword]))}
    for keyword in ("if", "then", "else"):
        if keyword in given and chance.random() < 0.3:
            return {**given, **_merge(given[keyword])}
    return given


def _an_array(chance: random.Random, given: dict[str, Any], depth: int) -> list[Any]:
    items, rest = given.get("items", True), given.get("additionalItems", True)
    count = chance.randint(given.get("minItems", 0), max(3, given.get("minItems", 0)))
    places = [*items, *[rest] * count][:count] if isinstance(items, list) else [items] * count
    return [value(chance, place, depth - 1) for place in places]


def _a_number(chance: random.Random, given: dict[str, Any], _depth: int) -> float:
    bounds = [given[key] for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if key in given]
    edges = [bound + step for bound in bounds for step in (-1, -0.5, 0, 0.5, 1)]
    return float(chance.choice([*NUMBERS, *edges, *edges]))


def _merge(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _an_object(chance: random.Random, given: dict[str, Any], depth: int) -> dict[str, Any]:
    declared = given.get("properties", {})
    names = set(given.get("required", ())) | {name for name in declared if chance.random() < 0.6}
    if chance.random() < 0.5:
        names.add(chance.choice(NAMES))
    return {
        name: value(chance, declared.get(name, given.get("additionalProperties", True)), depth - 1) for name in sorted(names)
    }


def _any(chance: random.Random, depth: int) -> Any:
    pick = chance.random()
    if pick < 0.12 and depth:
        return {name: _any(chance, depth - 1) for name in chance.sample(NAMES, k=chance.randint(0, 2))}
    if pick < 0.2 and depth:
        return [_any(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    return chance.choice([*TEXTS, *NUMBERS, True, False, None])
