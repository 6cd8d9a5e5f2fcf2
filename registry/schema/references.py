"""Replaces every `$ref` of a document by what it names: another schema by its id, or a place in the same file.

A `$ref` counts wherever it stands, in examples too. Keys beside it win over those of its target, and what they refer to
with `#/…` is looked for in the target's file: both as in the reference (json-schema-ref-parser 7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from eventplatform.core import names
from eventplatform.core.errors import RejectedError
from eventplatform.core.pointers import escape, unescape
from registry.schema.limits import MAX_DEPTH, SchemaTooLargeError, Steps

LoadSchema = Callable[[str], Mapping[str, Any] | None]

_MAX_HOPS = 50  # from one reference straight to the next
_BLANKS = " \t\r\n\f\u00a0\ufeff"
_BAD_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")


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


class Dereferencer:
    """Follows the references of one document; `load` answers the document of an id, or None."""

    def __init__(self, document: Mapping[str, Any], load: LoadSchema, steps: Steps | None = None) -> None:
        self._load = load
        self._steps = steps or Steps()
        self._files: dict[str, Any] = {}  # by id, with "" for the document itself; references in them vanish as they are met
        self._files[""] = self._copy(dict(document), {}, 0)

    def dereferenced(self) -> Any:
        """The document without references; it shares nothing with `document` or with what `load` answers."""
        root = self._files[""]
        self._read_named(root, "", "")
        try:
            return self._crawl(root, "", "", {})
        except RecursionError:
            raise SchemaTooLargeError from None

    def _read_named(self, value: Any, file: str, pointer: str) -> None:
        """Read the other files that `value` names, and those that they name.

        What stands beside a reference to another file is passed over here, as in the reference: a third file named only
        there is not found.
        """
        if isinstance(value, list):
            for index, item in enumerate(value):
                self._read_named(item, file, f"{pointer}/{index}")
        elif isinstance(value, dict):
            if not _is_reference(value) or value["$ref"].startswith("#"):
                for key, item in value.items():
                    self._read_named(item, file, f"{pointer}/{escape(key)}")
                return
            target, _ = _split(value["$ref"], file, f"{pointer}/$ref")
            if target not in self._files:
                self._files[target] = self._copy(self._read(target, value["$ref"], f"{pointer}/$ref"), {}, 0)
                self._read_named(self._files[target], target, f"{pointer}/$ref")

    def _read(self, schema_id: str, ref: str, pointer: str) -> Any:
        try:
            found = self._load(schema_id)
            if found is None and schema_id.endswith((".yaml", ".json")):
                found = self._load(schema_id.rpartition(".")[0])
        except RejectedError as error:
            error.pointer = pointer  # the fault lies in the other file; in this one it shows here
            raise
        if found is None:
            raise UnresolvedReferenceError(pointer=pointer, ref=ref[:200], reason="names a schema that no repository holds")
        return found

    def _crawl(self, value: Any, file: str, pointer: str, around: dict[int, None]) -> Any:
        """`value`, or what it refers to, without references; containers are changed in place. `around`: what it lies in."""
        self._steps.take(1, pointer)
        if not isinstance(value, dict | list):
            return value
        if len(around) > MAX_DEPTH:
            raise SchemaTooLargeError(pointer=pointer)
        around[id(value)] = None
        result: Any = value
        if isinstance(value, dict) and _is_reference(value):
            result = self._replaced(value, file, pointer, around)
        else:
            for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
                place = f"{pointer}/{escape(str(key))}"
                if _is_reference(item):
                    value[key] = self._replaced(item, file, place, around)
                elif id(item) in around and isinstance(item, dict | list):
                    raise CircularReferenceError(pointer=place, ref="before it")
                else:
                    value[key] = self._crawl(item, file, place, around)
        around.popitem()
        return result

    def _replaced(self, node: dict[str, Any], file: str, pointer: str, around: dict[int, None]) -> Any:
        ref, place = node["$ref"], f"{pointer}/$ref"
        target, there = self._at(_split(ref, file, place), ref, place, 0)
        if isinstance(target, dict | list) and id(target) in around:
            raise CircularReferenceError(pointer=place, ref=ref[:200])
        return self._crawl(_extended(node, target), there, place, around)

    def _at(self, place: tuple[str, str], ref: str, pointer: str, hops: int) -> tuple[Any, str]:
        """What `place` (a file and a pointer in it) names, and the file it lies in; references on the way are followed."""
        file, fragment = place
        if file not in self._files:
            reason = "names a file that is named only beside another file's $ref"
            raise UnresolvedReferenceError(pointer=pointer, ref=ref[:200], reason=reason)
        if hops > _MAX_HOPS:
            raise CircularReferenceError(pointer=pointer, ref=ref[:200])
        value, there = self._files[file], file
        for part in [None, *_parts(fragment, ref, pointer)]:
            value = value if part is None else _child(value, part, ref, pointer)
            if _is_reference(value):
                self._steps.take(1, pointer)
                onward = _split(value["$ref"], there, pointer)
                if onward == place:
                    raise CircularReferenceError(pointer=pointer, ref=ref[:200])
                found, in_file = self._at(onward, value["$ref"], pointer, hops + 1)
                there = there if len(value) > 1 else in_file
                value = _extended(value, found)
        return value, there

    def _copy(self, value: Any, copies: dict[int, Any], depth: int) -> Any:
        """A copy in which what was shared is shared."""
        self._steps.take()
        if depth > MAX_DEPTH:
            raise SchemaTooLargeError
        if not isinstance(value, dict | list):
            return value
        if id(value) not in copies:
            if isinstance(value, dict):
                copies[id(value)] = {key: self._copy(item, copies, depth + 1) for key, item in value.items()}
            else:
                copies[id(value)] = [self._copy(item, copies, depth + 1) for item in value]
        return copies[id(value)]


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


def _is_reference(value: Any) -> bool:
    """True for what the reference takes for one: `#name` without a slash is a mere text."""
    ref = value.get("$ref") if isinstance(value, dict) else None
    return isinstance(ref, str) and bool(ref) and (ref == "#" or ref.startswith("#/") or not ref.startswith("#"))


def _split(ref: str, file: str, pointer: str) -> tuple[str, str]:
    """The file and the pointer that `ref`, written in `file`, names."""
    path, _, fragment = ref.strip(_BLANKS).partition("#")
    if not path:
        return file, fragment
    if path in {".", "./"} and not file:
        return "", fragment
    if not names.is_schema_id(path):
        kind = RemoteReferenceError if ":" in path or path.startswith("//") else UnresolvedReferenceError
        raise kind(pointer=pointer, ref=ref[:200], reason="is no schema id")
    return path, fragment


def _parts(fragment: str, ref: str, pointer: str) -> list[str]:
    if not fragment:
        return []
    try:
        parts = [unquote(unescape(part), errors="strict") for part in fragment.split("/")]
    except UnicodeDecodeError:
        parts = []
    if not parts or _BAD_ESCAPE.search(fragment):
        raise UnresolvedReferenceError(pointer=pointer, ref=ref[:200], reason="holds a wrong %-escape")
    if parts[0]:
        raise UnresolvedReferenceError(pointer=pointer, ref=ref[:200], reason="must have #/ before the place in the file")
    return parts[1:]


def _child(value: Any, part: str, ref: str, pointer: str) -> Any:
    if isinstance(value, dict) and part in value:
        return value[part]
    if isinstance(value, list) and re.fullmatch("0|[1-9][0-9]{0,5}", part) and int(part) < len(value):
        return value[int(part)]
    raise UnresolvedReferenceError(pointer=pointer, ref=ref[:200], reason=f"names no place there ({part[:80]})")


def _extended(node: dict[str, Any], target: Any) -> Any:
    """What a reference stands for: its target, with the keys beside the reference put over the target's."""
    if len(node) == 1 or not isinstance(target, dict | list):
        return target
    beside = {key: item for key, item in node.items() if key != "$ref"}
    rest = target if isinstance(target, dict) else {str(index): item for index, item in enumerate(target)}
    return beside | {key: item for key, item in rest.items() if key not in beside}
