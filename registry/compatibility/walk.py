"""Walks two versions side by side and tells each difference, with the directions it denies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.compatibility import facts
from registry.compatibility.annotations import annotation_changes
from registry.compatibility.containment import Prover
from registry.compatibility.contract import DIRECTIONS, Change, Direction
from registry.compatibility.facts import Schema, as_object, is_same
from registry.compatibility.fields import FieldChanges
from registry.compatibility.forms import FormChanges
from registry.compatibility.place import Place
from registry.compatibility.proofs import GROUP_OF, GROUPS, Group
from registry.compatibility.telling import narrowed, told, with_column

_ABSENT = object()
_OF_TYPES = frozenset({"type", "enum", "anyOf", "oneOf", "not", "if"})  # groups that can let other types in


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Every difference, in the order of the new version.

    Raises:
        ComparisonTooLargeError: there are too many.
    """
    return Walk(Prover()).pair(old, new, Place(), is_lenient=True)


class Walk:
    """One comparison.

    `is_lenient` is true where both versions' events are followed through properties, items and maps alone: there, a name
    that one version doesn't declare is taken not to be sent with another meaning, although an open object would let it
    pass. Within alternatives the letter counts.
    """

    def __init__(self, prover: Prover) -> None:
        self.prover = prover
        self._fields = FieldChanges(self)
        self._forms = FormChanges(self)

    def pair(self, old: Any, new: Any, place: Place, *, is_lenient: bool) -> Iterator[Change]:
        """The changes from one schema to the other, and inside them."""
        self.prover.spend()
        if is_same(old, new):
            return
        before, after = as_object(old), as_object(new)
        yield from annotation_changes(before, after, place)
        is_column_told = False
        for group in GROUPS:
            if all(_is_kept(before, after, keyword) for keyword in group.keywords):
                continue
            possible = self._possible(group, before, after)
            for change in self._changes_of(group, before, after, place, is_lenient=is_lenient):
                told_of = narrowed(change, possible)
                if change.path == place.path and not is_column_told:
                    told_of = with_column(told_of, place, before, after)
                    is_column_told = bool(told_of.table)
                yield told_of

    def _possible(self, group: Group, old: Schema, new: Schema) -> frozenset[Direction]:
        """The directions that the group can deny: it says nothing of a version whose values are of other types."""
        looked_at = {"backward": self.prover.types_of(old), "forward": self.prover.types_of(new)}
        return frozenset(direction for direction in DIRECTIONS if looked_at[direction] & group.types)

    def against(self, group: Group, old: Schema, new: Schema) -> frozenset[Direction]:
        """The directions that a group of keywords denies, to the letter."""
        denied: set[Direction] = set()
        if not self.prover.holds(group, old, new):
            denied.add("backward")
        if not self.prover.holds(group, new, old):
            denied.add("forward")
        return frozenset(denied)

    def simple(self, group: Group, old: Schema, new: Schema, place: Place) -> Change:
        """The change of a group that is told as a whole."""
        source = new if any(keyword in new for keyword in group.keywords) else old
        keyword = next((one for one in group.keywords if one in source and not _is_kept(old, new, one)), group.keywords[0])
        has_more_types = group.name in _OF_TYPES and self.prover.more_types(old, new)
        denied = self.against(group, old, new)
        return told(group.name, place, (old, new), denied, keyword=keyword, has_more_types=has_more_types)

    def _changes_of(self, group: Group, old: Schema, new: Schema, place: Place, *, is_lenient: bool) -> Iterator[Change]:
        if group.name == "required":
            yield from self._fields.required(old, new, place)
        elif group.name == "properties":
            yield from self._fields.properties(old, new, place, is_lenient=is_lenient)
        elif group.name == "items":
            yield from self._items(old, new, place, is_lenient=is_lenient)
        elif group.name in {"allOf", "anyOf", "oneOf", "if"}:
            yield from self._forms.changes(group, old, new, place)
        else:
            yield self.simple(group, old, new, place)

    def _items(self, old: Schema, new: Schema, place: Place, *, is_lenient: bool) -> Iterator[Change]:
        group = GROUP_OF["items"]
        denied = self.against(group, old, new)
        lists = [schema["items"] for schema in (old, new) if isinstance(schema.get("items"), list)]
        if not lists:
            inner = self.pair(old.get("items", True), new.get("items", True), place.below("[]", "items"), is_lenient=is_lenient)
            yield from (narrowed(change, denied) for change in inner)
            return
        longest = max(len(one) for one in lists)
        for index in range(longest + 1):
            below = place.below(f"[{index}]", "items", index) if index < longest else place.below("[]", "additionalItems")
            inner = self.pair(facts.for_place(old, index), facts.for_place(new, index), below, is_lenient=False)
            yield from (narrowed(change, denied) for change in inner)


def _is_kept(old: Schema, new: Schema, keyword: str) -> bool:
    return is_same(old.get(keyword, _ABSENT), new.get(keyword, _ABSENT))
