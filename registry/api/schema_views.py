"""`/api/v1/schemas`: the list with its filters, a title, a version's document."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import Prefetch
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, pagination
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api import answers, serving
from registry.api.base import OpenView, ReadView, light_titles, light_versions, title_named
from registry.api.errors import NoSuchSchemaError, QueryInvalidError
from registry.api.filters import TitleFilter
from registry.api.schema_json import Addresses, TitleInFullSerializer, TitleSerializer, title_as_json, title_in_full
from registry.models import SchemaTitle, SchemaVersion

_QUERY: Literal["query"] = "query"
_FORMS = ("json", "yaml", "raw")
_YEAR = "public, max-age=31536000, immutable"


class SchemaPages(pagination.LimitOffsetPagination):
    """`limit` and `offset`."""

    default_limit = 100
    max_limit = 1000

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """A number that is none is an error: answered with another page than the one that was meant, it would stay unseen."""
        for name, least in ((self.limit_query_param, 1), (self.offset_query_param, 0)):
            text = request.query_params.get(name)
            if text and not (text.isascii() and text.isdigit() and int(text) >= least):
                raise QueryInvalidError(name=name, reason=f"it must be a whole number from {least} on.")
        return super().paginate_queryset(queryset, request, view)


@method_decorator(gzip_page, "dispatch")  # what it tells is public, so nothing can be guessed from its size
@extend_schema_view(get=extend_schema(operation_id="schemas_list", responses=TitleSerializer(many=True)))
class SchemaList(ReadView, generics.GenericAPIView[SchemaTitle]):
    """All schema titles by name, narrowed by the parameters."""

    queryset = SchemaTitle.objects.all()
    serializer_class: Any = TitleSerializer
    filterset_class = TitleFilter
    pagination_class = SchemaPages

    def get_queryset(self) -> Any:
        """Everything for a page in three statements, however long it is."""
        versions = SchemaVersion.objects.only("schema_id", "major", "minor", "patch", "title_id")
        return light_titles().order_by("name").prefetch_related(Prefetch("versions", versions))

    def answer(self, request: Request, **_parts: str) -> Response:
        """The page that `limit` and `offset` choose."""
        addresses = Addresses.seen_by(request._request)  # noqa: SLF001  # Django's own request
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response([title_as_json(title, addresses) for title in page])


@extend_schema_view(get=extend_schema(operation_id="schemas_read", responses=TitleInFullSerializer))
class SchemaDetail(ReadView):
    """A title with its versions, the rules for the next one, and the ways on."""

    def answer(self, request: Request, **parts: str) -> HttpResponseBase:
        """The title, or 404."""
        return title_answer(request, title_named(parts["title"]))


def title_answer(request: Request, title: SchemaTitle) -> Response:
    """A title in full."""
    return Response(title_in_full(title, Addresses.seen_by(request._request)))  # noqa: SLF001  # Django's own request


@extend_schema_view(
    get=extend_schema(
        operation_id="schemas_document",
        parameters=[
            OpenApiParameter(
                "form", str, _QUERY, enum=_FORMS, description="The self-contained schema, or the file as it was written."
            )
        ],
        responses={
            (200, "application/schema+json"): OpenApiTypes.OBJECT,
            (200, "application/yaml"): OpenApiTypes.STR,
        },
    )
)
class SchemaDocument(ReadView):
    """One version's schema: self-contained as JSON or YAML, or raw as it was written. It never changes."""

    follows_revision = False  # a tag of its own

    def answer(self, request: Request, **parts: str) -> HttpResponseBase:
        """The document, or 404."""
        form = request.query_params.get("form", "json")
        if form not in _FORMS:
            raise QueryInvalidError(name="form", reason=f"it must be one of {', '.join(_FORMS)}.")
        version = light_versions().filter(schema_id=f"/{parts['title']}/{parts['version']}").first()
        if version is None:
            raise NoSuchSchemaError(schema=f"{parts['title']} {parts['version']}"[:200])
        if form == "raw":
            file = serving.File.of(version.raw_text)
            content_type = "application/json" if version.path.endswith(".json") else "application/yaml"
        else:
            file = serving.file_of(version, "yaml" if form == "yaml" else "json")
            content_type = "application/yaml" if form == "yaml" else "application/schema+json"
        response = answers.file(request._request, file, content_type)  # noqa: SLF001  # Django's own request
        response["Cache-Control"] = _YEAR
        answers.tell_deprecation(response, version)
        return response


class NoSuchAddress(OpenView):
    """Whatever else is asked for below /api/v1/schemas."""

    schema = None  # not part of the API's description

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse, whatever the method."""
        super().initial(request, *args, **kwargs)
        raise NoSuchSchemaError(schema=str(kwargs.get("rest", ""))[:200])
