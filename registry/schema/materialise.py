"""Makes schemas self-contained: every `$ref` replaced, every `allOf` merged, numbers bounded where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventplatform.core.errors import RejectedError
from registry.schema import keywords
from registry.schema.allof import merged
from registry.schema.limits import SchemaTooLargeError, Steps, check_size
from registry.schema.references import CircularReferenceError, Dereferencer

MAX_SAFE_INTEGER = 2**53 - 1  # the largest that JavaScript, and so half of all clients, can hold
Bounds = tuple[float, float]
SAFE_BOUNDS: Bounds = (-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
# Where the reference looks for numbers: not in the branches of a condition.
_UNBOUNDED = frozenset({"else", "if", "then"})


class NothingFitsError(RejectedError):
    """The parts of an `allOf` leave no event that could be valid."""

    code = "schema.nothing_fits"
    message = "No event can be valid: a part of the schema is false."
    remedy = "Remove the part."


class Materialiser:
    """Materialises schemas that refer to each other.

    `load` answers a published document by id, or None. `currents` are documents about to be published (`current.yaml`), by
    id: they win over what `load` answers, and are finished in the order in which they need each other, each once, so that
    a fragment and its user may change at once. `bounds` are given to each number that has none.
    """

    def __init__(
        self,
        load: Callable[[str], Mapping[str, Any] | None],
        *,
        currents: Mapping[str, Mapping[str, Any]] | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._load = load
        self._currents = currents or {}
        self._bounds = bounds
        self._finished: dict[str, dict[str, Any]] = {}
        self._open: set[str] = set()

    def materialise(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The self-contained form of `document`, which is left as it is.

        Raises:
            RejectedError: a reference can't be followed, parts contradict each other, or the result is too large.
        """
        steps = Steps()
        try:
            whole = merged(Dereferencer(document, self._schema, steps).dereferenced(), steps)
        except RecursionError:
            raise SchemaTooLargeError from None
        if not isinstance(whole, dict):
            raise NothingFitsError
        if "examples" not in document:  # those of a fragment are no examples of the whole
            whole.pop("examples", None)
        check_size(whole)
        return whole if self._bounds is None else dict(with_numeric_bounds(whole, self._bounds))

    def self_contained(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """`document` as it is where it needs nothing else, as published versions do; its self-contained form otherwise."""
        return self.materialise(document) if needs_materialising(document) else dict(document)

    def _schema(self, schema_id: str) -> Mapping[str, Any] | None:
        if schema_id not in self._currents:
            return self._load(schema_id)
        if schema_id in self._open:
            raise CircularReferenceError(ref=schema_id)
        if schema_id not in self._finished:
            self._open.add(schema_id)
            try:
                self._finished[schema_id] = self.materialise(self._currents[schema_id])
            finally:
                self._open.discard(schema_id)
        return self._finished[schema_id]


def needs_materialising(value: Any) -> bool:
    """True where `value` holds a `$ref` or an `allOf` anywhere; cheap, and wrong only on the safe side."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str) or isinstance(value.get("allOf"), list):
            return True
        return any(needs_materialising(item) for item in value.values())
    return isinstance(value, list) and any(needs_materialising(item) for item in value)


def with_numeric_bounds(schema: Any, bounds: Bounds = SAFE_BOUNDS) -> Any:
    """A copy in which each number has a minimum and a maximum: what every client can hold, where nothing else is said."""
    copy = keywords.rebuild(schema, lambda child: with_numeric_bounds(child, bounds))
    if not isinstance(copy, dict):
        return copy
    copy |= {keyword: schema[keyword] for keyword in _UNBOUNDED & schema.keys()}
    if copy.get("type") in ("integer", "number"):  # a list of types can't be looked up in a set
        copy.setdefault("minimum", bounds[0])
        copy.setdefault("maximum", bounds[1])
    return copy
