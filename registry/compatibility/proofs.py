"""What each group of keywords asks, and when another schema is sure to keep it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from registry.compatibility import facts
from registry.compatibility.facts import Schema

if TYPE_CHECKING:  # the prover is made of these proofs
    from registry.compatibility.containment import Prover


class Group(NamedTuple):
    """Keywords that mean something only together, and the types whose values they look at."""

    name: str
    keywords: tuple[str, ...]
    types: frozenset[str]
    proof: Callable[[Prover, Schema, Schema], bool]


def groups_in(schema: Schema) -> Iterable[Group]:
    """The groups of which `schema` uses a keyword."""
    return dict.fromkeys(GROUP_OF[keyword] for keyword in schema if keyword in GROUP_OF)


def _type(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    return prover.types_of(narrow) <= facts.types_of({"type": wide["type"]})


def _values(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    keys, allowed = prover.finite_keys(narrow), facts.finite_keys({key: wide[key] for key in ("enum", "const") if key in wide})
    return keys is not None and allowed is not None and keys <= allowed


def _lower(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    is_whole = "number" not in prover.types_of(narrow)
    (mine, is_mine_excluded), (theirs, is_theirs_excluded) = (
        facts.lower_bound(schema, is_whole=is_whole) for schema in (narrow, wide)
    )
    return mine > theirs or (mine == theirs and (is_mine_excluded or not is_theirs_excluded))


def _upper(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    is_whole = "number" not in prover.types_of(narrow)
    (mine, is_mine_excluded), (theirs, is_theirs_excluded) = (
        facts.upper_bound(schema, is_whole=is_whole) for schema in (narrow, wide)
    )
    return mine < theirs or (mine == theirs and (is_mine_excluded or not is_theirs_excluded))


def _multiple(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    is_whole = "number" not in prover.types_of(narrow)
    mine = narrow.get("multipleOf", 1 if is_whole else None)
    return mine is not None and (Fraction(str(mine)) / Fraction(str(wide["multipleOf"]))).denominator == 1


def _at_least(keyword: str) -> Callable[[Prover, Schema, Schema], bool]:
    return lambda _prover, narrow, wide: bool(narrow.get(keyword, 0) >= wide[keyword])


def _at_most(keyword: str) -> Callable[[Prover, Schema, Schema], bool]:
    return lambda _prover, narrow, wide: bool(narrow.get(keyword, math.inf) <= wide[keyword])


def _identical(keyword: str) -> Callable[[Prover, Schema, Schema], bool]:
    return lambda _prover, narrow, wide: bool(narrow.get(keyword) == wide[keyword])


def _min_properties(_prover: Prover, narrow: Schema, wide: Schema) -> bool:
    least: int = max(narrow.get("minProperties", 0), len(set(narrow.get("required", ()))))
    return least >= int(wide["minProperties"])


def _unique(_prover: Prover, narrow: Schema, wide: Schema) -> bool:
    return wide["uniqueItems"] is not True or narrow.get("uniqueItems") is True or narrow.get("maxItems", 2) <= 1


def _required(_prover: Prover, narrow: Schema, wide: Schema) -> bool:
    return set(wide["required"]) <= set(narrow.get("required", ()))


def _properties(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    names = {**facts.properties(wide), **facts.properties(narrow)}
    return all(name_within(prover, narrow, wide, name) for name in names) and _rest_of_names(prover, narrow, wide)


def name_within(prover: Prover, narrow: Schema, wide: Schema, name: str) -> bool:
    """True where what `narrow` admits under a name is proven to be admitted there by `wide`."""
    given = prover.for_name(narrow, name)
    return all(any(prover.within(one, asked) for one in given) for asked in prover.for_name(wide, name))


def _rest_of_names(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    """Names that neither declares: by their patterns, and where none matches."""
    mine, theirs = facts.patterns(narrow), facts.patterns(wide)
    rest = facts.undeclared(narrow)
    for pattern, inner in theirs.items():
        given = [mine[pattern]] if pattern in mine else [*mine.values(), rest]
        if not all(prover.within(one, inner) for one in given):
            return False
    alone = [inner for pattern, inner in mine.items() if pattern not in theirs]
    return all(prover.within(one, facts.undeclared(wide)) for one in (*alone, rest))


def _items(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    lists = [schema["items"] for schema in (narrow, wide) if isinstance(schema.get("items"), list)]
    most = narrow.get("maxItems", math.inf)
    places = max((len(one) for one in lists), default=0) + 1  # the last stands for all that follow
    return all(
        prover.within(facts.for_place(narrow, index), facts.for_place(wide, index)) for index in range(places) if index < most
    )


def _inside(keyword: str) -> Callable[[Prover, Schema, Schema], bool]:
    return lambda prover, narrow, wide: keyword in narrow and prover.within(narrow[keyword], wide[keyword])


def _dependencies(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    mine, has = narrow.get("dependencies", {}), set(narrow.get("required", ()))
    for name, asked in wide["dependencies"].items():
        given = mine.get(name)
        if isinstance(asked, list):
            is_kept = set(asked) <= has | set(given if isinstance(given, list) else ())
        else:
            is_kept = (name in mine and not isinstance(given, list) and prover.within(given, asked)) or prover.within(
                narrow, asked
            )
        if not is_kept:
            return False
    return True


def _condition(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    if "if" not in wide:
        return True
    branches = [(schema.get("then", True), schema.get("else", True)) for schema in (narrow, wide)]
    if "if" in narrow and prover.equivalent(narrow["if"], wide["if"]):
        return all(prover.within(mine, theirs) for mine, theirs in zip(*branches, strict=True))
    return all(prover.within(narrow, theirs) for theirs in branches[1])


def _negation(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    return ("not" in narrow and prover.within(wide["not"], narrow["not"])) or prover.is_disjoint(narrow, wide["not"])


def _every(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    return all(prover.within(narrow, part) for part in facts.schemas_in(wide, "allOf"))


def _any(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    return _within_some(prover, narrow, facts.schemas_in(wide, "anyOf"))


def _one(prover: Prover, narrow: Schema, wide: Schema) -> bool:
    branches = facts.schemas_in(wide, "oneOf")
    if all(prover.is_disjoint(one, other) for one, other in combinations(branches, 2)):
        return _within_some(prover, narrow, branches)
    waiting = list(facts.schemas_in(narrow, "oneOf"))
    if len(waiting) != len(branches):
        return False
    for branch in branches:
        found = next((index for index, one in enumerate(waiting) if prover.equivalent(one, branch)), None)
        if found is None:
            return False
        waiting.pop(found)
    return True


def _within_some(prover: Prover, narrow: Schema, branches: Sequence[Any]) -> bool:
    """The whole fits one branch, or each of its own alternatives or types does."""
    if any(prover.within(narrow, branch) for branch in branches):
        return True
    rest = {key: value for key, value in narrow.items() if key not in ("anyOf", "oneOf")}
    cases: list[Sequence[Any]] = [facts.schemas_in(narrow, keyword) for keyword in ("anyOf", "oneOf")]
    types = narrow.get("type")
    cases.append([{**rest, "type": name} for name in types] if isinstance(types, list) else ())
    return any(len(case) > 0 and all(any(prover.within(one, branch) for branch in branches) for one in case) for case in cases)


_ALL, _NUMBER, _TEXT = facts.ALL_TYPES, frozenset({"integer", "number"}), frozenset({"string"})
_ARRAY, _OBJECT = frozenset({"array"}), frozenset({"object"})

GROUPS: tuple[Group, ...] = (
    Group("type", ("type",), _ALL, _type),
    Group("enum", ("enum", "const"), _ALL, _values),
    Group("minimum", ("minimum", "exclusiveMinimum"), _NUMBER, _lower),
    Group("maximum", ("maximum", "exclusiveMaximum"), _NUMBER, _upper),
    Group("multipleOf", ("multipleOf",), _NUMBER, _multiple),
    Group("minLength", ("minLength",), _TEXT, _at_least("minLength")),
    Group("maxLength", ("maxLength",), _TEXT, _at_most("maxLength")),
    Group("pattern", ("pattern",), _TEXT, _identical("pattern")),
    Group("format", ("format",), _TEXT, _identical("format")),
    Group("minItems", ("minItems",), _ARRAY, _at_least("minItems")),
    Group("maxItems", ("maxItems",), _ARRAY, _at_most("maxItems")),
    Group("uniqueItems", ("uniqueItems",), _ARRAY, _unique),
    Group("items", ("items", "additionalItems"), _ARRAY, _items),
    Group("contains", ("contains",), _ARRAY, _inside("contains")),
    Group("minProperties", ("minProperties",), _OBJECT, _min_properties),
    Group("maxProperties", ("maxProperties",), _OBJECT, _at_most("maxProperties")),
    Group("required", ("required",), _OBJECT, _required),
    Group("properties", ("properties", "patternProperties", "additionalProperties"), _OBJECT, _properties),
    Group("propertyNames", ("propertyNames",), _OBJECT, _inside("propertyNames")),
    Group("dependencies", ("dependencies",), _OBJECT, _dependencies),
    Group("if", ("if", "then", "else"), _ALL, _condition),
    Group("not", ("not",), _ALL, _negation),
    Group("allOf", ("allOf",), _ALL, _every),
    Group("anyOf", ("anyOf",), _ALL, _any),
    Group("oneOf", ("oneOf",), _ALL, _one),
)
GROUP_OF: Mapping[str, Group] = {keyword: group for group in GROUPS for keyword in group.keywords}
