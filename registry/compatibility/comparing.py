"""Compares two versions of a schema, and one version with all that came before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from eventplatform.core import names
from registry.compatibility.contract import BUMPS, Bump, Change, Comparison, Direction, Incompatibility, Verdict
from registry.compatibility.opinion import opinion_on
from registry.compatibility.readable import require_comparable
from registry.compatibility.walk import changes_between

LEVELS: Mapping[str, tuple[Direction, ...]] = {
    "NONE": (),
    "BACKWARD": ("backward",),
    "FORWARD": ("forward",),
    "FULL": ("backward", "forward"),
}
_TRANSITIVE = "_TRANSITIVE"


def compare(old: Mapping[str, Any], new: Mapping[str, Any], *, with_opinion: bool = True) -> Comparison:
    """What changed from one self-contained version to another, and what follows.

    Backward asks whether events of `old` pass `new`, forward whether events of `new` pass `old`.

    Raises:
        RejectedError: one of them is no schema or not self-contained, or they differ in too many places.
    """
    changes = _changes(old, new)
    backward, forward = _verdict("backward", changes), _verdict("forward", changes)
    comparison = Comparison(
        changes=changes,
        backward=backward,
        forward=forward,
        bump=max((change.bump for change in changes), key=BUMPS.index, default="none"),
        old_id=_id_of(old),
        new_id=_id_of(new),
        bump_made=bump_between(_id_of(old), _id_of(new)),
    )
    if not with_opinion:
        return comparison
    return replace(comparison, opinion=opinion_on(old, new, backward, forward))


def check(earlier: Sequence[tuple[str, Mapping[str, Any]]], new: Mapping[str, Any], level: str) -> tuple[Incompatibility, ...]:
    """What denies `level` to `new`; `earlier` are the versions it is held against, oldest first.

    Levels that are not transitive look at the last of them alone. Which versions count, such as those of the same
    major, is the caller's choice.

    Raises:
        RejectedError: one of them is no schema or not self-contained, or two differ in too many places.
        ValueError: an unknown level.
    """
    directions = LEVELS.get(level.removesuffix(_TRANSITIVE))
    if directions is None:
        raise ValueError(f"{level} is no level of compatibility.")
    if not directions:
        return ()
    looked_at = earlier if level.endswith(_TRANSITIVE) else earlier[-1:]
    return tuple(
        Incompatibility(version, change, direction)
        for version, old in looked_at
        for change in _changes(old, new)
        for direction in directions
        if direction in change.against
    )


def bump_between(old_id: str, new_id: str) -> Bump | None:
    """The step that the number made; None for ids of different titles or without a version."""
    (old_title, old), (new_title, new) = names.split_schema_id(old_id), names.split_schema_id(new_id)
    if old_title != new_title or not names.VERSION.fullmatch(old) or not names.VERSION.fullmatch(new):
        return None
    before, after = names.version_key(old), names.version_key(new)
    if after <= before:
        return "none"
    steps: tuple[Bump, ...] = ("major", "minor", "patch")
    return next(step for step, was, becomes in zip(steps, before, after, strict=True) if becomes != was)


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    before, after = dict(old), dict(new)
    for document in (before, after):
        require_comparable(document)
    return tuple(sorted(changes_between(before, after), key=_severity))


def _verdict(direction: Direction, changes: Iterable[Change]) -> Verdict:
    """Notes concern the direction whose events are taken not to hold a name: the version without the field."""
    against = tuple(change for change in changes if direction in change.against)
    concerned = (change for change in changes if (change.old == "absent") == (direction == "backward"))
    notes = tuple(dict.fromkeys(change.note for change in concerned if change.note))
    return Verdict(direction, not against, against, notes)


def _severity(change: Change) -> tuple[int, int]:
    return -BUMPS.index(change.bump), -len(change.against)


def _id_of(document: Mapping[str, Any]) -> str:
    schema_id = document.get("$id")
    return schema_id if isinstance(schema_id, str) else ""
