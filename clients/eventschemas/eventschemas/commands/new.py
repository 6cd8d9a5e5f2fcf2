"""`eventschemas new TITLE`: a first `current.yaml` that keeps every guideline, to be filled in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import is_schema_id
from eventschemas import versions
from eventschemas.workspace import Workspace
from registry.managed import texts as draft_texts


class TitleError(RejectedError):
    """A title that can't be used."""

    code = "schema.new_title"
    message = "{title} {reason}."
    remedy = "A title is words of small letters, digits and _ with / between them, as page/view."


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("title", help="as page/view")
    arguments.add_argument("--version", default="1.0.0")


def run(options: argparse.Namespace) -> int:
    """Write `current.yaml` into the title's folder; nothing that is there is overwritten."""
    workspace = Workspace.at(Path(options.root))
    title = options.title.strip("/")
    if not is_schema_id(f"/{title}/{options.version}"):
        raise TitleError(title=title[:200], reason="is no title")
    file = workspace.root / workspace.shown(f"{title}/{versions.CURRENT}")
    if file.exists():
        raise TitleError(title=title, reason="has a current.yaml already")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(draft_texts.new_title(title, options.version), encoding="utf-8")
    sys.stdout.write(f"{file.relative_to(workspace.root)}\nFill it in, then: eventschemas materialize && eventschemas lint\n")
    return 0
