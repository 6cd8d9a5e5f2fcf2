"""`manage.py check_streams`: what lint finds in the configuration, or in a file before it is imported."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streamconfig import findings, lookups
from streamconfig.configuration import document
from streamconfig.configuration.document import Document
from streamconfig.exchange import files
from streamconfig.exchange.errors import ImportRefusedError, UnreadableError
from streamconfig.lint import linter
from streamconfig.lint.finding import LEVELS, Finding


class Command(BaseCommand):
    help = "Lint the configuration: names, references, times, owners, lists that do nothing. Fails where there are errors."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="any file that import_streams reads; else what is published")
        parser.add_argument("--level", choices=LEVELS, default="info", help="the least level that is printed")
        parser.add_argument("--fail-on", choices=LEVELS, default="error", help="the least level that makes the command fail")
        parser.add_argument(
            "--listed", type=Path, help="a file with names of streams, one a line or a JSON list: each must exist"
        )
        parser.add_argument("--json", action="store_true", help="print findings as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        listed: Path | None = options["listed"]
        lists = {listed.name: _names(listed)} if listed else None
        file: Path | None = options["file"]
        found = linter.lint(self._read(file), at=datetime.now(UTC), lists=lists) if file else _published(lists)
        shown = [one for one in found if LEVELS.index(one.level) <= LEVELS.index(options["level"])]
        if options["json"]:
            self.stdout.write(json.dumps([one.as_json() for one in shown], indent=1, ensure_ascii=False))
        else:
            for one in shown:
                self.stdout.write(
                    f"{one.level:7} {one.code}  {one.section} {one.name}{one.pointer}: {one.message} {one.remedy}"
                )
        counts = linter.counted(found)
        summary = ", ".join(f"{counts[level]} {level}" for level in LEVELS)
        if any(counts[level] for level in LEVELS[: LEVELS.index(options["fail_on"]) + 1]):
            raise CommandError(f"{summary}.")
        self.stderr.write(f"{summary}.")

    def _read(self, path: Path) -> Document:
        try:
            content = path.read_bytes()
            given = files.read(content, form=files.form_of(path.name, content), before=Document())
        except OSError as error:
            raise CommandError(f"{path}: {error}") from error
        except (UnreadableError, ImportRefusedError) as error:
            raise CommandError(f"{path}: {error}") from error
        for notice in given.notices:
            self.stderr.write(f"Note: {notice}")
        return document.read(given.document)


def _published(lists: Mapping[str, Collection[str]] | None) -> Sequence[Finding]:
    return findings.of(lookups.snapshot(), lists)


def _names(path: Path) -> Collection[str]:
    try:
        text = path.read_text()
        names = json.loads(text) if text.lstrip().startswith("[") else text.split()
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: {error}") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CommandError(f"{path} must hold names, one a line, or a JSON list of them.")
    return names
