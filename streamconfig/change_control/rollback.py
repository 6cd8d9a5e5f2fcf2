"""Back to what was: a draft that takes a revision's changes back, or one that restores an earlier revision as a whole."""

from __future__ import annotations

from streamconfig import lookups
from streamconfig.change_control import requests
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import RevisionMissingError
from streamconfig.change_control.requests import Source
from streamconfig.configuration.changes import Change, apply, changes_between, from_json, reverted
from streamconfig.models import ChangeRequest, Revision


def roll_back(revision: int, *, by: Actor, reason: str = "") -> ChangeRequest:
    """A draft that takes back what one revision changed; where others changed the same since, it shows the conflict.

    Raises:
        RevisionMissingError: there is no such revision.
        RequestEmptyError: all of it was taken back already.
    """
    row = _revision(revision)
    changes = reverted(from_json(row.changes))
    now = lookups.current_document().as_json()
    wanted, conflicts = apply(now, changes)
    # Without a conflict the changes seen from now say the same in fewer words: what was taken back already is gone.
    shown = changes if conflicts else tuple(changes_between(now, wanted))
    return _draft(shown, by=by, title=f"Roll back revision {revision}", reason=reason or _why(row))


def restore(revision: int, *, by: Actor, reason: str = "") -> ChangeRequest:
    """A draft after which everything is as that revision had it.

    Raises:
        RevisionMissingError: there is no such revision.
        RequestEmptyError: nothing differs.
    """
    row = _revision(revision)
    now, then = lookups.current_document().as_json(), lookups.document_of(revision).as_json()
    changes = tuple(changes_between(now, then))
    said = reason or f"Everything as it was from {row.effective_at:%d %b %Y, %H:%M} UTC on."
    return _draft(changes, by=by, title=f"Restore revision {revision}", reason=said)


def _why(row: Revision) -> str:
    """What stands in the history of a rollback of which nobody said more: whose change it takes back, and why that was made."""
    return f"Takes back what {row.author} changed{f': {row.reason}' if row.reason else '.'}"


def _revision(number: int) -> Revision:
    found = Revision.objects.filter(number=number).first()
    if found is None:
        raise RevisionMissingError(number=number)
    return found


def _draft(changes: tuple[Change, ...], *, by: Actor, title: str, reason: str) -> ChangeRequest:
    return requests.draft(by=by, changes=changes, title=title, reason=reason, source=Source.ROLLBACK)
