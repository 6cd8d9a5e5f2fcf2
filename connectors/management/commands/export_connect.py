"""`manage.py export_connect NAME`: a connector as Kafka Connect's JSON."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connectors.connecting import exported
from connectors.models import Connector
from eventplatform.core.errors import PlatformError


class Command(BaseCommand):
    """The document goes to the standard output, warnings to the other."""

    help = "Write a connector as Kafka Connect's JSON; what can't be said there is told as warnings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connector")

    def handle(self, *_args: Any, connector: str, **_options: Any) -> None:
        try:
            found = exported(Connector.objects.select_related("target").get(name=connector))
        except Connector.DoesNotExist:
            message = f"There is no connector {connector}."
            raise CommandError(message) from None
        except PlatformError as error:
            message = f"{error} {error.hint}"
            raise CommandError(message) from None
        self.stdout.write(json.dumps({"name": found.name, "config": found.config}, indent=2))
        for warning in found.warnings:
            self.stderr.write(warning)
