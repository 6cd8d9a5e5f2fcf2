"""`manage.py import_streams FILE`: publish the streams of a YAML or JSON file as one revision."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.schema import documents
from streamconfig import services
from streamconfig.change_control.actors import of_command
from streamconfig.configuration.document import DocumentInvalidError


class Command(BaseCommand):
    help = "Publish the streams of a file such as examples/streams.yaml; those that it doesn't name stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--reason", default="", help="why, for the history")
        parser.add_argument("--complete", action="store_true", help="remove the streams that the file doesn't name")

    def handle(self, *_args: Any, **options: Any) -> None:
        document = _read(options["file"])
        title = f"Import of {options['file'].name}"
        facts = {"by": of_command(getpass.getuser()), "title": title, "reason": options["reason"], "source": "command"}
        try:
            wish = services.with_document(document, is_complete=options["complete"])
            outcome = services.propose(wish, **facts)
        except DocumentInvalidError as error:
            raise CommandError("\n".join(str(problem) for problem in error.problems)) from None
        if outcome is None:
            self.stdout.write("Nothing differs from what holds already.")
            return
        for change in outcome.request.changes:
            self.stdout.write(f"{change.kind} {change.name}")
        if outcome.published:
            self.stdout.write(f"Published as revision {outcome.published.revision}.")
        else:
            self.stdout.write(f"Change {outcome.request.pk} waits for approval.")


def _read(path: Path) -> Any:
    try:
        return documents.load(path.read_text(encoding="utf-8"), is_json=path.suffix == ".json", is_configuration=True)
    except documents.DocumentError as error:
        raise CommandError(f"{path}:{error.line}: {error} {error.hint} [{error.code}]") from None
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error}") from None
