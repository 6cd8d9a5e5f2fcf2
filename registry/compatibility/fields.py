"""Changes of an object's fields: added, removed, required or not, and what holds for names that are not declared."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from registry.compatibility import facts
from registry.compatibility.containment import Prover
from registry.compatibility.contract import Change, Direction, Party
from registry.compatibility.facts import Schema, is_same
from registry.compatibility.place import Place
from registry.compatibility.proofs import GROUP_OF, name_within
from registry.compatibility.telling import settled, told

if TYPE_CHECKING:  # the walk is made of these changes
    from registry.compatibility.walk import Walk

_LIKENESS = 0.6
_ABSENT = object()
_WORDING = ("description", "title", "examples", "default", "$comment", "deprecated")


def is_taken_unsent(schema: Schema, name: str, prover: Prover) -> bool:
    """Whether a name that `schema` doesn't declare is taken not to be in its events.

    So it is where it declares others and merely leaves the rest open. One that declares nothing is a bag of names.
    """
    is_bag = not facts.properties(schema)
    return not is_bag and name not in facts.properties(schema) and all(map(facts.is_open, prover.for_name(schema, name)))


class FieldChanges:
    """The part of the walk that knows of names."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._prover = walk.prover

    def required(self, old: Schema, new: Schema, place: Place) -> Iterator[Change]:
        """Fields that became required, or no longer are; those that came or went are told as such."""
        before, after = dict.fromkeys(old.get("required", ())), dict.fromkeys(new.get("required", ()))
        is_told = {name for name in {**before, **after} if (name in facts.properties(old)) != (name in facts.properties(new))}
        held = [set().union(*(part.get("required", ()) for part in facts.conjuncts(schema))) for schema in (old, new)]
        for name in {**after, **before}:
            if (name in before) != (name in after) and name not in is_told:
                is_now = name in after
                yield self._required(place, name, is_now=is_now, is_kept=name in held[0 if is_now else 1])

    def _required(self, place: Place, name: str, *, is_now: bool, is_kept: bool) -> Change:
        """`is_kept`: the other version asks for the field in another way."""
        self._prover.spend()
        field = place.field(name)
        direction: Direction = "backward" if is_now else "forward"
        states = ("optional", "required") if is_now else ("required", "optional")
        why = (
            f"Producers that leave {field.path} out are refused. Consumers are fine."
            if is_now
            else f"Consumers that rely on {field.path} must accept its absence. Producers are fine."
        )
        return settled(
            Change(
                "required-added" if is_now else "required-dropped",
                place.keyword("required"),
                field.path,
                f"{field.path} was {states[0]} and is {states[1]} now.",
                why,
                "patch",
                frozenset() if is_kept or is_now else frozenset({"consumers"}),
                frozenset() if is_kept else frozenset({direction}),
                *states,
                f"Column {field.path} stays as it is: every column may be empty." if field.column and not is_now else "",
            )
        )

    def properties(self, old: Schema, new: Schema, place: Place, *, is_lenient: bool) -> Iterator[Change]:
        """Fields of one version, the other or both; then patterns of names, and all other names."""
        before, after = facts.properties(old), facts.properties(new)
        for name in {**after, **before}:
            if name in before and name in after:
                yield from self._walk.pair(before[name], after[name], place.field(name), is_lenient=is_lenient)
            elif name in after:
                yield self._added(old, new, place, name, is_lenient=is_lenient)
            else:
                yield self._removed(old, new, place, name, is_lenient=is_lenient)
        if not is_same(facts.patterns(old), facts.patterns(new)):
            denied = self._walk.against(GROUP_OF["properties"], old, new)
            yield told("patternProperties", place, (old, new), denied, keyword="patternProperties")
        yield from self._others(old, new, place, is_lenient=is_lenient)

    def _others(self, old: Schema, new: Schema, place: Place, *, is_lenient: bool) -> Iterator[Change]:
        before, after = facts.undeclared(old), facts.undeclared(new)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self._walk.pair(before, after, place.below(".*", "additionalProperties"), is_lenient=is_lenient)
        elif not is_same(before, after):
            denied: set[Direction] = set()
            if not self._prover.within(before, after):
                denied.add("backward")
            if not self._prover.within(after, before):
                denied.add("forward")
            yield told("additionalProperties", place, (old, new), frozenset(denied), keyword="additionalProperties")

    def _added(self, old: Schema, new: Schema, place: Place, name: str, *, is_lenient: bool) -> Change:
        self._prover.spend(2)
        field, is_required = place.field(name), name in new.get("required", ())
        is_taken = is_lenient and is_taken_unsent(old, name, self._prover)
        is_refused = not is_taken and not name_within(self._prover, old, new, name)
        is_unsent = is_required and name not in old.get("required", ())
        denied: set[Direction] = {"backward"} if is_refused or is_unsent else set()
        if not name_within(self._prover, new, old, name):
            denied.add("forward")
        if is_unsent:
            why = f"Producers must send {field.path} before they name this version. Consumers are fine."
        elif is_refused:
            why = f"The old version let other values pass under the name {field.path}; events that hold one are refused now."
        elif "forward" in denied:
            why = "Producers and consumers are fine; only a reader that checks events against the old version refuses it there."
        else:
            why = "Producers may send it, consumers may read it. Nobody is affected."
        is_note = is_taken and not facts.is_open(facts.properties(new)[name])
        return settled(
            Change(
                "required-field-added" if is_required else "field-added",
                field.pointer,
                field.path,
                f"{field.path} is new and {'required' if is_required else 'optional'}.",
                why,
                "minor",
                against=frozenset(denied),
                old="absent",
                new="required" if is_required else "optional",
                table=f"Column {field.column} is added; it is empty for events of the old version." if field.column else "",
                note=(
                    f"The old version let undeclared fields pass; its events are taken to hold no {field.path} of another kind."
                    if is_note
                    else ""
                ),
            ),
            "minor",
        )

    def _removed(self, old: Schema, new: Schema, place: Place, name: str, *, is_lenient: bool) -> Change:
        self._prover.spend(2)
        field, was_required = place.field(name), name in old.get("required", ())
        is_taken = is_lenient and is_taken_unsent(new, name, self._prover)
        is_dropped = was_required and name not in new.get("required", ())
        denied: set[Direction] = set()
        if not name_within(self._prover, old, new, name):
            denied.add("backward")
        if is_dropped or not (is_taken or name_within(self._prover, new, old, name)):
            denied.add("forward")
        other = self._renamed_to(old, new, name)
        producers = f"Producers that send {field.path} are refused" if "backward" in denied else "Producers are fine"
        breaks: set[Party] = {"consumers", "tables"} if field.column else {"consumers"}
        return settled(
            Change(
                "field-renamed" if other else "field-removed",
                field.pointer,
                field.path,
                f"{field.path} is gone; {other} looks like its new name." if other else f"{field.path} is no longer declared.",
                f"Consumers that rely on {field.path} no longer get it. {producers}.",
                "major",
                frozenset(breaks),
                frozenset(denied),
                old=name if other else "required" if was_required else "optional",
                new=other or "absent",
                table=f"Column {field.column} stays and is no longer filled." if field.column else "",
                note=(
                    f"The new version lets undeclared fields pass; its events are taken to hold {field.path} as before or not."
                    if is_taken
                    else ""
                ),
            )
        )

    def _renamed_to(self, old: Schema, new: Schema, name: str) -> str:
        """The likeliest new name of a field that is gone: the same shape, and a name or a description alike."""
        gone = facts.properties(old)[name]
        fresh = {key: value for key, value in facts.properties(new).items() if key not in facts.properties(old)}
        self._prover.spend(len(fresh))
        alike = [
            key for key, value in fresh.items() if is_same(_shape(gone), _shape(value)) and _is_alike(name, gone, key, value)
        ]
        return max(alike, key=lambda key: difflib.SequenceMatcher(None, name, key).ratio(), default="")


def _shape(schema: Any) -> Any:
    return {key: schema[key] for key in sorted(schema) if key not in _WORDING} if isinstance(schema, Mapping) else schema


def _is_alike(name: str, gone: Any, other: str, fresh: Any) -> bool:
    told_of = [schema.get("description") if isinstance(schema, Mapping) else None for schema in (gone, fresh)]
    is_same_text = bool(told_of[0]) and told_of[0] == told_of[1]
    return is_same_text or difflib.SequenceMatcher(None, name, other).ratio() >= _LIKENESS
