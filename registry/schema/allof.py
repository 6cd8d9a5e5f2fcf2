"""Merges `allOf` into the schema around it, so that each field stands in one place; rules of json-schema-merge-allof 0.6.0.

`additionalProperties` of one part doesn't take fields from another; of `examples` the first are kept, as of titles.
Results equal the reference's to the value, also where they surprise: `not` is always said as `anyOf`, an empty
`properties` inside goes, and what differs between parts without a rule for it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from registry.schema import merge_rules
from registry.schema.alike import Alike, NoSchemaError
from registry.schema.json_values import ABSENT, equal, flat, sorted_once, unique
from registry.schema.limits import Steps
from registry.schema.merge_rules import MergeError

_PROPERTIES = ("properties", "patternProperties", "additionalProperties")
_ITEMS = ("items", "additionalItems")
_NAMED = frozenset({"definitions", "dependencies"})
_ONE = frozenset({"contains", "propertyNames"})
_BRANCHES = frozenset({"anyOf", "oneOf"})


def merged(schema: Any, steps: Steps | None = None) -> Any:
    """`schema` with every `allOf` in it merged away, at any depth; `schema` is left as it is.

    Raises:
        MergeError: parts contradict each other.
        SchemaTooLargeError: merging takes more work than an honest schema needs.
    """
    return _Merger(steps or Steps()).whole(schema)


class _Merger:
    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._alike = Alike(steps)

    def whole(self, schema: Any) -> Any:
        """`schema` and the parts of its `allOf` as one."""
        # A copy that keeps what is shared: where one part stands in two places and is changed here, it is changed there too.
        root = self._copy(schema, {})
        return self.merge(list(_dissolved(root)), root)

    def merge(self, schemas: Sequence[Any], base: Any = None) -> Any:
        """Several schemas as one; `base`, which holds the others, becomes it, and keeps what merging says nothing about."""
        schemas = [schema for schema in schemas if schema is not ABSENT]
        self._steps.take(1 + len(schemas))
        if not schemas or any(schema is False for schema in schemas):
            return False if schemas else ABSENT
        if all(schema is True for schema in schemas):
            return True
        parts = [schema for schema in schemas if isinstance(schema, dict)]
        keywords = dict.fromkeys(keyword for part in parts for keyword in part)
        if "allOf" in keywords:
            if any(not isinstance(part.get("allOf", []), list) for part in parts):
                raise MergeError(keyword="allOf")
            return self.whole({"allOf": parts})
        if keywords.keys() & _BRANCHES:  # these are changed in place, for all that shares them inside, but nothing outside
            parts = self._copy(parts, {})
        return self._one_by_one(keywords, parts, base if isinstance(base, dict) else {})

    def _one_by_one(self, keywords: dict[str, None], parts: list[dict[str, Any]], made: dict[str, Any]) -> dict[str, Any]:
        for keyword in keywords:
            if keyword in _PROPERTIES or keyword in _ITEMS:
                continue
            values = [part[keyword] for part in parts if keyword in part]
            distinct = unique(values, partial(self._alike.keyword, keyword))
            self._steps.take(len(values))
            if keyword == "pattern" and len(distinct) > 1:  # two patterns can't be one: they stay side by side
                made.pop(keyword, None)
                made["allOf"] = [{keyword: pattern} for pattern in distinct]
            else:
                made[keyword] = self._keyword(keyword, distinct)
        if any(keyword in keywords for keyword in _PROPERTIES):
            made |= self._properties(self._picked(parts, _PROPERTIES))
        if any(keyword in keywords for keyword in _ITEMS):
            made |= self._items(self._picked(parts, _ITEMS))
        return made

    def _keyword(self, keyword: str, values: list[Any]) -> Any:
        if keyword in _BRANCHES:
            return self._branches(keyword, values)
        if keyword in _NAMED:
            return self._each_named(values)
        if keyword in _ONE:
            return self.merge(values)
        if keyword == "not":
            return {"anyOf": values}
        if len(values) == 1:
            return values[0]
        self._steps.take(sum(len(value) for value in values if isinstance(value, list)))
        return merge_rules.merge(keyword, values)

    def _branches(self, keyword: str, groups: list[Any]) -> list[Any]:
        """The branches; those of several groups each with each, without the pairs that nothing could fit."""
        if any(not isinstance(group, list) for group in groups):
            raise NoSchemaError
        if len(groups) == 1:
            return [self.merge([branch], branch) for branch in groups[0]]
        fitting = []
        for combination in self._combinations(groups):
            try:
                fitting.append(self.merge(combination))
            except (MergeError, NoSchemaError):
                continue
        kept = unique(fitting, self._alike.schemas)
        if not kept or sum(bool(group) for group in groups) < 2:  # noqa: PLR2004  # nothing to pair with: the reference refuses
            raise MergeError(keyword=keyword)
        return kept

    def _combinations(self, groups: list[list[Any]]) -> list[list[Any]]:
        found: list[list[Any]] = []
        for group in groups:
            self._steps.take(max(1, len(found)) * len(group))
            found = [[branch, *others] for others in found or [[]] for branch in group]
        return found

    def _each_named(self, groups: list[Any]) -> dict[str, Any]:
        """Definitions or dependencies, name by name; a list of names that a field depends on is a `required`."""
        given = [group for group in groups if isinstance(group, dict)]
        made = {}
        for name in _names(given):
            values = unique([group[name] for group in given if name in group], equal)
            lists = [value for value in values if isinstance(value, list)]
            if not lists:
                made[name] = self.merge(unique(values, self._alike.schemas))
            elif len(lists) == len(values):
                made[name] = sorted_once(flat(lists))
            else:
                schemas = [value for value in values if isinstance(value, dict | bool)]
                made[name] = self.merge([*schemas, *({"required": names} for names in lists)])
        return made

    def _picked(self, parts: list[dict[str, Any]], keywords: tuple[str, ...]) -> list[dict[str, Any]]:
        picked = [{keyword: part[keyword] for keyword in keywords if keyword in part} for part in parts]
        return unique(picked, self._alike.schemas)

    def _properties(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        additional = self.merge([part.get("additionalProperties", ABSENT) for part in parts])
        named = self._group([part.get("properties", ABSENT) for part in parts])
        if additional is False:
            named = {name: schema for name, schema in named.items() if schema is not False}
        made = {
            "properties": named,
            "patternProperties": self._group([part.get("patternProperties", ABSENT) for part in parts]),
            "additionalProperties": additional,
        }
        return {keyword: value for keyword, value in made.items() if _says_something(value)}

    def _group(self, groups: list[Any]) -> dict[str, Any]:
        given = [group if isinstance(group, dict) else {} for group in groups]
        made = {}
        for name in _names(given):
            found = [group[name] for group in given if name in group]
            made[name] = self.merge(unique(found, self._alike.schemas))
        return made

    def _items(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        items = [part.get("items", ABSENT) for part in parts]
        given = [each for each in items if each is not ABSENT]
        made: dict[str, Any] = {}
        if all(isinstance(each, dict | bool) for each in given):
            made["items"] = self.merge(items)
        else:
            made["items"] = self._tuple(parts, given)
        if not given or any(isinstance(each, list) for each in given):
            rest = [_rest(part, has_tuples=all(isinstance(each, list) for each in given)) for part in parts]
            made["additionalItems"] = self.merge(rest)
        if made.get("additionalItems") is False and isinstance(made["items"], list):
            made["items"] = _without_false(made["items"])
        is_mixed = any(isinstance(each, dict) and each for each in given)  # an empty tuple stays then, by accident
        return {keyword: value for keyword, value in made.items() if _says_something(value) or (value == [] and is_mixed)}

    def _tuple(self, parts: list[dict[str, Any]], items: list[Any]) -> list[Any]:
        """Tuples place by place; where one part has the same schema for all places, with that."""
        made = []
        for index in range(max((len(each) for each in items if isinstance(each, list)), default=0)):
            at_place = [schema for part in parts if (schema := _at_place(part, index)) is not ABSENT]
            made.append(self.merge(unique(at_place, self._alike.schemas)))
        return made

    def _copy(self, value: Any, copies: dict[int, Any]) -> Any:
        if not isinstance(value, dict | list):
            return value
        if id(value) not in copies:
            self._steps.take()
            if isinstance(value, dict):
                copies[id(value)] = {key: self._copy(item, copies) for key, item in value.items()}
            else:
                copies[id(value)] = [self._copy(item, copies) for item in value]
        return copies[id(value)]


def _dissolved(schema: Any) -> Iterator[Any]:
    """The schema and the parts of its `allOf`, at any depth; each has lost its own `allOf` then."""
    if schema is None:
        raise NoSchemaError
    parts = schema.pop("allOf") if isinstance(schema, dict) and isinstance(schema.get("allOf"), list) else []
    yield schema
    for part in parts:
        yield from flat([list(_dissolved(part))])


def _names(groups: Sequence[Any]) -> dict[str, None]:
    """What is shared comes first in files and tables: $schema, meta and dt, then the event's own fields."""
    return dict.fromkeys(name for group in (*groups[1:], *groups[:1]) for name in group)


def _says_something(schema: Any) -> bool:
    return isinstance(schema, bool) or (isinstance(schema, dict | list) and bool(schema))


def _at_place(part: dict[str, Any], index: int) -> Any:
    items = part.get("items", ABSENT)
    if not isinstance(items, list):
        return items
    if index < len(items) and isinstance(items[index], dict | bool):
        return items[index]
    return part.get("additionalItems", ABSENT)


def _rest(part: dict[str, Any], *, has_tuples: bool) -> Any:
    """What a part says of the items behind its tuple."""
    is_tuple = has_tuples or isinstance(part.get("items"), list)
    return part.get("additionalItems" if is_tuple else "items", ABSENT)


def _without_false(schemas: list[Any]) -> list[Any]:
    """As the reference removes them: one behind a removed one is passed over."""
    index, kept = 0, list(schemas)
    while index < len(kept):
        if kept[index] is False:
            del kept[index]
        index += 1
    return kept
