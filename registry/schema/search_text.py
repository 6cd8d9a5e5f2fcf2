"""The text of a title in which the search looks: its name, its description, and a line for each field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.schema import fields


def of(title: str, document: Mapping[str, Any]) -> str:
    """In small letters. A field's line is its path, a tab, its type and description, and `x-pii:name` where it is marked."""
    lines = [title, f"{document.get('title', '')} {document.get('description', '')}"]
    lines += [f"{field.path}\t{_about(field)}" for field in fields.fields_of(document)]
    return "\n".join([*map(_plain, lines), ""]).lower()


def exact_field(word: str) -> str:
    """What the text of a schema holds that has a field of exactly that path."""
    return f"\n{word.lower()}\t"


def _about(field: fields.Field) -> str:
    return f"{field.type} {field.description} {f'x-pii:{field.pii}' if field.pii else ''}"


def _plain(line: str) -> str:
    """One line, words one blank apart, the tab behind a path kept."""
    return "\t".join(" ".join(part.split()) for part in line.split("\t", 1))
