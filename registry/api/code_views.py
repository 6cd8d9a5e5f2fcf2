"""`/api/v1/schemas/<title>/<version>/code/<language>`: types of a version's events, programs that send its example."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request

from eventplatform import panels
from registry import codegen
from registry.api.base import ReadView, version_named
from registry.api.errors import NoExampleError, QueryInvalidError
from registry.models import SchemaVersion
from registry.pages import produce

_TYPES: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {"typescript": codegen.typescript, "python": codegen.python}
_PROGRAMS = ("curl", "js")
_LANGUAGES = (*_TYPES, *_PROGRAMS)


@extend_schema_view(
    get=extend_schema(
        operation_id="schemas_code",
        parameters=[OpenApiParameter("language", str, OpenApiParameter.PATH, enum=_LANGUAGES)],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
)
class SchemaCode(ReadView):
    """TypeScript types or Python dataclasses of a version's events; for curl and js a program that sends its example."""

    follows_revision = False  # the stream that a program sends to may change

    def answer(self, request: Request, **parts: str) -> HttpResponseBase:  # noqa: ARG002  # the base's signature
        """The code as text."""
        language = parts["language"]
        if language not in _LANGUAGES:
            raise QueryInvalidError(name="language", reason=f"it must be one of {', '.join(_LANGUAGES)}.")
        version = version_named(parts["title"], parts["version"])
        make = _TYPES.get(language)
        text = make(version.document, _type_name(version.title.name)) if make else _program(version, language)
        return HttpResponse(f"{text.rstrip()}\n", content_type="text/plain; charset=utf-8")


def _program(version: SchemaVersion, language: str) -> str:
    streams = panels.call("streamconfig.streams_of_title", version.title.name, default=())
    event = produce.example_for(version.document, next(iter(streams), ""))
    if event is None:
        raise NoExampleError(schema=version.schema_id)
    return next(one.text for one in produce.snippets(event, settings.INTAKE_URL) if one.name == language)


def _type_name(title: str) -> str:
    """`PageChange` for `mediawiki/page/change`: the last two words."""
    words = [word for word in re.split(r"[/_.-]+", title) if word][-2:]
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"Event{name}"
