"""`format` as the intake judges it (Ajv 6's fast mode): said as patterns, so that the validator's own engine does the work.

Real events depend on these verdicts; the formats' own standards are stricter. The patterns are the platform's, as data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

PATTERNS: Final[Mapping[str, list[str]]] = json.loads(files(__package__).joinpath("formats.json").read_text("utf-8"))
FORMAT_OF: Final = {pattern: name for name, patterns in PATTERNS.items() for pattern in patterns}
_BUILT_IN = frozenset({"regex"})
# Keywords whose values hold schemas, by how they hold them; everything else (enum, const, default, examples) is data.
_OF_SCHEMA = frozenset({"additionalItems", "additionalProperties", "contains", "else", "if", "not", "propertyNames", "then"})
_OF_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf"})
_OF_NAMED = frozenset({"definitions", "dependencies", "patternProperties", "properties"})


def as_patterns(schema: Any) -> Any:
    """A copy whose formats are patterns, and that names no draft and no id: nothing in it can be looked up elsewhere."""
    if not isinstance(schema, dict):
        return schema
    made = {name: _rewritten(name, value) for name, value in schema.items() if name not in {"$schema", "$id"}}
    if made.get("additionalProperties") is False:  # without it the validator doesn't tell which properties are too many
        made.setdefault("properties", {})
    name = made.get("format")
    if not isinstance(name, str) or name in _BUILT_IN:
        return made
    del made["format"]
    patterns = list(PATTERNS.get(name, ()))
    if "pattern" not in made and patterns:
        made["pattern"] = patterns.pop(0)
    if patterns:
        made["allOf"] = [*made.get("allOf", ()), *({"pattern": pattern} for pattern in patterns)]
    return made


def _rewritten(name: str, value: Any) -> Any:
    if name in _OF_SCHEMA:
        return as_patterns(value)
    if name in _OF_SCHEMAS or (name == "items" and isinstance(value, list)):
        return [as_patterns(one) for one in value] if isinstance(value, list) else value
    if name in _OF_NAMED and isinstance(value, dict):
        return {key: as_patterns(one) for key, one in value.items()}
    return as_patterns(value) if name == "items" else value
