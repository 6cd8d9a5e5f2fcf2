"""`manage.py close_hours`: close what can be closed of the hours of lakes now, without waiting for the schedule."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from connectors import hours


class Command(BaseCommand):
    """Closes hours."""

    help = "Close the hours of lakes that are complete: merge their files, raise their flags."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--connector", help="Only of this one; all enabled ones otherwise.")

    def handle(self, *_args: Any, **options: Any) -> None:
        for connector in hours.lakes():
            if options["connector"] in {None, connector.name}:
                for stream, count in hours.close(connector).items():
                    self.stdout.write(f"{connector.name} {stream}: {count} hours closed")
