"""Applies waivers to findings, and tells of those that ended, that nothing needs, or that give no reason."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

import jsonschema_rs

from registry.guidelines.contract import Fault, Finding, Waived
from registry.guidelines.waiver_rules import EXPIRED, UNREASONED, UNUSED

_OF_EVOLUTION = ("EVOLVE-COMPATIBLE", "schema-version-compatibility")
_BACKTRACK_LIMIT = 10_000


class Waivers:
    """The waivers of one run. What `apply` has seen decides what is left over at the end."""

    def __init__(self, waivers: Sequence[Waived], *, today: date) -> None:
        self._today = today
        self._waivers = tuple(dict.fromkeys(waivers))
        self._used: set[Waived] = set()

    def apply(self, findings: Iterable[Finding], title: str, version: str, schema_id: str) -> Iterator[Finding]:
        """The findings, each with the waiver that covers it; one that ended covers nothing, and is told of once."""
        here = [one for one in self._waivers if covers_schema(one, title, version, schema_id)]
        for finding in findings:
            fitting = [waiver for waiver in here if _covers(waiver, finding)]
            self._used.update(fitting)
            live = next((waiver for waiver in fitting if not has_ended(waiver, self._today)), None)
            yield replace(finding, waived=live) if live else finding

    def expired(self) -> tuple[Finding, ...]:
        """A warning for each waiver that ended and would still be needed."""
        return self._told(
            EXPIRED.finding, "ended on {0.ends_on}", lambda one: one in self._used and has_ended(one, self._today)
        )

    def unused(self, *, with_unreasoned: bool = True) -> tuple[Finding, ...]:
        """A warning for each waiver that covered nothing that was looked at; of the reference's own only where asked."""
        return self._told(
            UNUSED.finding, "covers nothing", lambda one: one not in self._used and (with_unreasoned or not one.id_pattern)
        )

    def unreasoned(self) -> tuple[Finding, ...]:
        """A warning for each waiver without a reason or an end, as skipSchemaTestCases has them."""
        return self._told(UNREASONED.finding, "has no reason or no end", lambda one: not one.reason or one.ends_on is None)

    def _told(
        self, finding: Callable[[Fault], Finding], sentence: str, is_meant: Callable[[Waived], bool]
    ) -> tuple[Finding, ...]:
        meant = (one for one in self._waivers if is_meant(one))
        return tuple(finding(Fault("", f"The waiver of {one.rule} for {_scope(one)} {sentence.format(one)}.")) for one in meant)


def has_ended(waiver: Waived, today: date) -> bool:
    """True from the day after its last one."""
    return waiver.ends_on is not None and waiver.ends_on < today


def covers_schema(waiver: Waived, title: str, version: str, schema_id: str = "") -> bool:
    """Whether a waiver is about this schema; `schema_id` where its `$id` says something else than its place."""
    if waiver.id_pattern:
        return matches(waiver.id_pattern, schema_id or f"/{title}/{version}")
    is_title = title.startswith(waiver.title[:-1]) if waiver.title.endswith("*") else title == waiver.title
    return is_title and waiver.version in {"", version}


def _covers(waiver: Waived, finding: Finding) -> bool:
    names = {finding.code, finding.alias, *(_OF_EVOLUTION if finding.alias in _OF_EVOLUTION else ())} - {""}
    if waiver.rule not in names:
        return False
    return not waiver.pointer or f"{finding.pointer}/".startswith(f"{waiver.pointer}/")


def _scope(waiver: Waived) -> str:
    return waiver.id_pattern or f"{waiver.title} {waiver.version}".strip()


def matches(pattern: str, text: str) -> bool:
    """Whether a JavaScript regular expression is found in `text`, by an engine that no pattern can stall."""
    expression = _expression(pattern)
    return expression is not None and expression.is_valid(text)


def is_pattern(text: str) -> bool:
    """Whether it is a regular expression that `matches` can use."""
    return _expression(text) is not None


@functools.lru_cache(maxsize=512)
def _expression(pattern: str) -> jsonschema_rs.Draft7Validator | None:
    for options in (jsonschema_rs.RegexOptions(), jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACK_LIMIT)):
        try:
            return jsonschema_rs.Draft7Validator({"pattern": pattern}, offline=True, pattern_options=options)
        except (jsonschema_rs.ValidationError, ValueError):
            continue
    return None
