"""Proves that one schema admits nothing that another refuses: keyword by keyword, sound, and silent where it can't tell.

A schema is the conjunction of its keywords. So `narrow` lies within `wide` if the whole of `narrow` implies each group
of keywords of `wide`. What can't be proven counts as not so.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from eventplatform.core.errors import RejectedError
from registry.compatibility import facts
from registry.compatibility.contract import ComparisonTooLargeError
from registry.compatibility.facts import Schema, as_object, is_same
from registry.compatibility.proofs import Group, groups_in
from registry.schema import validators

_MAX_STEPS = 3_000  # some ten microseconds each
_MAX_VALUES = 200  # listed values that are tried one by one
_COST_OF_COMPILING = 50
_LISTS = ("enum", "required", "allOf", "anyOf", "oneOf")
_ITEMS_PER_STEP = 8


class Prover:
    """Answers for one comparison, within a budget of steps."""

    def __init__(self, steps: int = _MAX_STEPS) -> None:
        self._steps_left = steps
        self._types: dict[int, tuple[Any, frozenset[str]]] = {}  # by identity; the schema itself keeps its id taken
        self._keys: dict[int, tuple[Any, frozenset[Any] | None]] = {}  # likewise
        self._matchers: dict[str, jsonschema_rs.Draft7Validator] = {}

    def spend(self, steps: int = 1) -> None:
        """Count work.

        Raises:
            ComparisonTooLargeError: the budget is used up.
        """
        self._steps_left -= steps
        if self._steps_left < 0:
            raise ComparisonTooLargeError

    def types_of(self, schema: Any) -> frozenset[str]:
        """The types that a value of `schema` can have, each schema looked at once."""
        known = self._types.get(id(schema))
        if known is None:
            self._spend_on_list(schema)
            known = self._types[id(schema)] = (schema, facts.types_of(schema, self.types_of))
        return known[1]

    def more_types(self, old: Schema, new: Schema) -> bool:
        """True where values of a type may come that did not before."""
        return not self.types_of(new) <= self.types_of(old)

    def finite_keys(self, schema: Schema) -> frozenset[Any] | None:
        """Keys of all values that `schema` can admit, where they can be listed; likewise."""
        known = self._keys.get(id(schema))
        if known is None:
            self._spend_on_list(schema)
            known = self._keys[id(schema)] = (schema, facts.finite_keys(schema))
        return known[1]

    def _spend_on_list(self, schema: Any) -> None:
        if isinstance(schema, dict):
            self.spend(1 + sum(len(schema.get(keyword, ())) for keyword in _LISTS) // _ITEMS_PER_STEP)

    def for_name(self, schema: Schema, name: str) -> list[Any]:
        """The schemas that a value named `name` must satisfy, all of them."""
        declared, patterns = facts.properties(schema), facts.patterns(schema)
        found = [declared[name]] if name in declared else []
        found += [inner for pattern, inner in patterns.items() if self.matches(pattern, name)]
        return found or [facts.undeclared(schema)]

    def matches(self, pattern: str, name: str) -> bool:
        """Whether a name matches a pattern, by the engine that judges events; linear in time.

        Raises:
            RejectedError: that engine refuses the pattern.
        """
        self.spend()
        if pattern not in self._matchers:
            self.spend(_COST_OF_COMPILING)
            self._matchers[pattern] = validators.validator({"pattern": pattern}, "ajv6")
        return self._matchers[pattern].is_valid(name)

    def within(self, narrow: Any, wide: Any) -> bool:
        """True where every value of `narrow` is proven to be one of `wide`."""
        self.spend()
        if narrow is False or facts.is_open(wide) or is_same(narrow, wide) or not self.types_of(narrow):
            return True
        narrow, wide = as_object(narrow), as_object(wide)
        return all(self.holds(group, narrow, wide) for group in groups_in(wide))

    def holds(self, group: Group, narrow: Schema, wide: Schema) -> bool:
        """True where every value of `narrow` is proven to satisfy what `wide` says by one group of keywords."""
        self.spend()
        if not any(keyword in wide for keyword in group.keywords) or not self.types_of(narrow) & group.types:
            return True
        parts = facts.conjuncts(narrow) if "allOf" in narrow else [narrow]
        self.spend(len(parts) // _ITEMS_PER_STEP)
        for part in parts:
            self.spend()
            if group.proof(self, part, wide):
                return True
        return self._holds_for_each(group, narrow, wide)

    def equivalent(self, one: Any, other: Any) -> bool:
        """True where both are proven to admit the same values."""
        return self.within(one, other) and self.within(other, one)

    def is_disjoint(self, one: Any, other: Any) -> bool:
        """True where no value is admitted by both."""
        self.spend()
        types, other_types = self.types_of(one), self.types_of(other)
        if not types & other_types:
            return True
        one, other = as_object(one), as_object(other)
        keys, other_keys = self.finite_keys(one), self.finite_keys(other)
        if keys is not None and other_keys is not None and not keys & other_keys:
            return True
        if types & other_types != {"object"}:
            return False
        both = set(one.get("required", ())) & set(other.get("required", ()))
        mine, theirs = facts.properties(one), facts.properties(other)
        return any(self.is_disjoint(mine.get(name, True), theirs.get(name, True)) for name in both)

    def _holds_for_each(self, group: Group, narrow: Schema, wide: Schema) -> bool:
        """Try the listed values of `narrow`, if it lists them."""
        values = facts.listed_values(narrow)
        if values is None or len(values) > _MAX_VALUES:
            return False
        self.spend(_COST_OF_COMPILING + len(values))
        try:
            validator = validators.validator({key: wide[key] for key in group.keywords if key in wide}, "ajv6")
        except RejectedError:
            return False
        return all(validator.is_valid(value) for value in values)
