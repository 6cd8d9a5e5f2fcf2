"""Seeded changes to schemas, and schemas made up from nothing, that use all that draft-07 and the reference's `$ref` allow."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

Schema = dict[str, Any]

FIELDS = (
    "dt",
    "name",
    "wiki_id",
    "camelCase",
    "length",
    "a/b",
    "a~b",
    "two words",
    "50%",
    "é😀",
    "yes",
    "1",
    "items",
    "allOf",
    "$ref2",
)
TYPES = ("string", "integer", "number", "boolean", "object", "array", "null")
WORDS = ("a", "b", "B", "é", "😀", "\uffee", "10", "9", "")
_DEEPEST = 3


def made_up(random: Random, fragments: Sequence[Schema] = ()) -> Schema:
    """A whole document; fields of its parts meet each other often."""
    document: Schema = {"$id": "/made/up/1.0.0", "title": "made/up", "definitions": {}}
    document |= schema(random)
    for name in ("one", "two"):
        document["definitions"] = {**document.get("definitions", {}), name: schema(random)}
    for change in random.choices(CHANGES, k=random.randint(1, 4)):
        change(random, document, fragments)
    return document


def mutated(random: Random, document: Schema, fragments: Sequence[Schema]) -> Schema:
    """A copy of `document` with some changes at places chosen by `random`."""
    changed = copy.deepcopy(document)
    for change in random.choices(CHANGES, k=random.randint(1, 5)):
        change(random, changed, fragments)
    return changed


def schema(random: Random, depth: int = 0) -> Schema:
    """A schema of a few keywords."""
    chosen = random.sample(sorted(KEYWORDS), random.randint(1, 4))
    return {keyword: KEYWORDS[keyword](random, depth + 1) for keyword in chosen}


def anything(random: Random, depth: int) -> Any:
    """A schema, or true or false."""
    if depth > _DEEPEST or random.random() < 0.1:
        return random.choice((True, True, False, {}, {"type": "string"}, {"type": "integer"}))
    return schema(random, depth)


def value(random: Random, depth: int = 0) -> Any:
    """Plain JSON."""
    scalars = (None, True, False, 0, 1, 1.0, 2, -3, 0.5, 1e30, *WORDS)
    if depth > 1 or random.random() < 0.7:
        return random.choice(scalars)
    if random.random() < 0.5:
        return [value(random, depth + 1) for _ in range(random.randint(0, 3))]
    return {name: value(random, depth + 1) for name in random.sample(FIELDS, random.randint(0, 2))}


def _named(random: Random, depth: int) -> Schema:
    return {name: anything(random, depth) for name in random.sample(FIELDS[:6], random.randint(0, 3))}


def _several(random: Random, depth: int) -> list[Any]:
    return [anything(random, depth) for _ in range(random.randint(1, 3))]


def _names(random: Random, _depth: int) -> list[str]:
    return random.sample(FIELDS, random.randint(0, 3))


def _type(random: Random, _depth: int) -> Any:
    return random.choice(TYPES) if random.random() < 0.7 else random.sample(TYPES, random.randint(1, 3))


def _one_of(*values: Any) -> Callable[[Random, int], Any]:
    return lambda random, _depth: random.choice(values)


KEYWORDS: dict[str, Callable[[Random, int], Any]] = {
    "type": _type,
    "properties": _named,
    "patternProperties": lambda random, depth: {"^x-": anything(random, depth)},
    "additionalProperties": anything,
    "required": _names,
    "dependencies": lambda random, depth: {
        name: random.choice((_names, anything))(random, depth) for name in random.sample(FIELDS[:3], random.randint(0, 2))
    },
    "definitions": _named,
    "items": lambda random, depth: (anything if random.random() < 0.6 else _several)(random, depth),
    "additionalItems": anything,
    "contains": anything,
    "propertyNames": anything,
    "not": anything,
    "anyOf": _several,
    "oneOf": _several,
    "allOf": _several,
    "if": anything,
    "then": anything,
    "enum": lambda random, _depth: [value(random, 1) for _ in range(random.randint(1, 4))],
    "const": lambda random, _depth: value(random),
    "default": lambda random, _depth: value(random),
    "examples": lambda random, _depth: [value(random)],
    "pattern": _one_of("^a", "b$", r"^\d+$"),
    "format": _one_of("date-time", "uri-reference", "uuid"),
    "multipleOf": _one_of(1, 2, 3, 0.5, 0.3, 1.1, 10, 2.0),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _one_of(-5, 0, 1, 1.0, 2.5, 2**53 - 1)),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _one_of(0, 1, 2, 255)
    ),
    "uniqueItems": _one_of(True, False),
    "title": _one_of("one", "two"),
    "description": _one_of("one", "two"),
    "$id": _one_of("/inside/1.0.0", "/inside/2.0.0"),
    "$comment": _one_of("one", "two"),
    "x-pii": _one_of("ip", "name"),
}


def objects(node: Any) -> Iterator[Schema]:
    """All objects in a document, schemas or not."""
    if isinstance(node, dict):
        yield node
    for item in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from objects(item)


def schemas_in(document: Schema) -> list[Schema]:
    """Objects that look like schemas."""
    return [one for one in objects(document) if one is document or {"type", "properties", "allOf", "$ref"} & one.keys()]


def _reference(random: Random, document: Schema, fragments: Sequence[Schema]) -> str:
    """One that leads somewhere, as a rule."""
    if random.random() < 0.1:
        return random.choice(("#/absent", "/absent/1.0.0", "#name", "#", "", "#/definitions/%zz", "#/required/0", "#/$id"))
    if fragments and random.random() < 0.6:
        target, start = random.choice(fragments), None
        start = target["$id"] + random.choice(("", "#"))
    else:
        target, start = document, random.choice(("#", "#", "./#", ".#"))
    place = ""
    node: Any = target
    for _ in range(random.randint(0, 4)):
        if not isinstance(node, dict) or not node:
            break
        name = random.choice(list(node))
        place += "/" + name.replace("~", "~0").replace("/", "~1").replace("%", "%25").replace(" ", "%20")
        node = node[name]
    return start + place if "#" in start else start + ("#" + place if place else "")


def _refer(random: Random, document: Schema, fragments: Sequence[Schema]) -> None:
    place = random.choice(schemas_in(document))
    group = place.setdefault("properties", {})
    if isinstance(group, dict):
        group[random.choice(FIELDS)] = {"$ref": _reference(random, document, fragments)}


def _refer_in_part(random: Random, document: Schema, fragments: Sequence[Schema]) -> None:
    place = random.choice(schemas_in(document))
    if isinstance(place.setdefault("allOf", []), list):
        place["allOf"].append({"$ref": _reference(random, document, fragments)})


def _put_beside(random: Random, document: Schema, fragments: Sequence[Schema]) -> None:
    referring = [one for one in objects(document) if isinstance(one.get("$ref"), str)]
    if not referring:
        return _refer(random, document, fragments)
    keyword = random.choice(sorted(KEYWORDS))
    random.choice(referring)[keyword] = KEYWORDS[keyword](random, 1)
    return None


def _say(random: Random, document: Schema, _fragments: Sequence[Schema]) -> None:
    keyword = random.choice(sorted(KEYWORDS))
    random.choice(schemas_in(document))[keyword] = KEYWORDS[keyword](random, 1)


def _split_up(random: Random, document: Schema, _fragments: Sequence[Schema]) -> None:
    """Say one keyword twice, in different words."""
    place = random.choice(schemas_in(document))
    keyword = random.choice(sorted(KEYWORDS))
    parts = [{keyword: KEYWORDS[keyword](random, 1)} for _ in range(random.randint(1, 3))]
    place["allOf"] = [*(place["allOf"] if isinstance(place.get("allOf"), list) else []), *parts]


def _show(random: Random, document: Schema, _fragments: Sequence[Schema]) -> None:
    document["examples"] = [{"$schema": {"$ref": "#/$id"}, "x": {"$ref": "#/title"}, "y": value(random)}]


def _remove(random: Random, document: Schema, _fragments: Sequence[Schema]) -> None:
    place = random.choice(schemas_in(document))
    removable = [keyword for keyword in place if keyword != "$id"]
    if removable:
        del place[random.choice(removable)]


def share(random: Random, document: Schema) -> None:
    """The same object at two places, as an alias in YAML makes it."""
    places = schemas_in(document)
    shared, other = random.choice(places), random.choice(places)
    if not any(one is other for one in objects(shared)) and isinstance(other.setdefault("allOf", []), list):
        other["allOf"].append(shared)


CHANGES: tuple[Callable[[Random, Schema, Sequence[Schema]], None], ...] = (
    _refer,
    _refer_in_part,
    _put_beside,
    _say,
    _say,
    _split_up,
    _split_up,
    _show,
    _remove,
)
