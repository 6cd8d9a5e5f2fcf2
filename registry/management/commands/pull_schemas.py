"""`manage.py pull_schemas [NAME…]`: pulls git repositories now and waits for what comes of it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.models import Repository
from registry.repositories import pulling
from registry.repositories.pulling import Pulled


class Command(BaseCommand):
    """Pulls all enabled git repositories, or those named; ends with 1 where anything was refused."""

    help = "Pull git repositories of schemas now; what is wrong with one is told by file and line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="repositories; none: all that are enabled")

    def handle(self, *_args: Any, **options: Any) -> None:
        enabled = Repository.objects.filter(kind=Repository.Kind.GIT, is_enabled=True).values_list("name", flat=True)
        names = options["names"] or list(enabled)
        unknown = sorted(set(names) - set(enabled))
        if unknown:
            raise CommandError(f"No enabled git repository is called so: {', '.join(unknown)}.")
        self._told = ""
        pulled = {one.name: one for one in pulling.pull_named(names, self._tell)}
        wrong = [line for name in names for line in self._wrong(name, pulled.get(name))]
        if wrong:
            raise CommandError("The last good state goes on being served.\n" + "\n".join(wrong))

    def _tell(self, name: str, stage: str, done: int, total: int) -> None:
        """A line for each stage and tenth of it: no terminal is needed to read it."""
        tenth = 10 * done // total if total else 0
        line = f"{name}: {stage}{f' {10 * tenth} %' if tenth else ''}"
        if line != self._told:
            self._told = line
            self.stderr.write(line)

    def _wrong(self, name: str, pulled: Pulled | None) -> list[str]:
        if pulled is None:
            return [f"{name}: somebody else is pulling it now."]
        if pulled.error is not None:
            return [f"{name}: {pulled.error} {pulled.error.hint} [{pulled.error.code}]"]
        report = pulled.report
        if report is None:
            return []
        if report.is_ok:
            self.stdout.write(f"{name}: {len(report.added)} new, {report.unchanged} unchanged, revision {report.revision}.")
        for schema_id in report.missing:
            self.stderr.write(f"{schema_id}: its file is gone; the version goes on being served.")
        return [f"{name}: {problem}" for problem in report.problems]
