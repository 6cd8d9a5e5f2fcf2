"""Judges one schema by the guidelines of a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from registry.guidelines.catalogue import RULES
from registry.guidelines.contract import Finding, Profile, Waived
from registry.guidelines.subject import SAFE_BOUNDS, Bounds, Subject
from registry.guidelines.waivers import Waivers


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
    found = list(applied.apply(_findings(subject, profile), subject.title, subject.version))
    return (*found, *applied.expired())


def _findings(subject: Subject, profile: Profile) -> Iterator[Finding]:
    for rule in RULES:
        if rule.check is not None and profile in rule.profiles:
            yield from map(rule.finding, rule.check(subject))
