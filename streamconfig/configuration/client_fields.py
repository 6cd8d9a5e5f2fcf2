"""Which fields of an event a client may fill by itself: those that the schema has, in the form in which a client has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any

_IDENTIFIER = "0123456789abcdef0123"
_WORD = "a"

# What clients know by themselves, and values that they may write there (docs/reference/client-contract.md, §4).
KNOWN: Mapping[str, tuple[Any, ...]] = {
    "meta.id": ("0f8fad5b-d9cb-469f-a165-70867728950e",),
    "meta.domain": ("www.example.org",),
    "dt": ("2026-11-26T12:00:00.250Z",),
    "instrument_name": (_WORD,),
    "sample.unit": ("pageview", "session", "device"),
    "sample.rate": (0.5, 1),
    "sample.revision": (17,),
    "funnel_name": (_WORD,),
    "funnel_event_sequence_position": (1,),
    "action": (_WORD,),
    "browser.pageview_id": (_IDENTIFIER,),
    "browser.session_id": (_IDENTIFIER,),
    "browser.device_id": (_IDENTIFIER,),
    "browser.page_path": ("/page/Garden",),
    "browser.viewport_width_px": (1280,),
    "browser.language": ("en",),
    "performer.pageview_id": (_IDENTIFIER,),
    "performer.session_id": (_IDENTIFIER,),
    "agent.client_platform": ("web", "app", "service"),
}
_ALWAYS_SET = "meta.stream"
_TYPES: Mapping[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float)}


def fields_of(
    schema: Mapping[str, Any], attributes: Iterable[str] = (), known: Mapping[str, tuple[Any, ...]] = KNOWN
) -> list[str]:
    """The known fields that a schema has and takes, and those of contextual attributes that it has."""
    taken = [path for path, values in known.items() if _takes(property_at(schema, path.split(".")), values)]
    named = [path for path in (path_of(schema, one) for one in attributes) if path is not None]
    fields = dict.fromkeys((*taken, *named))
    return [path for path in fields if _comes_into_being(schema, path.split("."), fields)]


def path_of(schema: Mapping[str, Any], attribute: str) -> str | None:
    """The field that a contextual attribute names: `page_id` is `page.id` where the schema has that, else its own `page_id`."""
    return next((".".join(path) for path in _paths(attribute) if property_at(schema, path) is not None), None)


def property_at(schema: Mapping[str, Any], path: Iterable[str]) -> Mapping[str, Any] | None:
    """The schema of a field, through `properties` alone; None where there is none."""
    found: Any = schema
    for name in path:
        properties = found.get("properties") if isinstance(found, Mapping) else None
        found = properties.get(name) if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _paths(attribute: str) -> Iterator[list[str]]:
    """The ways to read an attribute, the likeliest first: written as a path, of an object, alone, of an object in another."""
    if "." in attribute:
        yield attribute.split(".")
        return
    first, _, rest = attribute.partition("_")
    if rest:
        yield [first, rest]
    yield [attribute]
    words = attribute.split("_")
    for cut in range(2, len(words)):
        yield ["_".join(words[:cut]), "_".join(words[cut:])]
        yield [first, "_".join(words[1:cut]), "_".join(words[cut:])]


def _takes(schema: Mapping[str, Any] | None, values: Iterable[Any]) -> bool:
    """Whether a field's type, choices and pattern allow all of the values: a client makes no event invalid by helping."""
    return schema is not None and all(_allows(schema, value) for value in values)


def _allows(schema: Mapping[str, Any], value: Any) -> bool:
    says = schema.get("type")
    types = [says] if isinstance(says, str) else says or []
    if types and not any(type(value) in _TYPES.get(name, ()) for name in types):
        return False
    if value not in schema.get("enum", (value,)) or value != schema.get("const", value):
        return False
    return not isinstance(value, str) or value == _WORD or _fits(schema.get("pattern"), value)


def _fits(pattern: Any, value: str) -> bool:
    try:
        return pattern is None or re.search(pattern, value) is not None
    except (re.error, TypeError):  # ECMAScript's, which Python can't read
        return False


def _comes_into_being(schema: Mapping[str, Any], path: list[str], fields: Mapping[str, Any]) -> bool:
    """False for a field of an object that may be absent, but not have that field alone: it asks for one that nobody fills."""
    for parents in list(accumulate(([name] for name in path[:-1]), lambda one, two: one + two)):
        inside = property_at(schema, parents) or {}
        around = property_at(schema, parents[:-1]) or {}
        is_needed = parents[-1] in (around.get("required") or ())
        asks = {".".join((*parents, name)) for name in inside.get("required") or ()}
        if not is_needed and not asks <= {*fields, _ALWAYS_SET}:
            return False
    return True
