"""A second opinion on both directions: containment as jsonschema-rs proves it, within bounds of size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs

from registry.compatibility.contract import Opinion, Verdict, Word
from registry.compatibility.reading import as_sent, without_annotations
from registry.schema import keywords

# Its time grows with alternatives faster than with size, and it can't be stopped: beyond these it isn't asked.
_MAX_SCHEMAS = 1_000
_MAX_ALTERNATIVES = 24
_MAX_CHOICES = 3  # among fields: a fourth makes milliseconds tenths of a second, a twentieth seconds
_MAX_VALUES = 500  # in all lists of values
_MAX_NEWLY_REQUIRED = 12  # by one version alone: fifty cost tenths of a second, a hundred half a minute
_MAX_REQUIRED = 1_000  # the same names on both sides cost a second at 7,000
_OF_FIELDS = frozenset({"dependencies", "properties", "required"})
_DRAFT = 7
_WORDS: Mapping[str, Word] = {"yes": "yes", "no": "no", "unknown": "unknown"}


def opinion_on(old: Mapping[str, Any], new: Mapping[str, Any], backward: Verdict, forward: Verdict) -> Opinion:
    """What containment says of the events that each version's producers send, and whether it agrees with our verdicts."""
    before, after = without_annotations(dict(old)), without_annotations(dict(new))
    if not (_is_small(before) and _is_small(after) and _is_required_alike(before, after)):
        return Opinion("unknown", "unknown", None, "Not asked: these schemas are too large for a containment proof.")
    words = {"backward": _contained(as_sent(before, after), after), "forward": _contained(as_sent(after, before), before)}
    known = [verdict for verdict in (backward, forward) if words[verdict.direction] != "unknown"]
    differing = [verdict for verdict in known if (words[verdict.direction] == "yes") != verdict.holds]
    agrees = not differing if known else None
    return Opinion(words["backward"], words["forward"], agrees, _sentence(known, differing))


def _contained(narrow: Any, wide: Any) -> Word:
    try:
        mine, theirs = (jsonschema_rs.canonicalize(schema, draft=_DRAFT, offline=True) for schema in (narrow, wide))
        return _WORDS.get(theirs.covers(mine).value, "unknown")
    except (jsonschema_rs.canonical.CanonicalizationError, jsonschema_rs.ValidationError, ValueError):
        return "unknown"


def _is_small(schema: Any) -> bool:
    schemas = [inner for _, inner in islice(keywords.walk(schema), _MAX_SCHEMAS + 1)]
    objects = [inner for inner in schemas if isinstance(inner, dict)]
    return (
        len(schemas) <= _MAX_SCHEMAS
        and sum(map(_alternatives, objects)) <= _MAX_ALTERNATIVES
        and sum(map(_choices, objects)) <= _MAX_CHOICES
        and sum(len(inner.get("enum", ())) for inner in objects) <= _MAX_VALUES
        and sum(len(inner.get("required", ())) for inner in objects) <= _MAX_REQUIRED
    )


def _alternatives(schema: dict[str, Any]) -> int:
    listed = sum(len(schema[keyword]) for keyword in ("anyOf", "oneOf", "dependencies") if keyword in schema)
    return listed + sum(keyword in schema for keyword in ("not", "if", "contains", "multipleOf"))


def _choices(schema: dict[str, Any]) -> int:
    """How often it lets an event choose which fields it has: such choices multiply."""
    forms = [schema[keyword] for keyword in ("anyOf", "oneOf") if keyword in schema]
    among_fields = sum(any(isinstance(form, dict) and form.keys() & _OF_FIELDS for form in several) for several in forms)
    return among_fields + len(schema.get("dependencies", ())) + ("if" in schema)


def _is_required_alike(one: Any, other: Any) -> bool:
    mine, theirs = ({f"{pointer} {name}" for pointer, name in _required(schema)} for schema in (one, other))
    return len(mine ^ theirs) <= _MAX_NEWLY_REQUIRED


def _required(schema: Any) -> Iterator[tuple[str, str]]:
    for pointer, inner in keywords.walk(schema):
        if isinstance(inner, dict):
            yield from ((pointer, name) for name in inner.get("required", ()))


def _sentence(known: list[Verdict], differing: list[Verdict]) -> str:
    if not known:
        return "The containment check of jsonschema-rs can't tell."
    if differing:
        return " ".join(map(_contradiction, differing))
    if len(known) == 1:
        other = "forward" if known[0].direction == "backward" else "backward"
        return f"The containment check of jsonschema-rs agrees on {known[0].direction}; on {other} it can't tell."
    return "The containment check of jsonschema-rs agrees."


def _contradiction(verdict: Verdict) -> str:
    events, version = ("old", "new") if verdict.direction == "backward" else ("new", "old")
    if verdict.holds:
        return f"On {verdict.direction} we say yes; jsonschema-rs says that the {version} version refuses some {events} events."
    return (
        f"On {verdict.direction} we say no: {verdict.reasons[0]} jsonschema-rs proves that every one of the {events} events "
        f"passes the {version} version."
    )
