"""Replaces every `$ref` of a document by what it names: another schema by its id, or a place in the same file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from eventplatform.core import names
from eventplatform.core.errors import RejectedError
from registry.documents import MAX_DEPTH, MAX_NODES
from registry.keywords import escape, unescape

LoadSchema = Callable[[str], Any]


class UnresolvedReferenceError(RejectedError):
    """A `$ref` that can't be followed; `pointer` is its place in the document."""

    code = "schema.bad_reference"
    message = "The $ref {ref} {reason}."
    remedy = "Name a known schema by its id, as /fragment/sample/common/1.0.0, or a place in the same file, as #/definitions/x."


class RemoteReferenceError(UnresolvedReferenceError):
    """A `$ref` that names another machine or a file: never followed."""

    code = "schema.remote_reference"
    message = "The $ref {ref} leaves the schema repositories."
    remedy = "Import the schema into a repository and name it by its id, as /fragment/sample/common/1.0.0."


class CircularReferenceError(UnresolvedReferenceError):
    """Following the `$ref` leads back to itself."""

    code = "schema.circular_reference"
    message = "The $ref {ref} leads back to itself."
    remedy = "Break the circle; a self-contained schema can't be endless."


class SchemaTooLargeError(RejectedError):
    """With its references replaced the schema is larger than anything can use."""

    code = "schema.too_large"
    message = "With its references replaced the schema holds more than {limit} values or {depth} levels."
    remedy = "Refer to less, or to smaller fragments."


class Dereferencer:
    """Follows the references of one document.

    `load` answers the finished, self-contained schema of an id, or None. As in the reference, a `$ref` counts wherever it
    stands, in examples too, and keys beside it win over those of its target.
    """

    max_nodes: ClassVar[int] = MAX_NODES

    def __init__(self, document: Mapping[str, Any], load: LoadSchema) -> None:
        self._document = document
        self._load = load
        self._nodes = 0

    def dereferenced(self) -> dict[str, Any]:
        """The document without references; nothing in it is shared with `load`'s answers but unchanging parts."""
        copy: dict[str, Any] = self._copy(dict(self._document), "", (), 0)
        return copy

    def _copy(self, value: Any, pointer: str, trail: tuple[str, ...], depth: int) -> Any:
        self._nodes += 1
        if self._nodes > self.max_nodes or depth > MAX_DEPTH:
            raise SchemaTooLargeError(pointer=pointer, limit=self.max_nodes, depth=MAX_DEPTH)
        if isinstance(value, list):
            return [self._copy(item, f"{pointer}/{index}", trail, depth + 1) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        ref = value.get("$ref")
        if isinstance(ref, str):
            return self._replaced(ref, value, pointer, trail, depth)
        return {key: self._copy(item, f"{pointer}/{escape(key)}", trail, depth + 1) for key, item in value.items()}

    def _replaced(self, ref: str, node: dict[str, Any], pointer: str, trail: tuple[str, ...], depth: int) -> Any:
        target = self._target(ref, f"{pointer}/$ref", trail, depth)
        beside = {key: item for key, item in node.items() if key != "$ref"}
        if not beside or not isinstance(target, dict):
            return target
        return {**self._copy(beside, pointer, trail, depth), **{key: target[key] for key in target if key not in beside}}

    def _target(self, ref: str, pointer: str, trail: tuple[str, ...], depth: int) -> Any:
        schema_id, _, fragment = ref.partition("#")
        if schema_id in {"", ".", "./"}:
            if ref in trail:
                raise CircularReferenceError(pointer=pointer, ref=ref[:200])
            found = _at(self._document, fragment, ref, pointer)
            return self._copy(found, fragment, (*trail, ref), depth)
        if not names.is_schema_id(schema_id):
            kind = RemoteReferenceError if ":" in schema_id or schema_id.startswith("//") else UnresolvedReferenceError
            raise kind(pointer=pointer, ref=ref[:200], reason="is no schema id")
        try:
            schema = self._load(schema_id)
        except RejectedError as error:
            error.pointer = pointer  # the fault lies in the other file; in this one it shows here
            raise
        if schema is None:
            raise UnresolvedReferenceError(pointer=pointer, ref=ref[:200], reason="names a schema that no repository holds")
        # The copy counts what it takes: chains of references can't grow without end.
        return self._copy_finished(_at(schema, fragment, ref, pointer), pointer, depth)

    def _copy_finished(self, value: Any, pointer: str, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > self.max_nodes or depth > MAX_DEPTH:
            raise SchemaTooLargeError(pointer=pointer, limit=self.max_nodes, depth=MAX_DEPTH)
        if isinstance(value, list):
            return [self._copy_finished(item, pointer, depth + 1) for item in value]
        if isinstance(value, dict):
            return {key: self._copy_finished(item, pointer, depth + 1) for key, item in value.items()}
        return value


def _at(document: Any, fragment: str, ref: str, pointer: str) -> Any:
    """The place that the part of `ref` behind # names."""
    found = document
    for part in fragment.split("/")[1:] if fragment else ():
        name = unescape(part)
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise UnresolvedReferenceError(pointer=pointer, ref=ref[:200], reason=f"names no place there ({part[:80]})")
    return found


def named_in(document: Any) -> frozenset[str]:
    """The ids of the other schemas that a document refers to, wherever in it."""
    found: set[str] = set()
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            target = value.get("$ref")
            schema_id = target.partition("#")[0] if isinstance(target, str) else ""
            found |= {schema_id} if names.is_schema_id(schema_id) else set()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return frozenset(found)
