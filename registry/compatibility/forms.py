"""Changes of alternatives: allOf, anyOf, oneOf and if, each form compared with the one most like it in the other version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from registry.compatibility import facts
from registry.compatibility.contract import Change, Direction, Party
from registry.compatibility.facts import Schema, is_same
from registry.compatibility.place import Place
from registry.compatibility.proofs import GROUP_OF, Group
from registry.compatibility.telling import narrowed, settled

if TYPE_CHECKING:  # the walk is made of these changes
    from registry.compatibility.walk import Walk

Pair = tuple[int | None, int | None]
_WORDS = {"allOf": ("all-of", "a condition"), "anyOf": ("any-of", "a form"), "oneOf": ("one-of", "a form")}


class FormChanges:
    """The part of the walk that knows of alternatives.

    What a change inside one form denies counts only as far as the whole denies it; what the whole denies and no form
    explains is told of the whole.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def changes(self, group: Group, old: Schema, new: Schema, place: Place) -> Iterator[Change]:
        """The changes of one of these keywords."""
        denied = self._walk.against(group, old, new)
        inner = self._condition(old, new, place) if group.name == "if" else self._branches(group.name, old, new, place, denied)
        explained: set[Direction] = set()
        is_told = False
        for change in inner:
            is_told = True
            kept = narrowed(change, denied)
            explained |= kept.against
            yield kept
        if not is_told or denied - explained:
            yield self._walk.simple(group, old, new, place)

    def _condition(self, old: Schema, new: Schema, place: Place) -> Iterator[Change]:
        if "if" not in old or "if" not in new or not is_same(old["if"], new["if"]):
            return
        for keyword in ("then", "else"):
            below = place.alternative(keyword)
            yield from self._walk.pair(old.get(keyword, True), new.get(keyword, True), below, is_lenient=False)

    def _branches(self, keyword: str, old: Schema, new: Schema, place: Place, denied: frozenset[Direction]) -> Iterator[Change]:
        before, after = facts.schemas_in(old, keyword), facts.schemas_in(new, keyword)
        if not before or not after:
            return
        for was, becomes in self._matched(before, after):
            if was is not None and becomes is not None:
                below = place.alternative(keyword, becomes)
                yield from self._walk.pair(before[was], after[becomes], below, is_lenient=False)
            else:
                index = becomes if becomes is not None else was
                yield self._came_or_went(keyword, old, new, place.alternative(keyword, index or 0), denied, is_new=was is None)

    def _matched(self, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Pair]:
        """Pairs of forms: first those that are the same, then the most alike; then those without a partner."""
        self._walk.prover.spend(len(before) * len(after))
        old_left, new_left = list(range(len(before))), list(range(len(after)))
        for index in list(new_left):
            twin = next((one for one in old_left if is_same(before[one], after[index])), None)
            if twin is not None:
                old_left.remove(twin)
                new_left.remove(index)
        ranked = sorted(
            ((likeness(before[was], after[becomes]), was, becomes) for was in old_left for becomes in new_left),
            key=lambda one: (-one[0], one[1], one[2]),
        )
        for score, was, becomes in ranked:
            if score and was in old_left and becomes in new_left:
                old_left.remove(was)
                new_left.remove(becomes)
                yield was, becomes
        yield from ((None, index) for index in new_left)
        yield from ((index, None) for index in old_left)

    def _came_or_went(
        self, keyword: str, old: Schema, new: Schema, place: Place, denied: frozenset[Direction], *, is_new: bool
    ) -> Change:
        prefix, noun = _WORDS[keyword]
        is_tighter = is_new == (keyword == "allOf")
        direction: Direction = "backward" if is_tighter else "forward"
        is_broken = not is_tighter and self._walk.prover.more_types(old, new)
        breaks: frozenset[Party] = frozenset({"consumers"}) if is_broken else frozenset()
        why = (
            "Producers whose events need it otherwise are refused. Consumers are fine."
            if is_tighter
            else "Producers are fine. Consumers may meet events of a form that the old version refused."
        )
        return settled(
            Change(
                f"{prefix}-{'added' if is_new else 'removed'}",
                place.pointer,
                place.path,
                f"{place.name} has {noun} {'more' if is_new else 'less'} in {keyword}.",
                why,
                "patch",
                breaks,
                denied & {direction},
                *(f"{len(facts.schemas_in(schema, keyword))} in {keyword}" for schema in (old, new)),
            )
        )


def likeness(one: Any, other: Any) -> int:
    """How much two forms have in common: their type, title and keywords, values that tell them apart, names of fields."""
    mine, theirs = facts.as_object(one), facts.as_object(other)
    types, others_types = facts.types_of(one), facts.types_of(other)
    has_types = facts.ALL_TYPES not in (types, others_types)
    score = 2 * (has_types and types == others_types) + (has_types and bool(types & others_types))
    score += 4 * ("title" in mine and mine["title"] == theirs.get("title"))
    score += sum(keyword in GROUP_OF and keyword != "type" for keyword in mine.keys() & theirs.keys())
    fields, others = facts.properties(mine), facts.properties(theirs)
    for name in fields.keys() & others.keys():
        score += 1
        marks = [
            schema.get("const", schema.get("enum")) if isinstance(schema, dict) else None
            for schema in (fields[name], others[name])
        ]
        score += 4 * (marks[0] is not None and marks[0] == marks[1])
    return score
