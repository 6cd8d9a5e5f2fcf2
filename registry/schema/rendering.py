"""Writes a schema as YAML or JSON, keys in the order in which people read them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

_FIRST = ("title", "description", "$id", "$schema", "type", "additionalProperties", "required", "properties")
_LAST = ("examples",)


class _Dumper(yaml.CSafeDumper):
    """Quotes what YAML 1.1 or 1.2 would take for something else than text, and never writes an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the base class's signature
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    is_block = "\n" in text and not re.search(r"[ \t]\n|[^\x20-\x7e\n\u00a0-\ud7ff]", text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


_Dumper.add_representer(str, _text)
# Numbers to YAML 1.2 that YAML 1.1 takes for text: the dumper must quote such texts.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9._]+([eE][-+]?[0-9]+)?$"), list("-+.0123456789"))
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"0o[0-7]+$"), ["0"])


def ordered(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema's own keys in reading order; what is inside keeps its order."""
    first = {key: schema[key] for key in _FIRST if key in schema}
    last = {key: schema[key] for key in _LAST if key in schema}
    return first | {key: schema[key] for key in schema if key not in first and key not in last} | last


def as_yaml(schema: Mapping[str, Any]) -> str:
    """The schema as a YAML file."""
    text: str = yaml.dump(ordered(schema), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def as_json(schema: Mapping[str, Any]) -> str:
    """The schema as a JSON file."""
    return json.dumps(ordered(schema), indent=2, ensure_ascii=False) + "\n"
