"""A schema version compiled to judge events: jsonschema-rs, offline, with a regular expression engine of linear time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, cast

import jsonschema_rs

from eventplatform.core import names
from eventplatform.core.errors import RejectedError
from eventplatform.core.schemas import Violation
from registry.schema import formats, patterns
from registry.schema.keywords import escape
from registry.schema.telling import Teller

_PATTERNS = jsonschema_rs.RegexOptions(size_limit=patterns.MAX_SIZE)


class SchemaNotCompilableError(RejectedError):
    """The validator can't be built; `pointer` is the place in the schema."""

    code = "schema.not_compilable"
    message = "The schema can't be used: {reason}"
    remedy = "$ref must stay inside the file."


class PatternRefusedError(SchemaNotCompilableError):
    """A pattern that can't be run in a time that grows with the text alone."""

    code = "schema.pattern_refused"
    message = "The pattern {pattern} {reason}."
    remedy = "Say it without look-around and back-references, shorter, or with smaller repetitions; lengths are for maxLength."


class _IsValid(Protocol):
    def __call__(self, event: Mapping[str, Any]) -> bool: ...


class Schema:
    """One version of a schema; implements `core.schemas.CompiledSchema`.

    `is_valid` is the validator's own bound method: nothing stands between the gate and it.
    """

    __slots__ = (
        "_declared",
        "_teller",
        "_validator",
        "document",
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
        self._validator = validator(document, format_mode)
        self.is_valid = cast("_IsValid", self._validator.is_valid)
        self._declared = frozenset(_declared(document))
        self._teller: Teller | None = None  # most schemas never meet an event that breaks them

    def violations(self, event: Mapping[str, Any], limit: int = 20) -> Sequence[Violation]:
        """At most `limit` reasons why an event is not valid; empty for a valid one. Of a very large one the first alone."""
        self._teller = self._teller or Teller(self._validator, self.document)
        return list(islice(_distinct(self._teller.violations(event)), limit))

    def declares(self, *path: str) -> bool:
        """True where the schema has the property at `path` (`declares("meta", "id")`), through `properties` alone."""
        return path in self._declared

    @property
    def examples(self) -> tuple[dict[str, Any], ...]:
        """The events that the schema gives as examples, as they stand in its document."""
        given = self.document.get("examples")
        return tuple(example for example in given if isinstance(example, dict)) if isinstance(given, list) else ()

    def __repr__(self) -> str:
        return f"<Schema {self.schema_id}>"


def validator(document: Mapping[str, Any], format_mode: formats.FormatMode) -> jsonschema_rs.Draft7Validator:
    """The validator for a self-contained schema; never asks the network for anything.

    Raises:
        SchemaNotCompilableError: with the place in the schema.
    """
    refused = patterns.first_refused(document)
    if refused:
        raise PatternRefusedError(pointer=refused.pointer, pattern=refused.pattern[:80], reason=refused.reason)
    rewrite = formats.without_ids if format_mode == "strict" else formats.as_patterns
    try:
        return jsonschema_rs.Draft7Validator(
            rewrite(dict(document)), validate_formats=True, offline=True, pattern_options=_PATTERNS
        )
    except jsonschema_rs.ValidationError as error:
        pointer = "".join(f"/{escape(str(part))}" for part in error.instance_path)
        raise SchemaNotCompilableError(pointer=pointer, reason=error.message[:200]) from None
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        raise SchemaNotCompilableError(reason=str(error)[:200]) from None


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
