"""Whether oneOf, anyOf, allOf, if, then and else only narrow what is declared beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventplatform.core.pointers import escape
from registry.guidelines.contract import Fault
from registry.guidelines.subject import Subject
from registry.schema.keywords import HOLDS_LIST

_ONE = ("if", "then", "else")


def declaring_choices(subject: Subject) -> Iterator[Fault]:
    """Branches that give a field another type than it has beside the choice, or that bring a field of their own."""
    for keyword in (*sorted(HOLDS_LIST), *_ONE):
        for place in subject.having(keyword):
            if place.role != "branch":
                yield from _branches(place.schema, place.schema, keyword, place.pointer)


def _branches(branch_of: Mapping[str, Any], declared: Mapping[str, Any], keyword: str, pointer: str) -> Iterator[Fault]:
    found = branch_of[keyword]
    several = found if isinstance(found, list) else [found]
    for index, branch in enumerate(several):
        place = f"{pointer}/{keyword}" + (f"/{index}" if isinstance(found, list) else "")
        yield from _narrows(branch, declared, place)
    if keyword == "oneOf" and len({_required(branch) for branch in several}) > 1:
        yield Fault(f"{pointer}/oneOf", "The branches of oneOf require different fields.")


def _narrows(branch: Any, declared: Any, pointer: str) -> Iterator[Fault]:
    if not isinstance(branch, Mapping):
        return
    kind = declared.get("type") if isinstance(declared, Mapping) else None
    if "type" in branch and branch["type"] != kind:
        yield Fault(pointer, f"The branch is of type {branch['type']}, which is not what stands beside the choice.")
        return
    known = declared.get("properties", {}) if isinstance(declared, Mapping) else {}
    for name, child in branch.get("properties", {}).items():
        place = f"{pointer}/properties/{escape(name)}"
        if name in known:
            yield from _narrows(child, known[name], place)
        elif child is not False:
            yield Fault(place, f"{name} is declared in a branch alone.")
    if isinstance(branch.get("items"), Mapping):
        yield from _narrows(branch["items"], declared.get("items", {}), f"{pointer}/items")
    for keyword in (*sorted(HOLDS_LIST & branch.keys()), *(one for one in _ONE if one in branch)):
        yield from _branches(branch, declared, keyword, pointer)


def _required(branch: Any) -> frozenset[str]:
    return frozenset(branch.get("required", ())) if isinstance(branch, Mapping) else frozenset()
