"""Judges one schema by the guidelines of a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from registry.guidelines.catalogue import BY_CODE, RULES
from registry.guidelines.contract import Finding, Profile, Waived
from registry.guidelines.reference.robustness import CHECKS, OF_CURRENT
from registry.guidelines.subject import Subject
from registry.guidelines.waivers import Waivers
from registry.schema import documents
from registry.schema.materialise import SAFE_BOUNDS, Bounds


def lint(
    document: Mapping[str, Any],
    *,
    raw: Mapping[str, Any] | None = None,
    profile: Profile = "strict",
    waivers: Sequence[Waived] = (),
    today: date,
    bounds: Bounds | None = SAFE_BOUNDS,
) -> tuple[Finding, ...]:
    """What is wrong with a materialised schema; `raw` is the same as it was written, before `$ref`s were replaced.

    Raises:
        RejectedError: the document is larger or deeper than any schema may be.
    """
    subject = Subject(document, raw=raw, bounds=bounds)
    applied = Waivers(waivers, today=today)
    try:
        found = list(applied.apply(findings_of(subject, profile), subject.title, subject.version, subject.schema_id))
    except UnicodeEncodeError:  # half of a surrogate pair: no file that was read holds one
        raise documents.CharacterError("A text holds half of a surrogate pair, which can't be stored.") from None
    return (*found, *applied.expired())


def findings_of(subject: Subject, profile: Profile, *, is_current: bool = False) -> Iterator[Finding]:
    """What a profile says of a subject, waivers aside; of a `current.yaml` with references only what can be said of one."""
    if profile == "compatible" or is_current:
        return _compatible(subject, OF_CURRENT if is_current else tuple(CHECKS))
    return _strict(subject)


def _compatible(subject: Subject, names: Sequence[str]) -> Iterator[Finding]:
    for name in names:
        for code, fault in CHECKS[name](subject):
            yield BY_CODE[code].finding(fault)


def _strict(subject: Subject) -> Iterator[Finding]:
    """An invalid schema is told as such alone: no other rule can rely on what it finds there."""
    for rule in RULES:
        found = [rule.finding(fault) for fault in rule.check(subject)] if rule.check is not None else []
        yield from found
        if rule.code == "SCHEMA-VALID" and found:
            return
