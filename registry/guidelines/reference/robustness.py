"""The reference's rules about single schemas (its robustness.js), by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eventplatform.core.pointers import escape
from registry.guidelines.contract import Fault
from registry.guidelines.reference import examples, javascript
from registry.guidelines.reference.deterministic import polymorphisms
from registry.guidelines.reference.secure import insecurities
from registry.guidelines.reference.snake_case import oddly_named
from registry.guidelines.subject import Subject
from registry.schema.materialise import Bounds

Coded = tuple[str, Fault]  # the code of ours under which it is told
RobustnessCheck = Callable[[Subject], Iterator[Coded]]


def _valid(subject: Subject) -> Iterator[Coded]:
    reason = examples.why_invalid(subject.document)
    if reason:
        yield "SCHEMA-VALID", reason


def _secure(subject: Subject) -> Iterator[Coded]:
    yield from (("SAFE-SIZE", fault) for fault in insecurities(subject.document))


def _snake_case(subject: Subject) -> Iterator[Coded]:
    yield from (("NAME-SNAKE-CASE", fault) for fault in oddly_named(subject.document))


def _deterministic(subject: Subject) -> Iterator[Coded]:
    return polymorphisms(subject.document)


def _required_exist(subject: Subject) -> Iterator[Coded]:
    yield from (("FIELD-REQUIRED-EXISTS", fault) for fault in _absent(subject.document, ""))


def _absent(node: Any, pointer: str) -> Iterator[Fault]:
    required, properties = javascript.get(node, "required"), javascript.get(node, "properties")
    if javascript.is_truthy(required) and not javascript.is_truthy(properties):
        yield Fault(f"{pointer}/required", "There are required fields but no properties.")
    elif isinstance(required, list):
        named = dict(javascript.entries(properties))
        for name in (one for one in required if isinstance(one, str)):
            if not javascript.is_truthy(named.get(name)) and name not in javascript.INHERITED - named.keys():
                yield Fault(f"{pointer}/required", f"{name} is required but no property.")
    for name, child in javascript.entries(properties):
        yield from _absent(child, f"{pointer}/properties/{escape(name)}")


def _examples_name_schema(subject: Subject) -> Iterator[Coded]:
    declared = subject.document.get("properties")
    given = subject.document.get("examples")
    if not (isinstance(declared, Mapping) and "$schema" in declared and isinstance(given, list)):
        return
    for index, example in enumerate(given):
        if not javascript.is_same(javascript.get(example, "$schema"), subject.document.get("$id")):
            yield "EXAMPLE-NAMES-SCHEMA", Fault(f"/examples/{index}", "The example's $schema is not the schema's $id.")


def _examples_valid(subject: Subject) -> Iterator[Coded]:
    yield from (("EXAMPLE-VALID", fault) for fault in examples.invalid_examples(subject.document))


def _bounded(subject: Subject) -> Iterator[Coded]:
    if subject.bounds is not None:
        yield from (("NUMBER-BOUNDS", fault) for fault in _unbounded(subject.document, "", subject.bounds))


_LISTS = frozenset({"items", "allOf", "anyOf", "oneOf"})
_NAMED = frozenset({"definitions", "properties", "patternProperties", "dependencies"})
_ONE = frozenset({"additionalItems", "items", "contains", "additionalProperties", "propertyNames", "not"})


def _unbounded(node: Any, pointer: str, bounds: Bounds) -> Iterator[Fault]:
    """By json-schema-traverse 0.4, which doesn't know if, then and else."""
    if not isinstance(node, Mapping):
        return
    if node.get("type") in ("number", "integer"):
        yield from _own_bounds(node, pointer, bounds)
    for keyword, value in node.items():
        place = f"{pointer}/{escape(keyword)}"
        if isinstance(value, list):
            for index, child in enumerate(value if keyword in _LISTS else ()):
                yield from _unbounded(child, f"{place}/{index}", bounds)
        elif keyword in _NAMED:
            for name, child in value.items() if isinstance(value, Mapping) else ():
                yield from _unbounded(child, f"{place}/{escape(name)}", bounds)
        elif keyword in _ONE:
            yield from _unbounded(value, place, bounds)


def _own_bounds(node: Mapping[str, Any], pointer: str, bounds: Bounds) -> Iterator[Fault]:
    low, high = node.get("minimum"), node.get("maximum")
    if not javascript.is_number(low):
        yield Fault(pointer, "The number has no minimum.")
    elif low < bounds[0]:
        yield Fault(f"{pointer}/minimum", f"The minimum {low} is below {bounds[0]}.")
    if not javascript.is_number(high):
        yield Fault(pointer, "The number has no maximum.")
    elif high > bounds[1]:
        yield Fault(f"{pointer}/maximum", f"The maximum {high} is above {bounds[1]}.")


# The reference's name of a rule → the rule. Those `OF_CURRENT` alone look at current.yaml, which may hold references.
CHECKS: dict[str, RobustnessCheck] = {
    "schema-is-valid": _valid,
    "schema-is-secure": _secure,
    "schema-snake-case-properties": _snake_case,
    "schema-deterministic-types": _deterministic,
    "schema-required-properties-exist": _required_exist,
    "schema-examples-$schema-matches-schema-$id": _examples_name_schema,
    "schema-examples-are-valid": _examples_valid,
    "schema-enforced-numeric-bounds": _bounded,
}
OF_CURRENT = ("schema-is-secure", "schema-snake-case-properties")
