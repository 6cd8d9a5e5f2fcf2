"""The shapes in which Confluent's Schema Registry answers: schemas, errors, versions; a subject is a title here."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from registry.schema.rendering import ordered

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
TYPE = "JSON"
LATEST = "latest"
DEFAULT_CONTEXT = "."
# Validators of clients know draft-07 by this name alone; the https form, common in event schemas, they take for a newer draft.
DRAFT_07 = "http://json-schema.org/draft-07/schema#"
DRAFT_07_NAMES = tuple(f"{scheme}://json-schema.org/draft-07/schema{end}" for scheme in ("http", "https") for end in ("#", ""))

_VERSION = re.compile(r"[1-9][0-9]{0,9}")
_MAX_VERSION = 2**31 - 1
_CONTEXT = re.compile(r":([^:]*):(.*)", re.DOTALL)
_NO_LIMIT = -1


class ConfluentError(Exception):
    """What a client is told: an HTTP status, Confluent's own code, a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error_code": self.code, "message": str(self)}


def subject_unknown(subject: str) -> ConfluentError:
    return ConfluentError(HTTPStatus.NOT_FOUND, 40401, f"Subject '{subject[:300]}' not found.")


def version_unknown(version: int | str) -> ConfluentError:
    return ConfluentError(HTTPStatus.NOT_FOUND, 40402, f"Version {version} not found.")


def schema_unknown(what: object = "") -> ConfluentError:
    return ConfluentError(HTTPStatus.NOT_FOUND, 40403, f"Schema {what} not found" if what else "Schema not found")


def schema_invalid(reason: object) -> ConfluentError:
    return ConfluentError(HTTPStatus.UNPROCESSABLE_ENTITY, 42201, f"Invalid schema: {reason}")


def version_invalid(text: str) -> ConfluentError:
    allowed = f'Allowed values are between [1, 2^31-1] and the string "{LATEST}"'
    message = f"The specified version '{text[:40]}' is not a valid version id. {allowed}"
    return ConfluentError(HTTPStatus.UNPROCESSABLE_ENTITY, 42202, message)


def read_only() -> ConfluentError:
    message = "This registry is read-only here: versions are published through its schema repositories."
    return ConfluentError(HTTPStatus.UNPROCESSABLE_ENTITY, 42205, message)


def plain(status: HTTPStatus) -> ConfluentError:
    """An error that HTTP alone explains."""
    return ConfluentError(status, status, f"HTTP {status.value} {status.phrase}")


@dataclass(frozen=True, slots=True)
class Registered:
    """One version under a subject."""

    subject: str
    version: int
    id: int
    content_hash: str
    document: Mapping[str, Any]

    @property
    def schema(self) -> str:
        """The schema as text."""
        return schema_text(self.document)

    def as_json(self) -> dict[str, Any]:
        """All that a client may want of it."""
        return {
            "subject": self.subject,
            "version": self.version,
            "id": self.id,
            "guid": guid_of(self.content_hash),
            "schemaType": TYPE,
            "schema": self.schema,
        }


def schema_text(document: Mapping[str, Any]) -> str:
    """A self-contained schema as clients get it, its draft named so that their validators know it."""
    named = {**document, "$schema": DRAFT_07} if document.get("$schema") in DRAFT_07_NAMES else document
    return json.dumps(ordered(named), ensure_ascii=False, separators=(",", ":"))


def guid_of(content_hash: str) -> str:
    """A name for a content: the first half of its hash, written as Confluent writes it."""
    return str(uuid.UUID(content_hash[:32]))


def hash_of_guid(guid: str) -> str:
    """How a content's hash begins.

    Raises:
        ConfluentError: it is no guid.
    """
    try:
        return uuid.UUID(guid).hex
    except ValueError:
        raise schema_unknown(guid[:40]) from None


def version_of(text: str) -> int | None:
    """The number of a version; None means the latest one.

    Raises:
        ConfluentError: it is neither.
    """
    if text in {LATEST, str(_NO_LIMIT)}:
        return None
    if not _VERSION.fullmatch(text) or int(text) > _MAX_VERSION:
        raise version_invalid(text)
    return int(text)


def subject_of(text: str) -> str:
    """A subject without the default context before it; there are no other contexts.

    Raises:
        ConfluentError: it is of another context.
    """
    match = _CONTEXT.fullmatch(text)
    if match is None:
        return text
    if match[1] not in {"", DEFAULT_CONTEXT}:
        raise subject_unknown(text)
    return match[2]


def prefix_of(text: str) -> str | None:
    """What subjects must begin with; None where the prefix is of another context. `:*:` means all contexts."""
    match = _CONTEXT.fullmatch(text)
    if match is None:
        return text
    return match[2] if match[1] in {"", DEFAULT_CONTEXT, "*"} else None


def is_true(text: str | None) -> bool:
    """A flag of the address; clients write True and true."""
    return (text or "").lower() == "true"


def part(offset: str | None, limit: str | None, most: int | None = None) -> slice:
    """The part of a list that `offset` and `limit` choose; a limit below 1 is none."""
    start = max(_number(offset, 0), 0)
    wanted = _number(limit, _NO_LIMIT)
    count = most if wanted < 1 else wanted if most is None else min(wanted, most)
    return slice(start, None if count is None else start + count)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,9}", text) else default
