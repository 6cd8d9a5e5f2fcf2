"""What there is to hear: each kind of message, who hears it, and what they are to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["author", "approvers", "team", "participants"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message. `title` stands in settings and subjects, `to_do` at the end of the message."""

    key: str
    title: str
    roles: tuple[Role, ...]
    to_do: str = ""


_SEEN: tuple[Role, ...] = ("author", "team", "participants")
KINDS: Mapping[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            "submitted", "waits for approval", ("approvers", "team"), "Look at it and approve it, ask for changes or reject it."
        ),
        Kind("edited", "was edited", ("participants",), "Approvals of what it said before don't count any more: look again."),
        Kind("merged", "was merged with newer changes", ("author", "participants"), "Look again at what it says now."),
        Kind("approved", "was approved", ("author",)),
        Kind("asked", "needs changes", ("author",), "Edit it as asked and submit it again, or cancel it."),
        Kind("rejected", "was rejected", ("author", "participants")),
        Kind("cancelled", "was cancelled", ("participants",)),
        Kind("scheduled", "is scheduled", _SEEN, "It begins to hold at its moment by itself; cancel it if that is wrong."),
        Kind("applied", "is applied", _SEEN),
        Kind("conflict", "can't be applied", ("author", "approvers", "team"), "Decide for each named place which value holds."),
        Kind("commented", "has a new comment", ("author", "participants")),
        Kind(
            "stopped", "stopped collection at once", ("author", "approvers", "team"), "Look at it afterwards and sign it off."
        ),
        Kind("looked_back", "was looked at afterwards", ("author", "team")),
        Kind("reminder", "is due for review or expires", ("team",), "Confirm that it is still needed, or retire it."),
    )
}
# The words that the audit trail has for a step, where they differ from the kind's.
_STEPS = {
    "asked for changes": "asked",
    "ask": "asked",
    "asked_for_changes": "asked",
    "failed": "conflict",
    "conflicted": "conflict",
    "looked back": "looked_back",
}


def kind_of(step: str, *, is_emergency: bool = False) -> Kind | None:
    """The kind that a step of a request is told as; None for what nobody needs to hear."""
    if is_emergency and step == "applied":
        return KINDS["stopped"]
    if is_emergency and step in {"submitted", "approved"}:
        return None
    return KINDS.get(_STEPS.get(step, step))
