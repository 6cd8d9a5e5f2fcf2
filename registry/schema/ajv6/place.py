"""Where Ajv stands while it judges: a path in the event, a path in the schema, and whether several forms are being tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from eventplatform.core.schemas import AjvError
from registry.schema.ajv6 import javascript

RULES = frozenset(
    [
        "type",
        "$comment",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "multipleOf",
        "format",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "items",
        "contains",
        "uniqueItems",
        "maxProperties",
        "minProperties",
        "required",
        "dependencies",
        "propertyNames",
        "properties",
        "additionalProperties",
        "patternProperties",
        "$ref",
        "const",
        "enum",
        "not",
        "anyOf",
        "oneOf",
        "allOf",
        "if",
    ]
)


class Place(NamedTuple):
    """`is_tried` is true within `anyOf`, `oneOf`, `not`, `contains`, `propertyNames` and the test of an `if`."""

    data_path: str = ""
    schema_path: str = "#"
    is_tried: bool = False

    def error(self, keyword: str, params: Mapping[str, Any], message: str) -> AjvError:
        """What is wrong here by a keyword of the schema that is being judged."""
        return AjvError(keyword, self.data_path, f"{self.schema_path}/{keyword}", params, message)

    def by(self, *parts: str | int) -> Place:
        """The same place in the event, seen by a schema inside this one."""
        return self._replace(schema_path=self._inside(parts))

    def tried(self, *parts: str | int) -> Place:
        """Likewise, for one that is only tried."""
        return Place(self.data_path, self._inside(parts), is_tried=True)

    def named(self, name: str, *parts: str | int) -> Place:
        """The property that the schema names."""
        return Place(self.data_path + javascript.named(name), self._inside(parts), self.is_tried)

    def found(self, name: str, *parts: str | int) -> Place:
        """A property that was met in the event."""
        return Place(self.data_path + javascript.found(name), self._inside(parts), self.is_tried)

    def item(self, index: int, *parts: str | int) -> Place:
        """The item at `index`."""
        return Place(f"{self.data_path}[{index}]", self._inside(parts), self.is_tried)

    def _inside(self, parts: tuple[str | int, ...]) -> str:
        return "/".join([self.schema_path, *(part if isinstance(part, str) else str(part) for part in parts)])


class Judge(Protocol):
    """What a rule asks for what it can't answer itself."""

    def errors(self, schema: Any, data: Any, place: Place) -> Iterator[AjvError]:
        """How `data` breaks a schema."""
        ...

    def listed(self, schema: Any, data: Any, place: Place) -> list[AjvError]:
        """Likewise, all at once; of very many the first."""
        ...

    def matches(self, pattern: str, text: str) -> bool:
        """Whether the text matches, in a time that grows with the text alone."""
        ...

    def has_format(self, name: str, text: str) -> bool:
        """Whether the text has that format as Ajv's fast mode understands it."""
        ...

    def at(self, reference: str) -> Any:
        """The schema that a `$ref` within the document leads to."""
        ...

    def work(self, steps: int) -> None:
        """Count what is more work than one rule for one value."""
        ...


def says_something(schema: Any) -> bool:
    """False for a schema by which nothing can be wrong."""
    return schema is False or (isinstance(schema, dict) and not RULES.isdisjoint(schema))
