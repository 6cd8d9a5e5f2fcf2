"""What the gate needs of a compiled schema; the registry implements it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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

    def declares(self, *path: str) -> bool:
        """True where the schema has the property at `path` (`declares("meta", "id")`), through `properties` alone."""
        ...
