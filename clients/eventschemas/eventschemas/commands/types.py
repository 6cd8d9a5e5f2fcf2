"""`eventschemas types SCHEMA --language typescript`: the types of a schema's events, for producers and consumers."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from eventplatform.core.names import split_schema_id
from eventschemas.picking import pick
from eventschemas.workspace import Workspace
from registry.codegen import python, typescript

_LANGUAGES: dict[str, Callable[[Mapping[str, Any], str], str]] = {
    "typescript": typescript,
    "python": python,
}


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("schema", help="a file, title@1.2.0, title@latest, or commit:path")
    arguments.add_argument("--language", choices=_LANGUAGES, default="typescript")
    arguments.add_argument("--name", default="", help="of the type; otherwise the title's last word")
    arguments.add_argument("--output", type=Path, help="the file to write; otherwise standard output")


def run(options: argparse.Namespace) -> int:
    """Write the types."""
    document = pick(options.schema, Workspace.at(Path(options.root)))
    text = _LANGUAGES[options.language](document, options.name or _name_of(document))
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _name_of(document: Mapping[str, Any]) -> str:
    """`PageChange` for `/mediawiki/page/change/1.2.0`: the last two words of the title."""
    words = re.split(r"[/_.-]+", split_schema_id(str(document["$id"]))[0])[-2:]
    return "".join(word[:1].upper() + word[1:] for word in words if word) or "Event"
