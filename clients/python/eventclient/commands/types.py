"""`eventclient types ui/button_click --output button_click.py`: dataclasses of a schema's events."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path
from urllib.parse import quote

from eventclient.commands.asking import CommandError, ask


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("schema", help="a title, or title@1.2.0")
    arguments.add_argument("--folder", type=Path, help="a schema repository, read with the package eventschemas")
    arguments.add_argument("--output", type=Path, help="the file to write; otherwise standard output")
    arguments.add_argument("--check", action="store_true", help="write nothing; 1 where --output is not as it would be written")


def run(options: argparse.Namespace) -> int:
    """Write the types, or compare them."""
    if options.check and not options.output:
        raise CommandError("There is no file to check.", "Name it with --output.", "command.argument")
    title, _, version = options.schema.strip("/").partition("@")
    text = _of_folder(options.folder, title, version) if options.folder else _of_platform(options, title, version)
    if options.check:
        return _compared(options, text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _compared(options: argparse.Namespace, text: str) -> int:
    if options.output.is_file() and options.output.read_text(encoding="utf-8") == text:
        return 0
    again = f"eventclient types {options.schema} --output {options.output}"
    sys.stderr.write(f"eventclient: {options.output} is not what the schema says now. Write it again: {again} [types.differ]\n")
    return 1


def _of_platform(options: argparse.Namespace, title: str, version: str) -> str:
    of_title = f"/api/v1/schemas/{quote(title)}"
    if not version:
        version = str(ask(options.platform, of_title, token=options.token).json()["latest"])
    return ask(options.platform, f"{of_title}/{quote(version, safe='')}/code/python", token=options.token).text


def _of_folder(folder: Path, title: str, version: str) -> str:
    try:
        from eventschemas import cli
    except ImportError:
        raise CommandError(
            "Schemas of a folder are read by another package.", "pip install eventschemas", "types.package"
        ) from None
    out, told = io.StringIO(), io.StringIO()
    arguments = ["--root", str(folder), "types", f"{title}@{version or 'latest'}", "--language", "python"]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
        code = cli.main(arguments)
    if code:
        raise CommandError(told.getvalue().removeprefix("eventschemas: ").strip(), code="types.refused")
    return out.getvalue()
