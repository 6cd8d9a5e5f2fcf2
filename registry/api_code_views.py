"""`/api/v1/schemas/<title>/<version>/code/<language>`: programs that send a schema's example."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request

from eventplatform import panels
from registry import produce
from registry.api_base import ReadView, version_named
from registry.http_errors import NoExampleError, QueryInvalidError


@extend_schema_view(get=extend_schema(operation_id="schemas_code", responses={(200, "text/plain"): OpenApiTypes.STR}))
class SchemaCode(ReadView):
    """A program that sends the version's example, ready to run."""

    follows_revision = False  # the stream it sends to may change

    def answer(self, request: Request, **parts: str) -> HttpResponseBase:  # noqa: ARG002  # the base's signature
        """The program as text."""
        version = version_named(parts["title"], parts["version"])
        streams = panels.call("streamconfig.streams_of_title", version.title.name, default=())
        event = produce.example_for(version.document, next(iter(streams), ""))
        if event is None:
            raise NoExampleError(schema=version.schema_id)
        made = {snippet.name: snippet.text for snippet in produce.snippets(event, settings.INTAKE_URL)}
        if parts["language"] not in made:
            raise QueryInvalidError(name="language", reason=f"it must be one of {', '.join(made)}.")
        return HttpResponse(made[parts["language"]] + "\n", content_type="text/plain; charset=utf-8")
