"""What the admin says of a proposal: published, to hold from a moment on, or waiting, and for whom."""

from __future__ import annotations

from django.contrib import messages

from streamconfig.change_control import approvals
from streamconfig.change_control.requests import Outcome
from streamconfig.models import ChangeRequest
from streamconfig.pages import changes_words
from streamconfig.pages.changes_words import Leaf
from streamconfig.pages.pending import Pending

_State = ChangeRequest.State
_NAMED = 3  # settings that a line has room for


def words(outcome: Outcome | None) -> tuple[int, str]:
    """A message's level and its text."""
    if outcome is None:
        return messages.INFO, "Nothing differs from what holds already, so nothing was proposed."
    request = outcome.request
    if outcome.published is not None:
        text = f"Published as revision {outcome.published.revision}. It reaches the API and every intake within 2 s."
        return messages.SUCCESS, text
    if request.state == _State.DRAFT:
        return messages.SUCCESS, f"Change {request.pk} is saved as a draft. Nobody is asked before you propose it."
    if request.state == _State.SCHEDULED and request.effective_at:
        moment = changes_words.moment_words(request.effective_at)
        return messages.SUCCESS, f"Change {request.pk} is approved and holds from {moment}."
    return messages.SUCCESS, f"Change {request.pk} waits for approval: {'; '.join(_missing(request))}."


def _missing(request: ChangeRequest) -> list[str]:
    return [f"{one.missing} by {' or '.join(one.by)} ({one.title})" for one in approvals.missing(request)]


def _sets(leaf: Leaf) -> str:
    return f"changes {leaf.label}" if leaf.is_long else f"sets {leaf.label} to {leaf.becomes}"


def pending_words(one: Pending) -> str:
    """What an open change makes of the item: `sets Sampling rate to 50 % from Mon 30 Nov 2026, 00:00 UTC`."""
    (told,) = changes_words.told([one.change])
    named = [_sets(leaf) for leaf in told.leaves[:_NAMED]]
    more = [f"changes {len(told.leaves) - _NAMED} more settings"] if len(told.leaves) > _NAMED else []
    kinds = {"added": "adds it", "removed": "removes it", "moved": "moves it"}
    what = kinds.get(one.change.kind) or " and ".join([*named, *more])
    when = f" from {changes_words.moment_words(one.effective_at)}" if one.effective_at else ""
    stuck = ", but not before its author merges it: the same was changed since" if one.is_stuck else ""
    return f"{what}{when}{stuck}"
