"""Judges a new version by those before it: the reference's walk in the compatible profile, real compatibility in the strict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventplatform.core import names
from eventplatform.core.errors import RejectedError
from registry import compatibility
from registry.guidelines.catalogue import BY_CODE
from registry.guidelines.contract import Fault, Finding, Profile
from registry.guidelines.evolution_rules import COMPATIBILITY
from registry.guidelines.reference.compatibility import incompatibilities
from registry.guidelines.reference.javascript import deep_equal

Earlier = Sequence[tuple[str, Mapping[str, Any]]]  # versions with their documents, oldest first

_COMPATIBLE = BY_CODE["EVOLVE-COMPATIBLE"]


def judge(
    earlier: Earlier, new: Mapping[str, Any], *, profile: Profile = "strict", level: str = "BACKWARD_TRANSITIVE"
) -> tuple[Finding, ...]:
    """What the versions before it deny to a new one; only those of the same major count.

    Raises:
        RejectedError: a document is no schema, or two differ in too many places to be compared.
    """
    major = _major(names.split_schema_id(str(new.get("$id")))[1])
    before = [(version, document) for version, document in earlier if _major(version) == major]
    if not before:
        return ()
    if profile == "compatible":
        return tuple(map(_COMPATIBLE.finding, incompatibilities(before[-1][1], new)))
    return (*_incompatible(before, new, level), *_bump(before[-1][1], new))


def unchanged(published: Mapping[str, Any] | None, document: Mapping[str, Any]) -> Iterator[Finding]:
    """That a version says what it said when it was published; nothing for one that is new."""
    if published is not None and not deep_equal(published, document):
        yield BY_CODE["EVOLVE-IMMUTABLE"].finding(Fault("", "The version was published with another content."))


def _major(version: str) -> str:
    return version.partition(".")[0]


def _incompatible(before: Earlier, new: Mapping[str, Any], level: str) -> Iterator[Finding]:
    """One finding for each change, however many versions it breaks with."""
    found: dict[tuple[str, str], Finding] = {}
    for one in reversed(compatibility.check(before, new, level)):
        change = one.change
        message = f"{one.sentence} {change.why}".strip()
        finding = Finding(change.code, COMPATIBILITY, "error", change.pointer, message, _COMPATIBLE.remedy)
        found.setdefault((change.code, change.pointer), finding)
    yield from found.values()


def _bump(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    comparison = compatibility.compare(old, new, with_opinion=False)
    if comparison.is_enough is False and "backward" not in {way for change in comparison.changes for way in change.against}:
        asked = next(change for change in comparison.changes if change.bump == comparison.bump)
        message = f"The changes ask for a {comparison.bump} version: {asked.what}"
        yield BY_CODE["EVOLVE-BUMP"].finding(Fault("/$id", message))


def judge_or_tell(earlier: Earlier, new: Mapping[str, Any], *, profile: Profile, level: str) -> tuple[Finding, ...]:
    """The same, with a refusal to compare told as a finding."""
    try:
        return judge(earlier, new, profile=profile, level=level)
    except RejectedError as error:
        return (_COMPATIBLE.finding(Fault(error.pointer, str(error), error.hint)),)
