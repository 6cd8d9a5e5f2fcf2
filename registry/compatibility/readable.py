"""What can be compared at all: a valid, self-contained schema of bearable size."""

from __future__ import annotations

from typing import Any

import jsonschema
import jsonschema_rs

from eventplatform.core import pointers
from eventplatform.core.errors import RejectedError
from registry.compatibility.contract import ComparisonTooLargeError
from registry.schema import keywords
from registry.schema.checking import SchemaInvalidError

_MAX_SCHEMAS = 10_000
_META_VALIDATOR = jsonschema_rs.Draft7Validator(
    dict(jsonschema.Draft7Validator.META_SCHEMA), offline=True, validate_formats=False
)


class SchemaNotSelfContainedError(RejectedError):
    """A schema that still refers to others: what those say can't be compared here."""

    code = "schema.not_self_contained"
    message = "The schema still holds a $ref: what that names can't be seen here."
    remedy = "Materialise it first."


def require_comparable(document: dict[str, Any]) -> None:
    """Refuse what is no schema, or refers to other places.

    Raises:
        RejectedError: with the place.
    """
    error = next(iter(_META_VALIDATOR.iter_errors(document)), None)
    if error is not None:
        pointer = "".join(f"/{pointers.escape(str(part))}" for part in error.instance_path)
        raise SchemaInvalidError(pointer=pointer, reason=error.message[:200].rstrip("."))
    if "'$ref'" not in repr(document):  # most have none; a look at the text costs a hundredth of a walk
        return
    for count, (pointer, schema) in enumerate(keywords.walk(document)):
        if count > _MAX_SCHEMAS:
            raise ComparisonTooLargeError
        if isinstance(schema, dict) and "$ref" in schema:
            raise SchemaNotSelfContainedError(pointer=f"{pointer}/$ref")
