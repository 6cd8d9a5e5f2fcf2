"""`manage.py import_streams FILE`: ask for the configuration of a file, or of another wiki's API."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eventplatform.core.errors import PlatformError
from streamconfig.change_control import imports
from streamconfig.exchange import files
from streamconfig.management import proposing


class Command(BaseCommand):
    help = "Ask for what a file says (YAML, JSON, CSV, PHP arrays, or an api.php's address); what it doesn't name stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a file, or the address of a MediaWiki's api.php")
        parser.add_argument("--format", choices=files.FORMS, help="else what the file's name and beginning say")
        parser.add_argument("--reason", default="", help="why, for the history")
        parser.add_argument("--author", default="", help="whose wish it is; else the user of the shell")
        parser.add_argument("--complete", action="store_true", help="remove what the file doesn't name")
        parser.add_argument("--dry-run", action="store_true", help="only tell what would change")

    def handle(self, *_args: Any, **options: Any) -> None:
        source: str = options["file"]
        content = _content(source)
        form = options["format"] or files.form_of("" if _is_address(source) else source, content)
        by = proposing.actor(options["author"])
        trial = imports.of_file(content, form=form, by=by, is_complete=options["complete"])
        proposing.tell(trial, self.stdout.write, source=source)
        if trial.changes and not options["dry_run"]:
            title = f"Import of {source if _is_address(source) else Path(source).name}"
            proposing.propose(trial, by=by, title=title, reason=options["reason"], source="command", write=self.stdout.write)


def _is_address(source: str) -> bool:
    return source.startswith(("https://", "http://"))


def _content(source: str) -> bytes:
    if _is_address(source):
        try:
            return imports.fetched(source)
        except PlatformError as error:
            raise CommandError(f"{source}: {error} {error.hint} [{error.code}]") from None
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise CommandError(f"{source} can't be read: {error}") from None
