"""A schema as its rules look at it: every place in it once, with what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import jsonschema_rs

from eventplatform.core import names
from eventplatform.core.pointers import escape
from eventplatform.core.schemas import Violation
from registry.schema.keywords import HOLDS_LIST, HOLDS_NAMED, HOLDS_ONE
from registry.schema.limits import check_size
from registry.schema.materialise import SAFE_BOUNDS, Bounds
from registry.schema.telling import Teller
from registry.schema.validators import SchemaNotCompilableError, validator

Role = Literal["root", "field", "items", "values", "branch", "other"]

_ROLES: dict[str, Role] = {"properties": "field", "items": "items", "additionalProperties": "values"}
_BRANCHES = frozenset({"allOf", "anyOf", "else", "if", "not", "oneOf", "then", "dependencies"})


@dataclass(frozen=True, slots=True)
class Place:
    """A schema (always an object) inside the document; `name` is the property's, for a field."""

    pointer: str
    schema: Mapping[str, Any]
    role: Role
    name: str = ""
    parent: Place | None = None


class Subject:
    """A document to be judged, and the places in it; shapes may be trusted only once the document is a valid schema."""

    def __init__(
        self, document: Mapping[str, Any], *, raw: Mapping[str, Any] | None = None, bounds: Bounds | None = SAFE_BOUNDS
    ) -> None:
        check_size(document)
        if raw is not None:
            check_size(raw)
        self.document = document
        self.raw = raw
        self.bounds = bounds
        schema_id = document.get("$id")
        self.schema_id = schema_id if isinstance(schema_id, str) else ""
        self.title, self.version = names.split_schema_id(self.schema_id)

    @property
    def is_fragment(self) -> bool:
        """Fragments are parts of schemas: no event is ever of one."""
        return self.title.startswith("fragment/")

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every schema in the document, parents first."""
        return tuple(_places(self.document))

    @cached_property
    def _by_keyword(self) -> Mapping[str, Sequence[Place]]:
        found: dict[str, list[Place]] = {}
        for place in self.places:
            for keyword in place.schema:
                found.setdefault(keyword, []).append(place)
        return found

    def having(self, keyword: str) -> Sequence[Place]:
        """The places whose schema has that keyword."""
        return self._by_keyword.get(keyword, ())

    @cached_property
    def fields(self) -> tuple[Place, ...]:
        """The places that are declared properties of events: those inside branches and definitions are none."""
        return tuple(place for place in self.places if place.role == "field")

    @cached_property
    def unusable(self) -> SchemaNotCompilableError | None:
        """Why no validator can be made of it; None where one can."""
        return self._compiled if isinstance(self._compiled, SchemaNotCompilableError) else None

    def first_violation(self, event: Any) -> Violation | None:
        """How an event breaks the schema; None where it doesn't, or where there is no validator to tell."""
        if isinstance(self._compiled, SchemaNotCompilableError):
            return None
        return Teller(self._compiled, self.document).first(event)

    @cached_property
    def _compiled(self) -> jsonschema_rs.Draft7Validator | SchemaNotCompilableError:
        try:
            return validator(self.document, "ajv6")
        except SchemaNotCompilableError as error:
            return error

    @property
    def properties(self) -> Mapping[str, Any]:
        """The top-level properties."""
        found = self.document.get("properties")
        return found if isinstance(found, Mapping) else {}


def _places(document: Mapping[str, Any]) -> Iterator[Place]:
    waiting = [Place("", document, "root")]
    while waiting:
        place = waiting.pop()
        yield place
        waiting += reversed([child for child in _inside(place) if isinstance(child.schema, Mapping)])


def _inside(place: Place) -> Iterator[Place]:
    for keyword, value in place.schema.items():
        pointer = f"{place.pointer}/{escape(keyword)}"
        if keyword in HOLDS_NAMED and isinstance(value, Mapping):
            role = _role_of(keyword, place)
            for name, child in value.items():
                yield Place(f"{pointer}/{escape(name)}", child, role, name if role == "field" else "", place)
        elif (keyword in HOLDS_LIST or keyword == "items") and isinstance(value, list):
            role = _role_of(keyword, place)
            for index, child in enumerate(value):
                yield Place(f"{pointer}/{index}", child, role, "", place)
        elif keyword in HOLDS_ONE or keyword == "items":
            yield Place(pointer, value, _role_of(keyword, place), "", place)


def _role_of(keyword: str, place: Place) -> Role:
    if keyword in _BRANCHES:
        return "branch"
    if place.role in {"branch", "other"}:  # what is inside a branch narrows fields that are declared elsewhere
        return place.role
    return _ROLES.get(keyword, "other")
