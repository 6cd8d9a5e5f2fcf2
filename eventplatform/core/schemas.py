"""What the gate needs of a compiled schema; the registry implements it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which an event breaks its schema: the place in the event, the keyword broken, a sentence.

    For a missing or unexpected property `pointer` names that property itself, not the object around it.
    """

    pointer: str
    keyword: str
    message: str


@dataclass(frozen=True, slots=True)
class AjvError:
    """The same as Ajv 6 says it. `property_name` is set on what breaks the schema of a property's name."""

    keyword: str
    data_path: str
    schema_path: str
    params: Mapping[str, Any]
    message: str
    property_name: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As in Ajv's list of errors."""
        named = {} if self.property_name is None else {"propertyName": self.property_name}
        return {
            "keyword": self.keyword,
            "dataPath": self.data_path,
            "schemaPath": self.schema_path,
            "params": self.params,
            "message": self.message,
            **named,
        }


class CompiledSchema(Protocol):
    """One version of a schema, ready to judge events."""

    @property
    def schema_id(self) -> str:
        """As in `$schema` of an event: `/sample/test_event/1.0.0`."""
        ...

    @property
    def title(self) -> str:
        """The document's own `title`, else the one of its id: `sample/test_event`."""
        ...

    @property
    def titles(self) -> Collection[str]:
        """All that a stream's `schema_title` may say to take it: the document's title and the one of its id."""
        ...

    @property
    def document(self) -> Mapping[str, Any]:
        """The self-contained JSON Schema."""
        ...

    def is_valid(self, event: Mapping[str, Any]) -> bool:
        """The fast verdict, a few microseconds."""
        ...

    def violations(self, event: Mapping[str, Any], limit: int = 20) -> Sequence[Violation]:
        """At most `limit` reasons why an event is not valid; empty for a valid one."""
        ...

    def ajv_errors(self, event: Mapping[str, Any], limit: int = 100) -> Sequence[AjvError]:
        """The same as Ajv 6 tells it, in its order (`allErrors`, `useDefaults`); at most `limit`, and never none."""
        ...

    @property
    def is_secure(self) -> bool:
        """Whether EventGate takes the schema: its patterns, formats and unique items have bounds. Some work: ask once."""
        ...

    @property
    def fill_defaults(self) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
        """Sets in an event, in place, what the schema gives as `default` for absent fields; None where it gives nothing."""
        ...

    def declares(self, *path: str) -> bool:
        """True where the schema has the property at `path` (`declares("meta", "id")`), through `properties` alone."""
        ...
