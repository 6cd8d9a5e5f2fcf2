"""A schema version compiled to judge events: jsonschema-rs, offline, with a regular expression engine of linear time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, cast

from eventplatform.core import names
from eventplatform.core.schemas import AjvError, Violation
from registry.schema import defaults, formats, secure, validators
from registry.schema.ajv6.telling import Ajv, as_ajv
from registry.schema.telling import Teller


class _IsValid(Protocol):
    def __call__(self, event: Mapping[str, Any]) -> bool: ...


class Schema:
    """One version of a schema; implements `core.schemas.CompiledSchema`.

    `is_valid` is the validator's own bound method: nothing stands between the gate and it.
    """

    __slots__ = (
        "_ajv",
        "_declared",
        "_teller",
        "_validator",
        "document",
        "fill_defaults",
        "is_valid",
        "repository",
        "schema_id",
        "title",
        "titles",
        "version",
    )

    def __init__(self, document: Mapping[str, Any], *, repository: str = "", format_mode: formats.FormatMode = "ajv6") -> None:
        self.document: Mapping[str, Any] = document
        self.schema_id: str = document["$id"]
        id_title, self.version = names.split_schema_id(self.schema_id)
        self.title = names.document_title(document) or id_title
        self.titles = (self.title, id_title)
        self.repository = repository
        self._validator = validators.validator(document, format_mode)
        self.is_valid = cast("_IsValid", self._validator.is_valid)
        self.fill_defaults = _filler(document)
        self._declared = frozenset(_declared(document))
        self._teller: Teller | None = None  # most schemas never meet an event that breaks them
        self._ajv: Ajv | None = None  # nor one of a service that answers as EventGate does

    def violations(self, event: Mapping[str, Any], limit: int = 20) -> Sequence[Violation]:
        """At most `limit` reasons why an event is not valid; empty for a valid one. Of a very large one the first alone."""
        self._teller = self._teller or Teller(self._validator, self.document)
        return list(islice(_distinct(self._teller.violations(event)), limit))

    def ajv_errors(self, event: Mapping[str, Any], limit: int = 100) -> Sequence[AjvError]:
        """The same as Ajv 6 tells it, for an event that is not valid. Where Ajv finds nothing wrong, our own first reason."""
        self._ajv = self._ajv or Ajv(self.document)
        return self._ajv.errors(event, limit) or [as_ajv(one) for one in self.violations(event, 1)]

    def declares(self, *path: str) -> bool:
        """True where the schema has the property at `path` (`declares("meta", "id")`), through `properties` alone."""
        return path in self._declared

    @property
    def is_secure(self) -> bool:
        """Whether EventGate takes the schema: nothing in it lets a hostile event make its judging slow there."""
        return secure.is_secure(self.document)

    @property
    def examples(self) -> tuple[dict[str, Any], ...]:
        """The events that the schema gives as examples, as they stand in its document."""
        given = self.document.get("examples")
        return tuple(example for example in given if isinstance(example, dict)) if isinstance(given, list) else ()

    def __repr__(self) -> str:
        return f"<Schema {self.schema_id}>"


def _filler(document: Mapping[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]] | None:
    fill = defaults.filler(document)

    def fill_defaults(event: dict[str, Any]) -> dict[str, Any]:
        fill(event)  # type: ignore[misc]  # only given out where there is one
        return event

    return fill and fill_defaults


def _declared(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return
    for name, inside in properties.items():
        yield (*path, name)
        yield from _declared(inside, (*path, name))


def _distinct(violations: Iterable[Violation]) -> Iterator[Violation]:
    """A format said by several patterns is broken once."""
    seen: set[Violation] = set()
    for violation in violations:
        if violation not in seen:
            seen.add(violation)
            yield violation
