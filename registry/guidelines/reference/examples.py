"""schema-is-valid and schema-examples-are-valid: the verdicts of Ajv 6 with its default options."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs

from eventplatform.core.errors import RejectedError
from registry import compiled, formats
from registry.guidelines.contract import Fault
from registry.keywords import escape, walk

# Ajv's own copy of draft-07 asks more of enum than the draft's authors do.
_META_SCHEMA: dict[str, Any] = copy.deepcopy(dict(jsonschema.Draft7Validator.META_SCHEMA))
_META_SCHEMA["properties"]["enum"] = {"type": "array", "items": True, "minItems": 1, "uniqueItems": True}
_DRAFTS = frozenset(f"{scheme}://json-schema.org/draft-07/schema" for scheme in ("http", "https"))
_KNOWN_FORMATS = frozenset({*formats.PATTERNS, "regex", "url"})
_BACKTRACK_LIMIT = 100_000  # the reference's engine knows look-around; this bounds what it may cost


@functools.cache
def _meta_validator() -> jsonschema_rs.Draft7Validator:
    return compiled.validator(_META_SCHEMA, "ajv6")


def why_invalid(document: Mapping[str, Any]) -> Fault | None:
    """Why this is no JSON Schema of draft-07; None where it is one."""
    for error in _meta_validator().iter_errors(document):
        pointer = "".join(f"/{escape(str(part))}" for part in error.instance_path)
        return Fault(pointer, f"This is no valid JSON Schema: {error.message[:200].rstrip('.')}.")
    return None


def invalid_examples(document: Mapping[str, Any]) -> Iterator[Fault]:
    """Every example that is no valid event of its own schema."""
    given = document.get("examples")
    if not isinstance(given, list) or not given:
        return
    reason = _unusable(document)
    validator = None if reason else _validator(document)
    if validator is None:
        yield Fault("/examples", f"The examples can't be judged: {reason or 'the schema can not be compiled'}.")
        return
    for index, example in enumerate(given):
        error = next(validator.iter_errors(example), None)
        if error is not None:
            inside = "".join(f"/{escape(str(part))}" for part in error.instance_path)
            yield Fault(f"/examples/{index}{inside}", f"The example is not valid: {error.message[:200].rstrip('.')}.")


def _unusable(document: Mapping[str, Any]) -> str:
    draft = document.get("$schema")
    if isinstance(draft, str) and draft and draft.removesuffix("/").removesuffix("#") not in _DRAFTS:
        return "$schema names no draft-07"
    if why_invalid(document) is not None:
        return "the schema itself is not valid"
    unknown = {
        schema["format"]
        for pointer, schema in walk(document)
        if isinstance(schema, Mapping) and "format" in schema and "/definitions/" not in pointer
    } - _KNOWN_FORMATS
    return f"the format {min(unknown)} is unknown" if unknown else ""


def _validator(document: Mapping[str, Any]) -> jsonschema_rs.Draft7Validator | None:
    try:
        return compiled.validator(document, "ajv6")
    except RejectedError:
        pass
    try:
        return jsonschema_rs.Draft7Validator(
            formats.as_patterns(dict(document)),
            validate_formats=True,
            offline=True,
            pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT),
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        return None
