"""Validators made by jsonschema-rs: offline, with a regular expression engine of linear time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import jsonschema_rs

from eventplatform.core.errors import RejectedError
from eventplatform.core.pointers import escape
from registry.schema import formats, patterns

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


def predicate(schema: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Whether a value fits a part of a schema that is known to be usable, its formats as Ajv 6 has them."""
    made = jsonschema_rs.Draft7Validator(
        formats.as_patterns(schema), validate_formats=True, offline=True, pattern_options=_PATTERNS
    )
    return cast("Callable[[Any], bool]", made.is_valid)


def matcher(pattern: str) -> Callable[[Any], bool]:
    """Whether a text matches a pattern that is known to be usable."""
    return predicate({"pattern": pattern})
