"""`manage.py streams plan|apply|export DIR`: configuration kept in git, and carried from one environment to another."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streamconfig import lookups
from streamconfig.change_control import imports
from streamconfig.change_control.imports import Trial
from streamconfig.exchange import files, folders
from streamconfig.management import proposing

_DIFFERS = 2


class Command(BaseCommand):
    help = "Compare a folder of configuration with what holds, ask for what differs, or write what holds into one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        plan = verbs.add_parser("plan", help="print what differs; the exit code is 2 where something does")
        apply = verbs.add_parser("apply", help="ask for what differs, as one change request")
        for verb in (plan, apply):
            verb.add_argument("folder", type=Path, metavar="DIR")
            verb.add_argument("--author", default="", help="an account's name or e-mail; else the user of git")
        apply.add_argument("--title", default="", help="what the change is called; else the folder's name")
        apply.add_argument("--reason", default="", help="why, for the history")
        export = verbs.add_parser("export", help="write what holds into a folder, or into one file")
        export.add_argument("folder", type=Path, metavar="DIR", nargs="?")
        export.add_argument("--to", type=Path, metavar="FILE", help="one file, to be imported in another environment")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["verb"] == "export":
            self._export(options["folder"], options["to"])
            return
        folder: Path = options["folder"]
        by = proposing.actor(options["author"], folder)
        trial: Trial = imports.of_folder(folder, by=by)
        proposing.tell(trial, self.stdout.write, source=str(folder))
        if options["verb"] == "plan" and trial.changes:
            self.stdout.write(f"{len(trial.changes)} items differ. Nothing was changed.")
            sys.exit(_DIFFERS)
        if options["verb"] == "apply" and trial.changes:
            title = options["title"] or f"Configuration of {folder.resolve().name}"
            proposing.propose(trial, by=by, title=title, reason=options["reason"], source="git", write=self.stdout.write)

    def _export(self, folder: Path | None, target: Path | None) -> None:
        if (folder is None) == (target is None):
            raise CommandError("Name a folder, or a file with --to.")
        document = lookups.current_document()
        try:
            if target:
                target.write_text(files.write(document, files.form_of(target.name)), encoding="utf-8")
                self.stdout.write(f"Written to {target}.")
            elif folder:
                count, gone = folders.write(document, folder)
                self.stdout.write(f"{count} files written to {folder}, {len(gone)} removed.")
        except OSError as error:
            raise CommandError(f"That can't be written: {error}") from None
