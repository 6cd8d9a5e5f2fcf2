"""Schemas over HTTP: the reference's addresses under /repositories/, and a list with filters under /api/v1/schemas."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe
from django_filters import rest_framework as filters  # type: ignore[import-untyped]  # ships no types
from rest_framework import generics, pagination, serializers
from rest_framework.reverse import reverse

from eventplatform.core.results import problem
from registry import serving
from registry.models import Repository, SchemaTitle, SchemaVersion
from registry.search import search

_YEAR = "public, max-age=31536000, immutable"  # a published version never changes
_MINUTE = "public, max-age=60"
# What an address without an ending can be answered with; the first is the answer to a client that has no wish.
_OFFERS: dict[str, serving.Form] = {
    "application/yaml": "yaml",
    "application/schema+json": "json",
    "application/json": "json",
    "text/yaml": "yaml",
    "text/plain": "yaml",
}
_JSON = "application/json"
_CONTENT_TYPES: dict[serving.Form, str] = {"yaml": "application/yaml", "json": "application/schema+json"}


@require_safe
def file_or_folder(request: HttpRequest, repository: str, path: str) -> HttpResponseBase:
    """A version's file, or the listing of a folder, which ends with a slash."""
    if path.endswith("/") or not path:
        return _listing(request, serving.listing(repository, path.rstrip("/")), f"{repository}/jsonschema/{path}")
    wanted = serving.parse(path)
    version = serving.find(repository, wanted) if wanted else None
    if wanted is None or version is None:
        if serving.listing(repository, path):
            return HttpResponsePermanentRedirect(f"{request.path}/")
        return _missing(f"No schema {path[:300]} is in the repository {repository}.")
    return _file(request, wanted, version)


@require_safe
def repositories(request: HttpRequest) -> HttpResponseBase:
    """The names of all repositories."""
    names = Repository.objects.values_list("name", flat=True)
    return _listing(request, tuple(serving.Entry(name, "directory") for name in names), "")


@require_safe
def repository_root(request: HttpRequest, repository: str) -> HttpResponseBase:
    """What a repository holds: its folder of schemas."""
    is_known = Repository.objects.filter(name=repository).exists()
    return _listing(request, (serving.Entry("jsonschema", "directory"),) if is_known else (), f"{repository}/")


def _file(request: HttpRequest, wanted: serving.Wanted, version: SchemaVersion) -> HttpResponseBase:
    content_type, form = _negotiated(request, wanted)
    etag = f'"{version.content_hash[:32]}-{version.raw_hash[:8]}-{form}"'
    response = HttpResponse(serving.text(version, form), content_type=f"{content_type}; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = _MINUTE if wanted.version == "latest" else _YEAR
    response["X-Content-Type-Options"] = "nosniff"
    if wanted.form is None:
        patch_vary_headers(response, ["Accept"])
    return _shared(get_conditional_response(request, etag=etag, response=response) or response)


def _negotiated(request: HttpRequest, wanted: serving.Wanted) -> tuple[str, serving.Form]:
    """The type to answer with. A browser, which asks for HTML, gets text that it shows instead of saving it."""
    if wanted.form is not None:
        return _CONTENT_TYPES[wanted.form], wanted.form
    chosen = request.get_preferred_type([*_OFFERS, "text/html"]) or next(iter(_OFFERS))
    if chosen == "text/html":
        return "text/plain", "yaml"
    return chosen, _OFFERS[chosen]


def _listing(request: HttpRequest, entries: tuple[serving.Entry, ...], place: str) -> HttpResponseBase:
    if not entries and place:
        return _missing(f"No folder {place[:300]} is there.")
    response: HttpResponseBase
    if request.get_preferred_type([_JSON, "text/html"]) == "text/html":
        response = render(request, "registry/listing.html", {"entries": entries, "place": place})
    else:
        response = JsonResponse([entry.as_json() for entry in entries], safe=False)
    response["Cache-Control"] = _MINUTE
    patch_vary_headers(response, ["Accept"])
    return _shared(response)


def _missing(detail: str) -> HttpResponseBase:
    remedy = "Look at /repositories/ for what is there, or import the version first."
    body = problem(HTTPStatus.NOT_FOUND, detail, code="schema.unknown", remedy=remedy)
    return _shared(JsonResponse(body, status=HTTPStatus.NOT_FOUND, content_type="application/problem+json"))


def _shared(response: HttpResponseBase) -> HttpResponseBase:
    """Schemas are no secret: any page may read them."""
    response["Access-Control-Allow-Origin"] = "*"
    return response


class TitleSerializer(serializers.ModelSerializer[SchemaTitle]):
    """A title with its versions and where to find them."""

    title = serializers.CharField(source="name")
    repository = serializers.CharField(source="repository.name")
    description = serializers.CharField(source="latest.description", default="")
    latest = serializers.CharField(source="latest.version", default=None)
    versions = serializers.SerializerMethodField()
    fields_count = serializers.IntegerField(source="latest.field_count", default=0)
    links = serializers.SerializerMethodField()

    class Meta:
        model = SchemaTitle
        fields = ["title", "repository", "description", "latest", "versions", "fields_count", "links"]

    def get_versions(self, title: SchemaTitle) -> list[str]:
        """Oldest first."""
        rows = sorted(title.versions.all(), key=lambda row: (row.major, row.minor, row.patch))
        return [row.version for row in rows]

    def get_links(self, title: SchemaTitle) -> dict[str, str]:
        """Addresses: the page for people, the newest version's file, and that file's folder."""
        request = self.context.get("request")
        folder = reverse("repository-path", args=[title.repository.name, f"{title.name}/"], request=request)
        page = reverse("schema", args=[title.name], request=request)
        return {"page": page, "latest": f"{folder}latest", "folder": folder, "intake": f"{settings.INTAKE_URL}/v1/events"}


class TitleFilter(filters.FilterSet):  # type: ignore[misc]  # likewise
    """`q` searches titles, descriptions and fields; `field` the fields alone."""

    q = filters.CharFilter(method="by_words", label="words of titles, descriptions and fields")
    title = filters.CharFilter(field_name="name", lookup_expr="icontains")
    field = filters.CharFilter(field_name="latest__field_paths", lookup_expr="icontains")
    repository = filters.CharFilter(field_name="repository__name")
    role = filters.ChoiceFilter(field_name="repository__role", choices=Repository.Role.choices)

    class Meta:
        model = SchemaTitle
        fields = ["q", "title", "field", "repository", "role"]

    def by_words(self, titles: Any, _name: str, words: str) -> Any:
        return search(titles, words)


class SchemaPages(pagination.LimitOffsetPagination):
    """`limit` and `offset`."""

    default_limit = 100
    max_limit = 1000


class SchemaList(generics.ListAPIView[SchemaTitle]):
    """All schema titles, with their versions and links."""

    queryset = SchemaTitle.objects.select_related("repository", "latest").defer(
        "latest__document_packed", "latest__raw_text", "latest__field_paths"
    )
    serializer_class = TitleSerializer
    filterset_class = TitleFilter
    pagination_class = SchemaPages

    def get_queryset(self) -> Any:
        versions = SchemaVersion.objects.only("schema_id", "major", "minor", "patch", "title_id")
        return super().get_queryset().prefetch_related(Prefetch("versions", versions))
