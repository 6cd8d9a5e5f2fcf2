"""Verdicts of the reference and ours, case by case, under the same names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from registry.guidelines import Finding

# What the reference calls each rule when it reports on it → the rule's name.
RULES = {
    "must be a valid JSONSchema": "schema-is-valid",
    "must be a secure JSONSchema": "schema-is-secure",
    "properties must be snake_case": "schema-snake-case-properties",
    "has deterministic types (no unions, missing array value types, etc.)": "schema-deterministic-types",
    "all required properties must exist": "schema-required-properties-exist",
    "examples must have $schema == schema's $id": "schema-examples-$schema-matches-schema-$id",
    "examples must validate against schema": "schema-examples-are-valid",
    "should have minimum and maximum values inside the configured bounds for all numeric fields": (
        "schema-enforced-numeric-bounds"
    ),
}
STRUCTURE = (
    ("all materialized files should be in the same directory", "S1"),
    ("all materialized files should be in directory that matches schema title", "S2"),
    ("must contain current.yaml schema file", "S3"),
    ("must not contain extensionless current symlink", "S4"),
    ("must have a ", "S5"),
    ("Must be able to find the latest schema version file", "S5"),
    ("must contain materialized current schema file as", "S6"),
    ("current version ", "S7"),
    ("Should have extensionless latest symlink", "S9"),
    ("Should have latest.", "S8"),
    ("must have extensionless symlink version", "S11"),
    ("must have ", "S10"),
    ("all materialized content types must be equal", "S15"),
    ("$id must match directory", "S14"),
)
# Where the reference dies of its own language instead of judging, by class: ours has a verdict, theirs is not compared.
CRASHES = {
    "allOf, examples or required that is no list": re.compile(r"forEach is not a function"),
    "null or a missing $id where a schema or text is meant": re.compile(r"Cannot (read properties of null|use 'in')"),
    "a branch of oneOf without required; an unfinished schema": re.compile(r"Cannot (read properties of|destructure)"),
    "a property named required or enum": re.compile(r"(sort|every|includes) is not a function"),
    "a $ref to itself, or to what is no schema": re.compile(r"Maximum call stack|refVal\d* is not a function"),
    "null in the old version": re.compile(r"Cannot convert undefined or null"),
}


def rule_of_structure(title: str) -> str:
    """The number of a nameless check of structure."""
    if "must have correct" in title:
        return "S12"
    if "must be in directory that matches title" in title:
        return "S13"
    return next(number for start, number in STRUCTURE if title.startswith(start))


def is_crash(verdict: Mapping[str, Any]) -> bool:
    """Whether a failure is no verdict."""
    return verdict["verdict"] == "fail" and any(crash.search(verdict["message"]) for crash in CRASHES.values())


def cases(verdicts: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str, str], str]]:
    """(title, version or file, rule) → pass, fail, skip or crash, of robustness and compatibility."""
    for one in verdicts:
        verdict = "crash" if is_crash(one) else one["verdict"]
        if one["suite"] == "robustness":
            _, title, file = one["groups"]
            yield (title, file, RULES[one["title"]]), verdict
        elif one["suite"] == "compatibility":
            _, title, _ = one["groups"]
            yield (title, f"{one['title'].split(' ')[0]}.yaml", "schema-version-compatibility"), verdict


def failing(findings: Iterable[Finding]) -> set[str]:
    """The names of the rules that findings of ours are about, waived ones too."""
    return {finding.alias for finding in findings if finding.alias}
