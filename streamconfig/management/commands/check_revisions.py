"""`manage.py check_revisions`: whether the history of the configuration is what was published."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streamconfig import lookups


class Command(BaseCommand):
    help = "Recompute the chain of hashes over all revisions; name the first that was changed since it was published."

    def handle(self, *_args: Any, **_options: Any) -> None:
        broken = lookups.broken_revision()
        if broken is not None:
            message = (
                f"Revision {broken} is not what was published. Compare it with a backup, and ask who may write to the database."
            )
            raise CommandError(message)
        self.stdout.write("Every revision is what was published.")
