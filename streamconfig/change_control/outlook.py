"""What a request would do to what holds now, and for one that is closed, what it did: the ground of approvals and pages."""

from __future__ import annotations

from dataclasses import dataclass

from streamconfig import lookups
from streamconfig.configuration import resolving
from streamconfig.configuration.applying import made_of, read_changed
from streamconfig.configuration.changes import Change, Conflict, apply, changes_between
from streamconfig.configuration.document import Document
from streamconfig.configuration.effects import Effect, effects_of
from streamconfig.models import ChangeRequest


@dataclass(frozen=True, slots=True)
class Outlook:
    """The documents before and after, what differs between them, and the places where somebody else was faster.

    `after` has the request's own wish at those places: so its effects are never told smaller than they are.
    """

    before: Document
    after: Document
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...] = ()
    is_first: bool = False  # nothing was configured before

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What the change does."""
        return effects_of(self.before, self.after, self.changes)


def of_request(request: ChangeRequest) -> Outlook:
    """Seen from the newest revision while the request is open, from the one before it once it is applied."""
    if request.applied_revision:
        before = lookups.document_of(request.applied_revision - 1)
        after = lookups.document_of(request.applied_revision)
        changes = tuple(changes_between(before.as_json(), after.as_json()))
        return Outlook(before, after, changes, is_first=request.applied_revision == 1)
    if not request.is_open:
        return of_changes(request.changes, lookups.document_of(request.base_revision), request.base_revision)
    return of_changes(request.changes, lookups.current_document(), request.base_revision)


def of_changes(changes: tuple[Change, ...], before: Document, base_revision: int) -> Outlook:
    """What changes that were written on a revision would do to a document."""
    now = before.as_json()
    _, conflicts = apply(now, changes)
    base = lookups.document_of(base_revision).as_json() if conflicts else {}
    wanted = resolving.forced(now, changes, base=base)
    found = tuple(made_of(now, wanted, changes))
    return Outlook(before, read_changed(before, wanted, found), found, conflicts, is_first=not lookups.newest_revision())
