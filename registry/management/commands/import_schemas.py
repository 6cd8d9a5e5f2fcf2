"""`manage.py import_schemas NAME FOLDER`: publishes the schemas of a repository's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry import services
from registry.models import Repository


class Command(BaseCommand):
    """Imports one folder; where anything in it is wrong it says what, and changes nothing."""

    help = "Publish the schemas of a folder in the layout jsonschema/<title>/<version>.yaml."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the repository's name, part of its addresses")
        parser.add_argument("folder", type=Path, help="the folder that holds jsonschema/")
        parser.add_argument("--role", choices=Repository.Role.values, default=Repository.Role.PRIMARY)
        parser.add_argument("--order", type=int, default=0, help="its place among the repositories")

    def handle(self, *_args: Any, **options: Any) -> None:
        report = services.import_folder(
            name=options["name"], folder=options["folder"].resolve(), role=options["role"], order=options["order"]
        )
        if not report.is_ok:
            listed = "\n".join(map(str, report.problems))
            raise CommandError(f"Nothing was imported; the last good state goes on being served.\n{listed}")
        for schema_id in report.missing:
            self.stderr.write(f"{schema_id}: its file is gone; the version goes on being served.")
        self.stdout.write(
            f"{report.repository}: {len(report.added)} new, {report.unchanged} unchanged, revision {report.revision}."
        )
