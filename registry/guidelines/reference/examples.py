"""schema-is-valid and schema-examples-are-valid: the verdicts of Ajv 6 with its default options."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs

from eventplatform.core.pointers import escape
from registry.guidelines.contract import Fault
from registry.guidelines.reference.javascript import INHERITED, javascript_pattern
from registry.guidelines.waivers import is_pattern
from registry.schema import formats
from registry.schema.keywords import rebuild, walk

# Ajv's own copy of draft-07 asks more of enum than the draft's authors do.
_META_SCHEMA: dict[str, Any] = copy.deepcopy(dict(jsonschema.Draft7Validator.META_SCHEMA))
_META_SCHEMA["properties"]["enum"] = {"type": "array", "items": True, "minItems": 1, "uniqueItems": True}
_DRAFTS = frozenset(f"{scheme}://json-schema.org/draft-07/schema" for scheme in ("http", "https"))
_KNOWN_FORMATS = frozenset({*formats.PATTERNS, "regex", "url"})
_BACKTRACK_LIMIT = 100_000  # the reference's engine knows look-around; this bounds what it may cost


@functools.cache
def _meta_validator() -> jsonschema_rs.Draft7Validator:
    schema = formats.as_patterns(_META_SCHEMA)
    is_expression = {"regex": lambda text: is_pattern(javascript_pattern(text))}
    return jsonschema_rs.Draft7Validator(schema, validate_formats=True, offline=True, formats=is_expression)


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
        try:  # the list of all errors would be made at once, however long it is
            validator.validate(example)
        except jsonschema_rs.ValidationError as error:
            inside = "".join(f"/{escape(str(part))}" for part in error.instance_path)
            yield Fault(f"/examples/{index}{inside}", f"The example is not valid: {error.message[:200].rstrip('.')}.")


def _unusable(document: Mapping[str, Any]) -> str:
    draft = document.get("$schema")
    if isinstance(draft, str) and draft and draft.removesuffix("/").removesuffix("#") not in _DRAFTS:
        return "$schema names no draft-07"
    if why_invalid(document) is not None:
        return "the schema itself is not valid"
    places = [(pointer, schema) for pointer, schema in walk(document) if isinstance(schema, Mapping)]
    used = [schema for pointer, schema in places if "/definitions/" not in pointer]
    unknown = {schema["format"] for schema in used if "format" in schema} - _KNOWN_FORMATS
    if unknown:
        return f"the format {min(unknown)} is unknown"
    own = str(document.get("$id", "")).rstrip("#")
    elsewhere = [ref for ref in (schema.get("$ref", "#") for schema in used) if ref.partition("#")[0] not in {"", own}]
    return f"the reference {elsewhere[0][:80]} leads elsewhere" if elsewhere else ""


def _validator(document: Mapping[str, Any]) -> jsonschema_rs.Draft7Validator | None:
    schema = formats.as_patterns(_as_javascript(dict(document)))
    for options in (jsonschema_rs.RegexOptions(), jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT)):
        try:
            return jsonschema_rs.Draft7Validator(schema, validate_formats=True, offline=True, pattern_options=options)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
            continue
    return None


def _as_javascript(schema: Any) -> Any:
    """A copy that says what Ajv makes of it: every object has toString, and a lone brace stands for itself."""
    changed = rebuild(schema, _as_javascript)
    if isinstance(changed, dict) and isinstance(changed.get("required"), list):
        changed["required"] = [name for name in changed["required"] if name not in INHERITED]
    if isinstance(changed, dict) and isinstance(changed.get("pattern"), str):
        changed["pattern"] = javascript_pattern(changed["pattern"])
    return changed
