"""Errors of change control as problem documents: beside the first sentence, every place that is wrong."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers

from eventplatform.core.errors import PlatformError
from eventplatform.json_api import ProblemDocumentSerializer
from eventplatform.problems import problem_response, unlogged
from streamconfig.change_control.errors import ConflictError, ForbiddenFieldError
from streamconfig.configuration.changes import Conflict
from streamconfig.configuration.document import DocumentInvalidError
from streamconfig.configuration.setting_types import Problem, pointer


class PlaceSerializer(serializers.Serializer[Any]):
    """Something wrong, and where."""

    code = serializers.CharField()
    pointer = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()


class ProblemSerializer(ProblemDocumentSerializer):
    """A problem document (RFC 9457); `errors` names every place, `conflicts` what others changed meanwhile."""

    errors = PlaceSerializer(many=True, required=False)  # type: ignore[assignment]  # hides a property of DRF's that is not asked
    conflicts = serializers.ListField(child=serializers.DictField(), required=False)


def of_error(error: PlatformError) -> HttpResponse:
    """The problem document of an error."""
    return unlogged(problem_response(error, details=_details(error)))


def _details(error: PlatformError) -> dict[str, Any]:
    if isinstance(error, DocumentInvalidError):
        places = [place_of(one) for one in error.problems]
        return {"pointer": places[0]["pointer"], "errors": places} if places else {}
    if isinstance(error, ConflictError):
        return {"conflicts": [conflict_as_json(one) for one in error.conflicts]}
    if isinstance(error, ForbiddenFieldError):
        return {
            "errors": [
                {
                    "code": error.code,
                    "pointer": pointer((one.section, one.name, *(one.path.split(".") if one.path else ()))),
                    "message": one.why_not,
                    "remedy": error.hint,
                }
                for one in error.places
            ]
        }
    return {}


def place_of(found: Problem) -> dict[str, str]:
    """A problem of a document, its place seen from the document's root."""
    begin = (found.section,) if found.section == found.stream else (found.section, found.stream)
    where = pointer(tuple(part for part in begin if part)) + found.pointer if found.stream else found.pointer
    return {"code": found.code, "pointer": where, "message": found.message, "remedy": found.remedy}


def conflict_as_json(conflict: Conflict) -> dict[str, Any]:
    """A place that somebody else changed meanwhile; `place` is what choices are keyed by."""
    return {**asdict(conflict), "place": conflict.place}
