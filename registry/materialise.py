"""Makes schemas self-contained: every `$ref` replaced, every `allOf` merged, numbers bounded where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from registry import keywords
from registry.allof import merged
from registry.references import CircularReferenceError, Dereferencer

MAX_SAFE_INTEGER = 2**53 - 1  # the largest that JavaScript, and so half of all clients, can hold


class Materialiser:
    """Materialises schemas that refer to each other; `load` answers the document of an id as written, or None.

    Documents are finished in the order in which they need each other, each once.
    """

    def __init__(self, load: Callable[[str], Mapping[str, Any] | None]) -> None:
        self._load = load
        self._finished: dict[str, Any] = {}
        self._open: set[str] = set()

    def materialise(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The self-contained form of `document`, which is left as it is.

        Raises:
            RejectedError: a reference can't be followed, parts contradict each other, or the result is too large.
        """
        if not needs_materialising(document):
            return dict(document)
        whole: dict[str, Any] = merged(Dereferencer(document, self._schema).dereferenced())
        if "examples" not in document:  # those of a fragment are no examples of the whole
            whole.pop("examples", None)
        return whole

    def _schema(self, schema_id: str) -> Any:
        if schema_id in self._finished:
            return self._finished[schema_id]
        if schema_id in self._open:
            raise CircularReferenceError(ref=schema_id)
        document = self._load(schema_id)
        if document is None:
            return None
        self._open.add(schema_id)
        try:
            self._finished[schema_id] = self.materialise(document)
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


def with_numeric_bounds(schema: Any) -> Any:
    """A copy in which each number has a minimum and a maximum: what every client can hold, where nothing else is said."""
    copy = keywords.rebuild(schema, with_numeric_bounds)
    if isinstance(copy, dict) and copy.get("type") in ("integer", "number"):  # a list of types can't be looked up in a set
        copy.setdefault("minimum", -MAX_SAFE_INTEGER)
        copy.setdefault("maximum", MAX_SAFE_INTEGER)
    return copy
