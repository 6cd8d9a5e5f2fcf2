"""What all answers about schemas share: errors as problem documents, leave for other origins, the registry's revision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers

from eventplatform.core.accepting import takes_gzip
from eventplatform.core.errors import PlatformError
from eventplatform.problems import problem_response, unlogged
from registry.api import serving
from registry.api.errors import MethodError
from registry.models import Lifecycle, RegistryState, SchemaTitle, SchemaVersion
from registry.schema.deprecation import Deprecation, Level

REVISION_HEADER = "X-Registry-Revision"
_PREFLIGHT_SECONDS = 86_400
_EXPOSED = f"ETag, Link, Deprecation, Content-Location, {REVISION_HEADER}"

_Response = TypeVar("_Response", bound=HttpResponseBase)


def of_error(error: PlatformError) -> HttpResponse:
    """The problem document (RFC 9457) of an error: code, place, remedy."""
    response = unlogged(problem_response(error, cache="no-cache"))
    if isinstance(error, MethodError):
        response["Allow"] = str(error.facts["allowed"])
    return shared(response)


def shared(response: _Response) -> _Response:
    """Schemas are no secret: a page of any origin may read them."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = _EXPOSED
    response["X-Content-Type-Options"] = "nosniff"
    return response


def preflight(methods: Iterable[str]) -> HttpResponse:
    """What a browser asks before it lets a page of another origin send something unusual."""
    allowed = ", ".join(methods)
    response = HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})
    del response["Content-Type"]
    response["Access-Control-Allow-Methods"] = allowed
    response["Access-Control-Allow-Headers"] = "accept, content-type, if-none-match, if-modified-since, x-requested-with"
    response["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
    return shared(response)


def file(request: HttpRequest, given: serving.File, content_type: str) -> HttpResponse:
    """A file's bytes, packed for who can unpack them, each form with its own strong ETag; 304 for who has it already."""
    is_packed = takes_gzip(request.headers.get("Accept-Encoding", ""))
    etag = f'"{given.tag}{"-gz" if is_packed else ""}"'
    response = HttpResponse(given.packed if is_packed else given.body, content_type=f"{content_type}; charset=utf-8")
    if is_packed:
        response["Content-Encoding"] = "gzip"
    response = conditional(request, response, etag)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def conditional(request: HttpRequest, response: HttpResponse, etag: str) -> HttpResponse:
    """The answer with its ETag; 304 for who has it already."""
    chosen: HttpResponse = get_conditional_response(request, etag=etag, response=response) or response
    chosen["ETag"] = etag
    return chosen


def state() -> RegistryState:
    """The registry's revision as this transaction sees it; an unsaved row before the first import."""
    return RegistryState.objects.filter(pk=1).first() or RegistryState(pk=1)


def tag_of(revision: RegistryState) -> str:
    """Names a state of the registry in an ETag: a restored database never repeats one."""
    return f"{revision.incarnation.hex[:12]}-{revision.revision}"


def nearest_deprecation(row: SchemaVersion | SchemaTitle) -> Deprecation | None:
    """What holds for a version, or for a title with its newest one: the nearest of version, title, repository."""
    title = row.title if isinstance(row, SchemaVersion) else row
    version = row if isinstance(row, SchemaVersion) else row.latest
    every: tuple[tuple[Level, Lifecycle | None], ...] = (
        ("version", version),
        ("title", title),
        ("repository", title.repository),
    )
    for level, one in every:
        if one is not None and one.deprecated_since is not None:
            return Deprecation(one.deprecated_since, one.deprecation_reason, one.replacement, level)
    return None


def deprecation_as_json(found: Deprecation | None) -> dict[str, Any] | None:
    """What is deprecated, since when, why, and what to use instead."""
    if found is None:
        return None
    return {
        "since": found.since.isoformat(),
        "reason": found.reason,
        "replacement": found.replacement,
        "level": found.level,
    }


def tell_deprecation(response: HttpResponseBase, version: SchemaVersion) -> None:
    """Say in headers that a version is deprecated (RFC 9745), and what to use instead (RFC 5829)."""
    found = nearest_deprecation(version)
    if found is None:
        return
    links = [f'<{reverse("schema", args=[version.title.name])}>; rel="deprecation"; type="text/html"']
    successor = _address(found.replacement)
    response["Deprecation"] = f"@{_unix_time(found.since)}"
    response["Link"] = ", ".join([*links, *([f'<{successor}>; rel="successor-version"'] if successor else [])])


def _unix_time(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _address(replacement: str) -> str:
    """Where the schema is that replaces another; nothing for a repository's name, which is no version."""
    name = replacement.strip("/")
    title = SchemaTitle.objects.filter(name__in=[name, name.rpartition("/")[0]]).select_related("repository").first()
    if title is None:
        return ""
    file = "latest" if title.name == name else name.rpartition("/")[2]
    return reverse("repository-path", args=[title.repository.name, f"{title.name}/{file}"])
