"""Walks two versions side by side and tells each difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.compatibility.contract import Change
from registry.keywords import escape


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any], pointer: str = "", path: str = "") -> Iterator[Change]:
    """Every difference, in the order of the new version."""
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in {**after, **before}:
        place, field = f"{pointer}/properties/{escape(name)}", f"{path}.{name}" if path else name
        if name in before and name in after:
            yield from changes_between(before[name], after[name], place, field)
        elif name in after:
            yield Change("field-added", place, field, f"{field} is new.", "Producers may send it.", "minor")
        else:
            yield Change(
                "field-removed",
                place,
                field,
                f"{field} is gone.",
                "Consumers can't rely on it.",
                "major",
                frozenset({"consumers"}),
            )
    for name in set(old.get("required", ())) - set(new.get("required", ())):
        field = f"{path}.{name}" if path else name
        yield Change(
            "required-dropped",
            f"{pointer}/required",
            field,
            f"{field} is optional now.",
            f"Consumers that rely on {field} must accept its absence. Producers are fine.",
            "major",
            frozenset({"consumers"}),
            frozenset({"forward"}),
            "required",
            "optional",
        )
