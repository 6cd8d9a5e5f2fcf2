"""What the commands that import share: who asks, what would change, and what became of the request."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db.models import Q

from eventplatform.core.errors import PlatformError
from streamconfig.change_control import approvals, requests
from streamconfig.change_control.actors import Actor, of_command
from streamconfig.change_control.imports import Trial
from streamconfig.change_control.requests import Outcome
from streamconfig.configuration.changes import Change, leaves

Write = Callable[[str], None]


def actor(name: str = "", folder: Path | None = None) -> Actor:
    """Who asks: the named one, else git's user of a folder, else the user of the shell.

    An account of that name or e-mail is the author, so that nobody approves in a page what they asked for in a shell.
    """
    name = name or (folder and _git_user(folder)) or getpass.getuser()
    account = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).first()
    return replace(of_command(account.get_username() if account else name), user=account)


def _git_user(folder: Path) -> str:
    """The e-mail, else the name, that git would write into a commit here."""
    for key in ("user.email", "user.name"):
        try:
            asked = subprocess.run(  # noqa: S603  # fixed words and a folder that the operator named
                ["git", "-C", str(folder), "config", key],  # noqa: S607  # whichever git the operator has
                capture_output=True,
                text=True,
                check=False,
                timeout=10,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        if asked.stdout.strip():
            return asked.stdout.strip()
    return ""


def tell(trial: Trial, write: Write, *, source: str) -> None:
    """Print what would change, field by field.

    Raises:
        CommandError: something in it can't be used.
    """
    for notice in trial.notices:
        write(f"Note: {notice}")
    if trial.findings:
        raise CommandError("\n".join(f"{source}: {one} [{one.code}]" for one in trial.findings))
    if not trial.changes:
        write("Nothing differs from what holds already.")
    for line in lines_of(trial.changes):
        write(line)


def lines_of(changes: Iterable[Change]) -> Iterable[str]:
    """Changes as lines: the item, below it each value as it was and becomes."""
    for change in changes:
        where = "" if change.section == "streams" else f"{change.section} "
        yield f"{change.kind} {where}{change.name}".rstrip()
        for field in leaves(change.fields) if change.kind in {"changed", "added"} else ():
            was, becomes = (
                _shown(field.was) if field.was_set else "not set",
                _shown(field.becomes) if field.is_set else "not set",
            )
            yield f"  {field.path}: {was} -> {becomes}" if change.kind == "changed" else f"  {field.path}: {becomes}"


def _shown(value: object) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 200 else f"{text[:197]}..."  # noqa: PLR2004  # a line of a terminal or two


def propose(trial: Trial, *, by: Actor, title: str, reason: str, source: str, write: Write) -> Outcome:
    """Ask for what the dry run showed, and print what became of it."""
    try:
        outcome = requests.propose(
            by=by, changes=trial.changes, title=title, reason=reason, source=source, base_revision=trial.revision
        )
    except PlatformError as error:
        raise CommandError(f"{error} {error.hint} [{error.code}]") from None
    if outcome.published:
        write(f"Published as revision {outcome.published.revision}.")
        return outcome
    write(f"Change {outcome.request.pk} waits for approval: {outcome.request.get_absolute_url()}")
    for one in approvals.missing(outcome.request):
        write(f"  {one.title}: {one.missing} more by {', '.join(one.by)}")
    return outcome
