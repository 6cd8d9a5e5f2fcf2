"""The command `eventschemas`: a verb, its arguments, and errors in one line with their remedy."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType

from eventplatform.core.errors import PlatformError
from eventschemas.commands import compat, convert, diff, init, lint, materialize, new, types

_VERBS: dict[str, tuple[ModuleType, str]] = {
    "lint": (lint, "check the repository by the guidelines"),
    "materialize": (materialize, "make the version files of every current.yaml"),
    "compat": (compat, "check versions against those before them"),
    "diff": (diff, "what changed between two versions, and whom it breaks"),
    "new": (new, "begin a schema that keeps every guideline"),
    "convert": (convert, "draft a schema from an Avro schema"),
    "types": (types, "TypeScript types or Python dataclasses of a schema"),
    "init": (init, "put configuration, pre-commit hook and CI file into a repository"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb. 0: all is well; 1: something was found; 2: the command could not do its work."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except PlatformError as error:
        place = f" at {error.pointer}" if error.pointer else ""
        sys.stderr.write(f"eventschemas: {error}{place} {error.hint} [{error.code}]\n")
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"eventschemas: {error}\n")
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="eventschemas", description="Event schemas: lint, materialise, compare, convert.")
    parser.add_argument("--root", default=".", help="the schema repository; otherwise the folder you are in")
    parser.add_argument("--version", action="version", version=init.own_version())
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, (module, words) in _VERBS.items():
        verb = verbs.add_parser(name, help=words, description=module.__doc__)
        module.add(verb)
        verb.set_defaults(run=module.run)
    return parser
