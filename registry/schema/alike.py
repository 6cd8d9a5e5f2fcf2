"""Which schemas say the same in the reference's eyes (json-schema-compare), where two parts of an `allOf` meet.

Its verdicts decide which part survives, so they are kept where they surprise: two `dependencies` that name lists are alike
whatever the lists say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eventplatform.core.errors import RejectedError
from registry.schema.json_values import ABSENT, equal, sorted_once, unique
from registry.schema.limits import Steps

_SCHEMAS = frozenset({"additionalItems", "additionalProperties", "contains", "not", "propertyNames"})
_MAY_BE_ABSENT = frozenset(
    {"dependencies", "minItems", "minLength", "minProperties", "patternProperties", "properties", "required", "uniqueItems"}
)


class NoSchemaError(RejectedError):
    """Something stands where a schema is expected."""

    code = "schema.no_schema"
    message = "Neither an object nor true or false stands where a schema is expected."
    remedy = "Write a schema there."


class Alike:
    """Compares schemas, and what their keywords hold; each comparison is a step."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._rules: dict[str, Callable[[Any, Any], bool]] = {
            "uniqueItems": _absent_or_false,
            **dict.fromkeys(("minItems", "minLength", "minProperties"), _absent_or_zero),
            **dict.fromkeys(("required", "enum"), _same_names),
            "type": lambda one, other: equal(sorted_once(_listed(one)), sorted_once(_listed(other))),
            "items": self._items,
            **dict.fromkeys(("anyOf", "allOf", "oneOf"), self._in_any_order),
            **dict.fromkeys(("dependencies", "patternProperties", "properties"), self._named),
        }

    def schemas(self, one: Any, other: Any) -> bool:
        """Whether two schemas (or absences of one) are alike."""
        self._steps.take()
        if _allows_all(one) and _allows_all(other):
            return True
        if not all(value is ABSENT or isinstance(value, dict | bool) for value in (one, other)):
            raise NoSchemaError
        if one is other:
            return True
        if one is ABSENT or other is ABSENT or (isinstance(one, bool) and isinstance(other, bool)):
            return False
        left = one if isinstance(one, dict) else {}  # true and false have no keywords, and so look like one that has none
        right = other if isinstance(other, dict) else {}
        return all(self._keyword(keyword, left, right) for keyword in dict.fromkeys((*left, *right)))

    def keyword(self, keyword: str, one: Any, other: Any) -> bool:
        """Whether what two schemas say at `keyword` is alike."""
        return self._keyword(keyword, {keyword: one}, {keyword: other})

    def _keyword(self, keyword: str, left: dict[str, Any], right: dict[str, Any]) -> bool:
        self._steps.take()
        one, other = left.get(keyword, ABSENT), right.get(keyword, ABSENT)
        if keyword in _SCHEMAS:
            return self.schemas(one, other)
        if equal(one, other):
            return True
        if keyword not in _MAY_BE_ABSENT and (one is ABSENT or other is ABSENT):
            return False
        self._steps.take(sum(len(value) for value in (one, other) if isinstance(value, list)) // 2)
        rule = self._rules.get(keyword)
        return rule is not None and rule(one, other)

    def _named(self, one: Any, other: Any) -> bool:
        left, right = _by_name(one), _by_name(other)
        if not left or not right:
            return not left and not right
        return all(self._at(name, left, right) for name in dict.fromkeys((*left, *right)))

    def _at(self, name: str, left: dict[str, Any], right: dict[str, Any]) -> bool:
        one, other = left.get(name, ABSENT), right.get(name, ABSENT)
        if isinstance(one, list) or isinstance(other, list):
            return isinstance(one, list) and isinstance(other, list)
        return name in left and name in right and self.schemas(one, other)

    def _items(self, one: Any, other: Any) -> bool:
        if isinstance(one, dict) and isinstance(other, dict):
            return self.schemas(one, other)
        return isinstance(one, list) and isinstance(other, list) and self._named(one, other)

    def _in_any_order(self, one: Any, other: Any) -> bool:
        if not isinstance(one, list) or not isinstance(other, list):
            raise NoSchemaError
        left, right = unique(one, self.schemas), unique(other, self.schemas)
        common = [schema for schema in left if any(self.schemas(schema, each) for each in right)]
        return len(common) == max(len(left), len(right))


def _allows_all(schema: Any) -> bool:
    return schema is ABSENT or schema is True or schema == {}


def _absent_or_zero(one: Any, other: Any) -> bool:
    return (one is ABSENT and equal(other, 0)) or (other is ABSENT and equal(one, 0))


def _absent_or_false(one: Any, other: Any) -> bool:
    return (one is ABSENT and other is False) or (other is ABSENT and one is False)


def _same_names(one: Any, other: Any) -> bool:
    if one in (ABSENT, []) and other in (ABSENT, []):
        return True
    return equal(sorted_once(one), sorted_once(other))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _by_name(group: Any) -> dict[str, Any]:
    if isinstance(group, list):
        return {str(index): item for index, item in enumerate(group)}
    return group if isinstance(group, dict) else {}
