"""The events of a version as producers send them, said as a schema: what a verdict takes for granted, made checkable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.compatibility import facts
from registry.compatibility.containment import Prover
from registry.compatibility.fields import is_taken_unsent
from registry.compatibility.proofs import GROUP_OF
from registry.schema import keywords


def as_sent(schema: Any, other: Any, prover: Prover | None = None) -> Any:
    """`schema` where names that only `other` declares, and `schema` merely lets pass, hold what `other` says.

    A direction that holds holds to the letter for these events.
    """
    if not isinstance(schema, Mapping) or not isinstance(other, Mapping):
        return schema
    prover = prover or Prover()
    prover.spend()
    copy = dict(schema)
    mine, theirs = facts.properties(schema), facts.properties(other)
    if mine:
        shared = {name: as_sent(inner, theirs[name], prover) if name in theirs else inner for name, inner in mine.items()}
        taken = {name: inner for name, inner in theirs.items() if is_taken_unsent(schema, name, prover)}
        copy["properties"] = {**shared, **taken}
    for keyword in ("items", "additionalProperties"):
        if keyword in schema and keyword in other:
            copy[keyword] = as_sent(schema[keyword], other[keyword], prover)
    return copy


def without_annotations(schema: Any) -> Any:
    """A copy that holds only what decides which values pass."""
    copy = keywords.rebuild(schema, without_annotations)
    return {key: value for key, value in copy.items() if key in GROUP_OF} if isinstance(copy, dict) else copy
