"""`manage.py export_streams`: the configuration that holds, as `import_streams` takes it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streamconfig import lookups
from streamconfig.exchange import files


class Command(BaseCommand):
    help = "Write the configuration that holds: all of it as YAML or JSON, its streams as CSV or PHP arrays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=files.FORMS, help="else what the name of --to says, or yaml")
        parser.add_argument("--to", type=Path, metavar="FILE", help="write to a file")

    def handle(self, *_args: Any, **options: Any) -> None:
        target: Path | None = options["to"]
        form = options["format"] or (files.form_of(target.name) if target else "yaml")
        text = files.write(lookups.current_document(), form)
        if target is None:
            self.stdout.write(text, ending="")
            return
        try:
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{target} can't be written: {error}") from None
        self.stdout.write(f"Written to {target}.")
