"""`/api/v1/schemas/<title>/<version>/code/<language>`: types of a version's events, programs that send its example."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request

from registry import codegen
from registry.api.base import ReadView, version_named
from registry.api.errors import NoExampleError, QueryInvalidError
from registry.models import SchemaVersion
from registry.pages.version import target_of
from registry.snippets import programs

_TYPES: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {"typescript": codegen.typescript, "python": codegen.python}
# Programs by language and way. `python` was taken by the types when programs came.
_PROGRAMS: Mapping[str, tuple[str, str]] = {
    "curl": ("curl", "http"),
    "js": ("js", "http"),
    "php": ("php", "http"),
    "python-http": ("python", "http"),
    "js-client": ("js", "client"),
    "node-client": ("node", "client"),
    "python-client": ("python", "client"),
}
_LANGUAGES = (*_TYPES, *_PROGRAMS)


@extend_schema_view(
    get=extend_schema(
        operation_id="schemas_code",
        parameters=[OpenApiParameter("language", str, OpenApiParameter.PATH, enum=_LANGUAGES)],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
)
class SchemaCode(ReadView):
    """TypeScript types or Python dataclasses of a version's events; programs that send its example.

    `curl`, `js`, `python-http` and `php` need nothing; those that end in `-client` use the platform's client library.
    """

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
    goal = target_of(version)
    event = programs.example_for(goal.document, goal.stream)
    found = programs.snippets(event, goal) if event is not None else ()
    text = next((one.text for one in found if (one.name, one.way) == _PROGRAMS[language]), None)
    if event is None:
        raise NoExampleError(schema=version.schema_id)
    if text is None:
        raise QueryInvalidError(name="language", reason="no stream carries the schema, and a client sends to streams only.")
    return text


def _type_name(title: str) -> str:
    """`PageChange` for `mediawiki/page/change`: the last two words."""
    words = [word for word in re.split(r"[/_.-]+", title) if word][-2:]
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() else f"Event{name}"
