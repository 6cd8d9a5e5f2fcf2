"""`eventschemas convert FILE --title T`: drafts an event schema from an Avro schema; notes tell what a person must decide."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from eventschemas import avro
from registry.schema import documents, rendering


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("file", type=Path, help="an Avro record schema as JSON (.avsc)")
    arguments.add_argument("--title", required=True, help="of the new schema, as page/view")
    arguments.add_argument("--version", default="1.0.0", help="of the new schema")
    arguments.add_argument("--fragment", default="", help="the id of the fragment that brings $schema, meta and dt")
    arguments.add_argument("--output", type=Path, help="the file to write; otherwise the draft goes to standard output")


def run(options: argparse.Namespace) -> int:
    """Write the draft; the notes go to standard error."""
    read = documents.load(options.file.read_text(encoding="utf-8"), is_json=True)
    drafted = avro.draft(read, title=options.title.strip("/"), version=options.version, fragment=options.fragment)
    text = rendering.as_yaml(drafted.document)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    sys.stderr.writelines(f"note: {note}\n" for note in drafted.notes)
    return 0
