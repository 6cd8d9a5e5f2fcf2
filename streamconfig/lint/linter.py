"""Runs every rule over a document; worst findings first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime

from streamconfig.configuration.document import Document
from streamconfig.lint import door, instruments, people, references, settings, timing, topics
from streamconfig.lint.finding import LEVELS, Finding, Kind, Level
from streamconfig.lint.subject import Subject

_RULES: tuple[Callable[[Subject], Iterable[Finding]], ...] = (
    settings.findings,
    topics.findings,
    references.findings,
    people.findings,
    timing.findings,
    instruments.findings,
    door.findings,
)


def lint(
    document: Document,
    *,
    at: datetime,
    titles: Collection[str] | None = None,
    connectors: Collection[str] | None = None,
    groups: Collection[str] | None = None,
    lists: Mapping[str, Collection[str]] | None = None,
    has_field: Callable[[str, str], bool | None] | None = None,
) -> tuple[Finding, ...]:
    """Everything that a person should look at, errors first, then in the document's order.

    What is None isn't known, and nothing is said about it: titles of schemas, connectors that consume, groups of people.
    `lists` are names of streams that other places keep, such as the streams that a client library is told; `has_field` says
    whether the schema of a title has a field for a contextual attribute.
    """
    subject = Subject(document, at, titles=titles, connectors=connectors, groups=groups, lists=lists, has_field=has_field)
    found = [*_unusable(document), *(finding for rule in _RULES for finding in rule(subject))]
    order = {level: rank for rank, level in enumerate(LEVELS)}
    return tuple(sorted(found, key=lambda one: order[one.level]))


def _unusable(document: Document) -> Iterator[Finding]:
    """What could not even be read, so that no other rule sees it."""
    for one in document.problems:
        yield Finding(one.code, "error", one.section, one.stream, one.pointer, one.message, one.remedy)


def kinds() -> tuple[Kind, ...]:
    """Every kind of finding, in the order of its rules."""
    modules = (settings, topics, references, people, timing, instruments, door)
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Kind))


def counted(findings: Iterable[Finding]) -> Mapping[Level, int]:
    """How many there are of each level."""
    counts: dict[Level, int] = dict.fromkeys(LEVELS, 0)
    for finding in findings:
        counts[finding.level] += 1
    return counts
