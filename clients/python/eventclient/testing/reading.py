"""Reads a schema file as the platform does: YAML in which `yes`, `no` and dates are texts, or JSON."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from eventclient.testing.errors import SchemaFolderError

_MAX_BYTES = 2_000_000
_TRUE_OR_FALSE = "tag:yaml.org,2002:bool"
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?[eE][-+]?[0-9]+")


class _Loader(yaml.SafeLoader):
    """YAML's own words for dates, yes and no are texts in a schema; 1e3 is a number."""

    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in found if not tag.endswith((":timestamp", ":bool"))]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(_TRUE_OR_FALSE, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{_NUMBER.pattern})$"), list("-+0123456789"))


def read(file: Path) -> dict[str, Any]:
    """The document in a file.

    Raises:
        SchemaFolderError: with the file's name and the place in it.
    """
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise SchemaFolderError(f"{file} is larger than any schema.")
        found = _Loader(file.read_text("utf-8")).get_single_data()
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SchemaFolderError(f"{file} can't be read: {' '.join(str(error).split())[:200]}.") from None
    if not isinstance(found, dict):
        raise SchemaFolderError(f"{file} holds no schema.")
    return found
