"""Files of configuration by their form: YAML, JSON, CSV, PHP; what each means, and where in it something stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from registry.schema import documents
from streamconfig.configuration.document import Document
from streamconfig.configuration.setting_types import Problem
from streamconfig.exchange import php_reading, php_writing, shapes, tables
from streamconfig.exchange.errors import Finding, TooLargeError, UnreadableError

MAX_BYTES = 10 * 1024 * 1024
FORMS: Mapping[str, str] = {"yaml": "YAML", "json": "JSON", "csv": "CSV, a row per stream", "php": "PHP arrays"}
TYPES = {"yaml": "application/yaml", "json": "application/json", "csv": "text/csv", "php": "text/plain"}
_SUFFIXES = {"yml": "yaml", "yaml": "yaml", "json": "json", "csv": "csv", "tsv": "csv", "php": "php"}
Place = Callable[[Problem], str]


def _by_name(problem: Problem) -> str:
    return f"{problem.stream}{problem.pointer}"


@dataclass(frozen=True, slots=True)
class Given:
    """What a file says, as a document whose items replace those of the same name."""

    document: Mapping[str, Any]
    notices: tuple[str, ...] = ()
    place: Place = field(default=_by_name, repr=False)  # where in the file a problem stands
    parts: frozenset[str] | None = None  # what a complete file says all of; None: every part that there is

    def completed(self, held: Mapping[str, Any]) -> Mapping[str, Any]:
        """The whole document where the file is complete: parts that its form has no words for are as they are held."""
        others = held if self.parts is not None else {}
        return {**{part: items for part, items in others.items() if part not in (self.parts or ())}, **self.document}

    def finding(self, problem: Problem) -> Finding:
        """A problem of the document, told by its place in the file."""
        where = self.place(problem)
        what = _by_name(problem)
        place = where if where == what else f"{where}, {what}" if where else what
        return Finding(place, problem.code, problem.message, problem.remedy)


def form_of(name: str, content: bytes = b"") -> str:
    """The form that a file's name, else its beginning, tells."""
    suffix = name.rpartition(".")[2].lower()
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"<?php", b"$wg", b"return [", b"return[")):
        return "php"
    if start.startswith(b"{"):
        return "json"
    return "csv" if b"name" in start.split(b"\n", 1)[0].replace(b";", b",").split(b",")[:1] else "yaml"


def read(content: bytes, *, form: str, before: Document) -> Given:
    """What a file says; `before` is what holds, and keeps what the file's form has no words for.

    Raises:
        UnreadableError: not that form.
        ImportRefusedError: single cells can't be read.
    """
    if form not in FORMS:
        raise UnreadableError(f"{form[:20]} is no form of configuration.")
    if len(content) > MAX_BYTES:
        raise TooLargeError(f"The file has {len(content)} bytes, more than {MAX_BYTES}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"The file is no UTF-8 text (byte {error.start}).", line) from None
    if "\0" in text:
        raise UnreadableError("The file has a character U+0000.", text.count("\n", 0, text.index("\0")) + 1)
    return {"csv": _read_csv, "php": _read_php}.get(form, _read_yaml if form == "yaml" else _read_json)(text, before)


def _read_csv(text: str, before: Document) -> Given:
    entries, rows = tables.read(text, before)
    return Given({"streams": entries}, (), lambda problem: f"row {rows.get(problem.stream, 1)}", frozenset({"streams"}))


def _read_php(text: str, before: Document) -> Given:
    file = php_reading.read(text)
    meaning = shapes.meaning_of(file.values, before)
    known = _endings(file.lines)

    def place(problem: Problem) -> str:
        keys = [part.replace("~1", "/").replace("~0", "~") for part in problem.pointer.split("/")[1:]]
        longest = range(len(keys), -1, -1)
        line = next((known[found] for count in longest if (found := (problem.stream, *keys[:count])) in known), 0)
        return f"line {line}" if line else ""

    twice = tuple(
        f"Line {line}: {'.'.join(path)} stands there a second time; the later one holds." for path, line in file.repeated
    )
    return Given(meaning.document, (*meaning.notices, *twice), place, meaning.parts)


def _endings(lines: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """The line of every path, found by its end: a file has levels of its own above the streams."""
    return {path[start:]: line for path, line in reversed([*lines.items()]) for start in range(len(path))}


def _read_json(text: str, before: Document) -> Given:
    return _read_document(text, before, is_json=True)


def _read_yaml(text: str, before: Document) -> Given:
    return _read_document(text, before, is_json=False)


def _read_document(text: str, before: Document, *, is_json: bool) -> Given:
    try:
        parsed = documents.load(text, is_json=is_json, is_configuration=True)
    except documents.DocumentError as error:
        raise UnreadableError(f"{error} {error.hint} [{error.code}]", error.line) from None
    meaning = shapes.meaning_of(parsed, before)
    if not meaning.is_ours:
        return Given(meaning.document, meaning.notices, parts=meaning.parts)
    line_of = documents.lines_of(text)

    def place(problem: Problem) -> str:
        name = problem.stream.replace("~", "~0").replace("/", "~1")
        pointer = f"/{problem.section}/{name}{problem.pointer}" if name else problem.pointer
        return f"line {line_of(pointer)}"

    return Given(meaning.document, meaning.notices, place)


def write(document: Document, form: str) -> str:
    """The configuration in a form that `read` takes; CSV and PHP hold streams alone, PHP the reference's settings alone."""
    if form == "csv":
        return tables.write(document)
    if form == "php":
        return php_writing.write(document)
    held = document.as_json()
    return as_yaml(held) if form == "yaml" else json.dumps(held, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


class _Dumper(yaml.SafeDumper):
    """Quotes what `read` would else take for something other than text."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # yaml's signature
        """What stands in two places is written twice: nobody reads anchors."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = None if documents.is_plain_text(text) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(value: Any) -> str:
    """A value as YAML whose texts are read as texts again."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120))
