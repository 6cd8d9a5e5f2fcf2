"""Checks one version file from its text to a compiled schema: what passes here can be published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema
import jsonschema_rs

from eventplatform.core import names, pointers
from eventplatform.core.errors import RejectedError
from registry.schema import documents, fields, keywords, validators
from registry.schema.formats import FormatMode
from registry.schema.materialise import Materialiser, needs_materialising
from registry.schema.repository_files import VersionFile
from registry.schema.violations import violations_of

_DRAFTS = {f"{scheme}://json-schema.org/draft-07/schema{end}" for scheme in ("http", "https") for end in ("", "#")}
_META_SCHEMA: dict[str, Any] = dict(jsonschema.Draft7Validator.META_SCHEMA)
_META_VALIDATOR = jsonschema_rs.Draft7Validator(_META_SCHEMA, offline=True, validate_formats=False)


class SchemaInvalidError(RejectedError):
    """The file is no valid JSON Schema of draft-07."""

    code = "schema.invalid"
    message = "This is no valid schema: {reason}."
    remedy = "Write it as JSON Schema draft-07 asks."


class SchemaIdInvalidError(RejectedError):
    """`$id` is missing, no schema id, or names another version than the file."""

    code = "schema.file_id"
    message = "The $id {reason}."
    remedy = "Write $id: /<title>/<version>, with the version of the file's name."


class DraftUnsupportedError(RejectedError):
    """`$schema` names something else than draft-07."""

    code = "schema.draft_unsupported"
    message = "$schema must name draft-07."
    remedy = "Write $schema: https://json-schema.org/draft-07/schema#"


@dataclass(frozen=True, slots=True)
class CheckedVersion:
    """A version that can be published."""

    schema_id: str
    title: str
    document_title: str
    version: str
    description: str
    document_text: str
    content_hash: str
    is_self_contained: bool
    field_paths: tuple[str, ...]


def read(file: VersionFile) -> dict[str, Any]:
    """The file's document, known to be an object with a fitting `$id`."""
    document = documents.load(file.text, is_json=file.is_json)
    if not isinstance(document, dict):
        raise SchemaInvalidError(reason="it must be an object")
    schema_id = document.get("$id")
    if not isinstance(schema_id, str):
        raise SchemaIdInvalidError(reason="is missing")
    if not names.is_schema_id(schema_id) or not names.VERSION.fullmatch(names.split_schema_id(schema_id)[1]):
        raise SchemaIdInvalidError(pointer="/$id", reason=f"{schema_id[:200]} is no schema id")
    if names.split_schema_id(schema_id)[1] != file.version:
        raise SchemaIdInvalidError(pointer="/$id", reason=f"{schema_id} names another version than the file's name")
    return document


def check(document: Mapping[str, Any], materialiser: Materialiser, format_mode: FormatMode = "ajv6") -> CheckedVersion:
    """What is to be stored of a document that `read` gave.

    Raises:
        RejectedError: with the place in `pointer`.
    """
    if not _is_draft_07(document.get("$schema")):
        raise DraftUnsupportedError(pointer="/$schema")
    _check_meta_schema(document)
    whole = materialiser.self_contained(document)
    if "title" not in document:
        whole.pop("title", None)  # a fragment's title is not that of what includes it
    _check_meta_schema(whole)
    for pointer, schema in keywords.walk(whole):
        if isinstance(schema, dict) and "$schema" in schema and not _is_draft_07(schema["$schema"]):
            raise DraftUnsupportedError(pointer=f"{pointer}/$schema")
    validators.validator(whole, format_mode)
    text = json.dumps(whole, ensure_ascii=False)
    title, version = names.split_schema_id(document["$id"])
    return CheckedVersion(
        schema_id=document["$id"],
        title=title,
        document_title=names.document_title(whole),
        version=version,
        description=" ".join(str(whole.get("description", "")).split()),
        document_text=text,
        content_hash=content_hash(whole),
        is_self_contained=not needs_materialising(document),
        field_paths=fields.paths_of(whole),
    )


def _is_draft_07(name: Any) -> bool:
    return isinstance(name, str) and name in _DRAFTS


def content_hash(document: Mapping[str, Any]) -> str:
    """A hash of what the document says, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def line_of(file: VersionFile, error: RejectedError) -> int:
    """The line of the file that an error is about, as near as can be told."""
    if isinstance(error, documents.DocumentError):
        return error.line
    return documents.line_of(file.text, error.pointer)


def _check_meta_schema(document: Mapping[str, Any]) -> None:
    try:
        _META_VALIDATOR.validate(document)
    except jsonschema_rs.ValidationError as error:
        violation = next(violations_of(error))
        reason = f"{_last(violation.pointer)} {violation.message}"
        raise SchemaInvalidError(pointer=violation.pointer, reason=reason) from None


def _last(pointer: str) -> str:
    """The name of the place, for a sentence."""
    return pointers.unescape(pointer.rpartition("/")[2])[:80] or "it"
