"""`eventschemas diff OLD NEW`: what changed between two versions, whom it breaks, which bump is due."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from eventschemas.comparisons import as_text
from eventschemas.picking import pick
from eventschemas.workspace import Workspace
from registry import compatibility


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("old", help="a file, title@1.2.0, title@current, or commit:path")
    arguments.add_argument("new", help="likewise")
    arguments.add_argument("--json", action="store_true", help="write the whole comparison as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the comparison; always 0, as a difference is no failure."""
    workspace = Workspace.at(Path(options.root))
    comparison = compatibility.compare(pick(options.old, workspace), pick(options.new, workspace))
    sys.stdout.write(
        json.dumps(comparison.as_json(), indent=2, ensure_ascii=False) + "\n" if options.json else as_text(comparison)
    )
    return 0
