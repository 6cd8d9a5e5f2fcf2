"""Applies waivers to findings, and tells of those that ended or that nothing needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import jsonschema_rs

from registry.guidelines.contract import Finding, Waived

EXPIRED = "WAIVER-EXPIRED"
UNUSED = "WAIVER-UNUSED"
UNREASONED = "WAIVER-UNREASONED"


class Waivers:
    """The waivers of one run. What `apply` has seen decides what is left over at the end."""

    def __init__(self, waivers: Sequence[Waived], *, today: date) -> None:
        self._today = today
        self._waivers = tuple(waivers)
        self._used: set[Waived] = set()

    def apply(self, findings: Iterable[Finding], title: str, version: str) -> Iterator[Finding]:
        """The findings, each with the waiver that covers it; an expired one covers nothing, and is told once."""
        here = [waiver for waiver in self._waivers if covers_schema(waiver, title, version)]
        for finding in findings:
            fitting = [waiver for waiver in here if _covers(waiver, finding)]
            self._used.update(fitting)
            live = next((waiver for waiver in fitting if not has_ended(waiver, self._today)), None)
            yield replace(finding, waived=live) if live else finding

    def expired(self) -> Iterator[Finding]:
        """One warning for each waiver that ended and is still needed."""
        for waiver in self._waivers:
            if waiver in self._used and has_ended(waiver, self._today):
                yield Finding(
                    EXPIRED,
                    "",
                    "warning",
                    waiver.pointer,
                    f"The waiver of {waiver.rule} for {_scope(waiver)} ended on {waiver.ends_on}.",
                    "Mend what it was for, or give it a new end with a reason.",
                )

    def unused(self) -> Iterator[Finding]:
        """One warning for each waiver that covered nothing that was looked at."""
        for waiver in self._waivers:
            if waiver not in self._used:
                yield Finding(
                    UNUSED,
                    "",
                    "warning",
                    waiver.pointer,
                    f"The waiver of {waiver.rule} for {_scope(waiver)} covers nothing.",
                    "Delete it.",
                )

    def unreasoned(self) -> Iterator[Finding]:
        """One warning for each waiver without a reason or an end, as skipSchemaTestCases has them."""
        for waiver in self._waivers:
            if not waiver.reason or waiver.ends_on is None:
                yield Finding(
                    UNREASONED,
                    "",
                    "warning",
                    waiver.pointer,
                    f"The waiver of {waiver.rule} for {_scope(waiver)} has no reason or no end.",
                    "Write it under waivers in .eventschemas.yaml, with reason and ends_on.",
                )


def has_ended(waiver: Waived, today: date) -> bool:
    """True from the day after its last one."""
    return waiver.ends_on is not None and waiver.ends_on < today


def covers_schema(waiver: Waived, title: str, version: str) -> bool:
    """Whether a waiver is about this schema."""
    if waiver.id_pattern:
        return matches(waiver.id_pattern, f"/{title}/{version}")
    is_title = title.startswith(waiver.title[:-1]) if waiver.title.endswith("*") else title == waiver.title
    return is_title and waiver.version in {"", version}


def _covers(waiver: Waived, finding: Finding) -> bool:
    if waiver.rule not in {finding.code, finding.alias} or not waiver.rule:
        return False
    return not waiver.pointer or f"{finding.pointer}/".startswith(f"{waiver.pointer}/")


def _scope(waiver: Waived) -> str:
    return waiver.id_pattern or f"{waiver.title} {waiver.version}".strip()


def matches(pattern: str, text: str) -> bool:
    """Whether a JavaScript regular expression is found in `text`, by an engine that no pattern can stall."""
    try:
        found = jsonschema_rs.Draft7Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return found.is_valid(text)
