"""Guidelines on maps, and on objects that are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from registry.guidelines.contract import Fault, Rule
from registry.guidelines.subject import Subject

_SECTION = "Maps"


def _typed_values(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("additionalProperties"):
        values = place.schema["additionalProperties"]
        is_untyped = values is True or (isinstance(values, Mapping) and not values.get("type"))
        if is_untyped and place.role != "branch":
            yield Fault(f"{place.pointer}/additionalProperties", f"{place.name or 'The object'} takes values of any type.")


def _map_or_fields(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("additionalProperties"):
        values = place.schema["additionalProperties"]
        is_map = isinstance(values, Mapping) and bool(values.get("type"))
        if is_map and (place.role == "root" or place.schema.get("properties")):
            yield Fault(f"{place.pointer}/additionalProperties", f"{place.name or 'The event'} has fields and is a map, too.")
    for place in subject.having("patternProperties"):
        yield Fault(f"{place.pointer}/patternProperties", f"{place.name or 'The object'} types its fields by pattern.")


def _closed(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("properties"):
        if place.role != "branch" and "additionalProperties" not in place.schema:
            yield Fault(place.pointer, f"{place.name or 'The schema'} doesn't say that it takes no other fields.")


RULES = (
    Rule(
        code="MAP-VALUES",
        title="The values of a map have one type",
        section=_SECTION,
        analytics="No maps; objects inside event took anything.",
        production="additionalProperties for maps only, with a type. true and {} passed as maps.",
        chosen="additionalProperties is false, or a schema with a type.",
        why="A column map<string, ?> can't be made; true drops what nobody declared when the table is loaded.",
        remedy="Write additionalProperties: {type: …} for a map, additionalProperties: false for anything else.",
        good="properties:\n  labels:\n    type: object\n    description: Names.\n    additionalProperties: {type: string}\n",
        bad="properties:\n  labels:\n    type: object\n    description: Names.\n    additionalProperties: true\n",
        check=_typed_values,
    ),
    Rule(
        code="MAP-OR-FIELDS",
        title="An object has fields or is a map, never both",
        section=_SECTION,
        analytics="Undeclared keys inside event pass after the move, and vanish when the table is loaded.",
        production="No additionalProperties except in map types. Written, checked by nothing.",
        chosen="properties, or additionalProperties with a schema; no patternProperties; the event itself is no map.",
        why="In a table an object is a struct or a map.",
        remedy="Put the open part into a field of its own, as labels: {additionalProperties: {type: string}}.",
        good="properties:\n  labels:\n    type: object\n    description: Names.\n    additionalProperties: {type: string}\n",
        bad="properties:\n  labels:\n    type: object\n    description: Names.\n    additionalProperties: {type: string}\n"
        "    properties:\n      en: {type: string, description: English.}\n",
        check=_map_or_fields,
    ),
    Rule(
        code="OBJECT-CLOSED",
        title="An object says that it takes no other fields",
        section=_SECTION,
        level="warning",
        analytics="additionalProperties: false was added at the top of event, and nowhere else.",
        production="447 of 510 versions close the top; what is nested is open as a rule.",
        chosen="additionalProperties: false on every object with properties; a warning, as published versions can't change it.",
        why="A misspelt field is refused while its author is watching, not missed a quarter later.",
        remedy="Add additionalProperties: false in a new schema; in a published one it is a major change.",
        good="additionalProperties: false\n",
        bad="properties:\n  page:\n    type: object\n    description: What was shown.\n"
        "    properties:\n      title: {type: string, description: As readers see it.}\n",
        check=_closed,
    ),
)
