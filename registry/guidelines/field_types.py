"""Guidelines on types: each field has one, which a table's column can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.guidelines import choices
from registry.guidelines.contract import BOTH, Fault, Rule
from registry.guidelines.subject import Place, Subject

_SECTION = "Types"
_ALIAS = "schema-deterministic-types"
_NUMBERS = ("integer", "number")


def _one(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("type"):
        if isinstance(place.schema["type"], list):
            yield Fault(f"{place.pointer}/type", f"{place.name or 'It'} has several types.")


def _null(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("type"):
        if place.schema["type"] == "null":
            yield Fault(f"{place.pointer}/type", f"{place.name or 'It'} is of type null.")
    for place in subject.having("enum"):
        if None in place.schema["enum"]:
            yield Fault(f"{place.pointer}/enum", "null is one of the values.")
    for place in subject.having("const"):
        if place.schema["const"] is None:
            yield Fault(f"{place.pointer}/const", "null is the value.")


def _stated(subject: Subject) -> Iterator[Fault]:
    for place in subject.places:
        if place.role in {"root", "field"} and not place.schema.get("type"):
            yield Fault(place.pointer, f"{place.name or 'The schema'} has no type.")
    root = subject.document.get("type", "object")
    if root != "object" and not isinstance(root, list):
        yield Fault("/type", "An event is an object.")
    for place in subject.having("properties"):
        for name, child in place.schema["properties"].items():
            if isinstance(child, bool):
                yield Fault(f"{place.pointer}/properties/{name}", f"{name} has no type.")


def _items(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("type"):
        items = place.schema.get("items")
        if place.schema["type"] == "array" and not (isinstance(items, Mapping) and items.get("type")):
            is_narrowing = place.role == "branch" and items is None
            if not is_narrowing:
                yield Fault(place.pointer, f"{place.name or 'The list'} doesn't say of which one type its items are.")


def _object_fields(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("type"):
        schema = place.schema
        if schema["type"] == "object" and place.role != "branch" and not schema.get("properties"):
            is_open = schema.get("additionalProperties", False) is not False or "patternProperties" in schema
            if not is_open:
                yield Fault(place.pointer, f"{place.name or 'The object'} says neither its fields nor, as a map, its values.")


def _required_exist(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("required"):
        known = _declared(place)
        for name in place.schema["required"]:
            if name not in known:
                yield Fault(f"{place.pointer}/required", f"{name} is required but not declared.")


def _declared(place: Place) -> set[str]:
    """The properties of a schema; those of a branch, also the ones that it narrows."""
    own = set(place.schema.get("properties", ()))
    return own | _declared(place.parent) if place.role == "branch" and place.parent else own


def _bounded(subject: Subject) -> Iterator[Fault]:
    for place in subject.having("type") if subject.bounds else ():
        if place.schema["type"] in _NUMBERS and subject.bounds:
            yield from _own_bounds(place, *subject.bounds)


def _own_bounds(place: Place, low: float, high: float) -> Iterator[Fault]:
    minimum: Any = place.schema.get("minimum")
    maximum: Any = place.schema.get("maximum")
    name = place.name or "The number"
    if minimum is None or minimum < low:
        yield Fault(place.pointer, f"{name} has no minimum of {low} or more.")
    if maximum is None or maximum > high:
        yield Fault(place.pointer, f"{name} has no maximum of {high} or less.")


RULES = (
    Rule(
        code="TYPE-STATED",
        alias=_ALIAS,
        title="Every field states its type",
        section=_SECTION,
        analytics="Most pages gave no type at the top, so that a list could pass as an event.",
        production="Each property needs type; the top itself was not looked at.",
        chosen="Each field, at every depth, and the schema itself (object).",
        why="A column needs a type before its first row arrives.",
        remedy="Add type: string, integer, number, boolean, object or array.",
        good="properties:\n  page_title: {type: string, description: As readers see it.}\n",
        bad="properties:\n  page_title: {maxLength: 255, description: As readers see it.}\n",
        profiles=BOTH,
        check=_stated,
    ),
    Rule(
        code="TYPE-ONE",
        alias=_ALIAS,
        title="A field has one type",
        section=_SECTION,
        analytics="userAgent was any: a text from servers, an object after the processor. T259944.",
        production="No list of types. Legacy schemas are skipped by name.",
        chosen="No list of types, anywhere.",
        why="A table's column has one type; what doesn't fit is lost or breaks the load.",
        remedy="Choose one type. For a second one, add a second field.",
        good="properties:\n  page_id: {type: string, description: Its number as text.}\n",
        bad="properties:\n  page_id: {type: [string, boolean], description: Its number.}\n",
        profiles=BOTH,
        check=_one,
    ),
    Rule(
        code="TYPE-NULL",
        alias=_ALIAS,
        title="Nothing is null; what is unknown is left out",
        section=_SECTION,
        analytics="Every column was nullable; parsed user agents held nulls.",
        production="No null in enum. The type null itself passed.",
        chosen="No type null, no null in enum or const.",
        why="Absent and null would mean the same in a table and different things to a validator.",
        remedy="Leave the field out of required, and out of the event where it is unknown.",
        good="properties:\n  skin: {type: string, enum: [vector, minerva], description: What readers see.}\n",
        bad="properties:\n  skin: {type: string, enum: [vector, minerva, null], description: What readers see.}\n",
        profiles=BOTH,
        check=_null,
    ),
    Rule(
        code="TYPE-ARRAY-ITEMS",
        alias=_ALIAS,
        title="A list says what its items are",
        section=_SECTION,
        analytics="Lists were stored as JSON text.",
        production="items.type is needed.",
        chosen="items is one schema with a type; tuples are no lists.",
        why="A column is an array of one type.",
        remedy="Add items: {type: …}. For a tuple, name its parts as fields of an object.",
        good="properties:\n  tags: {type: array, items: {type: string}, description: Set by editors.}\n",
        bad="properties:\n  tags: {type: array, description: Set by editors.}\n",
        profiles=BOTH,
        check=_items,
    ),
    Rule(
        code="TYPE-OBJECT-FIELDS",
        alias=_ALIAS,
        title="An object says its fields, or is a map",
        section=_SECTION,
        analytics="event itself was declared by its own schema page; inside it anything went.",
        production="properties, oneOf, allOf or a truthy additionalProperties are needed.",
        chosen="properties that hold something, or additionalProperties with a schema.",
        why="What isn't declared is dropped when a table is loaded, and nobody is told.",
        remedy="List its properties, or make it a map: additionalProperties: {type: …}.",
        good="properties:\n  page:\n    type: object\n    description: What was shown.\n    additionalProperties: false\n"
        "    properties:\n      title: {type: string, description: As readers see it.}\n",
        bad="properties:\n  page: {type: object, description: What was shown.}\n",
        profiles=BOTH,
        check=_object_fields,
    ),
    Rule(
        code="TYPE-CHOICE",
        alias=_ALIAS,
        title="A choice narrows fields, it never declares them",
        section=_SECTION,
        analytics="Draft 3 allows several types, and schemas as types.",
        production="Branches of oneOf share one type and one list of required fields. anyOf, if and not went unseen.",
        chosen="A branch of oneOf, anyOf, allOf, if, then or else only says more about what stands beside it.",
        why="Tables, types and field lists are made of what is declared, in one place.",
        remedy="Declare the field under properties beside the choice, and let branches say what differs.",
        good="properties:\n  page_id: {type: string, description: Its number as text.}\n"
        "anyOf:\n  - properties: {page_id: {minLength: 1}}\n  - properties: {page_id: {maxLength: 9}}\n",
        bad="anyOf:\n  - properties: {page_id: {type: string, description: Its number as text.}}\n",
        profiles=BOTH,
        check=choices.declaring_choices,
    ),
    Rule(
        code="FIELD-REQUIRED-EXISTS",
        alias="schema-required-properties-exist",
        title="What is required is declared",
        section=_SECTION,
        analytics="required: true stood on the property itself; a script turned required: false into required (ca5f071).",
        production="Each name in required is a property; looked for under properties alone.",
        chosen="What production said, at every depth: items, maps and branches too.",
        why="A misspelt name in required refuses every event.",
        remedy="Declare the property, or take its name out of required.",
        good="required: [$schema, meta, dt]\n",
        bad="properties:\n  tags:\n    type: array\n    description: Set by editors.\n    items:\n      type: object\n"
        "      additionalProperties: false\n      required: [label]\n"
        "      properties:\n        name: {type: string, description: As shown.}\n",
        profiles=BOTH,
        check=_required_exist,
    ),
    Rule(
        code="NUMBER-BOUNDS",
        alias="schema-enforced-numeric-bounds",
        title="Numbers stay within what every client can hold",
        section=_SECTION,
        analytics="Times as yyyymmddhhmmssmmm, above 2^53, were rounded by browsers (a11f280).",
        production="minimum and maximum within ±(2^53-1); the materialiser adds them.",
        chosen="What production said, also inside if, then and else. enforcedNumericBounds moves the limits.",
        why="Above 2^53 half of all clients silently change the number.",
        remedy="Let the materialiser add minimum and maximum, or write narrower ones. Send longer ids as text.",
        good="properties:\n  position: {type: integer, minimum: 0, maximum: 1000, description: On the page.}\n",
        bad="properties:\n  position: {type: integer, description: On the page.}\n",
        profiles=BOTH,
        check=_bounded,
    ),
)
