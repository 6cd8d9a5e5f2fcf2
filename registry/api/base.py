"""What the views under /api/v1/schemas share: open reading at one moment, ETags by revision, errors as problem documents."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.decorators import method_decorator
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from eventplatform.core.errors import PlatformError
from registry.api import answers
from registry.api.errors import (
    LoginNeededError,
    MethodError,
    NoSuchSchemaError,
    NotAcceptableError,
    QueryInvalidError,
    RequestRefusedError,
)
from registry.models import SchemaTitle, SchemaVersion
from registry.moments import one_moment

_HEAVY = ("document_packed", "raw_text", "field_paths")
_HEAVY_OF_TITLE = ("current_text", "changelog_text", "search_text")


class OpenView(APIView):
    """Answered to anybody, from any origin; whatever goes wrong is a problem document."""

    permission_classes: Any = [AllowAny]
    authentication_classes: Any = []

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # DRF's dispatch takes any HttpResponse
        """The platform's errors, and DRF's in the platform's words."""
        error = exc if isinstance(exc, PlatformError) else _translated(exc, ", ".join(self.allowed_methods))
        if error is None:
            raise exc
        response = answers.of_error(error)
        if error.http_status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = 'Basic realm="api"'
        return response

    def options(self, _request: Request, *_args: Any, **_kwargs: Any) -> HttpResponse:  # type: ignore[override]  # likewise
        """What a browser asks before a cross-origin request."""
        return answers.preflight(self.allowed_methods)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let any origin read the answer."""
        return answers.shared(super().finalize_response(request, response, *args, **kwargs))


@method_decorator(one_moment, "dispatch")
class ReadView(OpenView):
    """Answers from one state of the registry; a client that has the answer of that state already gets 304.

    `follows_revision` is false where the answer depends on more than the registry: streams, waivers, the day.
    """

    follows_revision = True

    def get(self, request: Request, **parts: str) -> HttpResponseBase:
        revision = answers.state()
        etag = f'"{answers.tag_of(revision)}-{request.accepted_renderer.format}"' if self.follows_revision else None
        plain: HttpRequest = request._request  # noqa: SLF001  # Django's own function needs Django's own request
        known = get_conditional_response(plain, etag=etag) if etag else None
        response: HttpResponseBase = self.answer(request, **parts) if known is None else known
        if etag and not response.has_header("ETag"):
            response["ETag"] = etag
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-cache"
        response[answers.REVISION_HEADER] = str(revision.revision)
        patch_vary_headers(response, ["Accept"])
        return response

    @abstractmethod
    def answer(self, request: Request, **parts: str) -> HttpResponseBase:
        """The full answer."""


_TRANSLATED: tuple[tuple[tuple[type[Exception], ...], Callable[[], PlatformError]], ...] = (
    ((Http404, exceptions.NotFound), lambda: NoSuchSchemaError(schema="of that name")),
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), LoginNeededError),
    ((exceptions.NotAcceptable,), lambda: NotAcceptableError(offers="application/json")),
)


def _translated(exc: Exception, allowed: str) -> PlatformError | None:
    """An error of DRF's or Django's in the platform's words; None for what nobody foresaw."""
    for kinds, make in _TRANSLATED:
        if isinstance(exc, kinds):
            return make()
    if isinstance(exc, exceptions.MethodNotAllowed):
        return MethodError(allowed=allowed)
    if isinstance(exc, exceptions.ValidationError):
        name, reasons = next(iter(exc.detail.items())) if isinstance(exc.detail, dict) else ("", exc.detail)
        return QueryInvalidError(name=name, reason=" ".join(map(str, reasons)))
    return RequestRefusedError(reason=str(exc.detail)) if isinstance(exc, exceptions.APIException) else None


def light_titles() -> QuerySet[SchemaTitle]:
    """Titles with their repository and newest version, without texts."""
    heavy = (*_HEAVY_OF_TITLE, *(f"latest__{name}" for name in _HEAVY))
    return SchemaTitle.objects.select_related("repository", "latest").defer(*heavy)


def light_versions() -> QuerySet[SchemaVersion]:
    """Versions with their title and its repository, without texts."""
    heavy = (*_HEAVY, *(f"title__{name}" for name in _HEAVY_OF_TITLE))
    return SchemaVersion.objects.select_related("title__repository").defer(*heavy)


def title_named(*names: str) -> SchemaTitle:
    """The first of the names that is a title's, with all its versions.

    Raises:
        NoSuchSchemaError: none of them is.
    """
    versions = SchemaVersion.objects.defer(*_HEAVY)
    found = {one.name: one for one in light_titles().filter(name__in=names).prefetch_related(Prefetch("versions", versions))}
    for name in names:
        if name in found:
            return found[name]
    raise NoSuchSchemaError(schema=names[-1][:200])


def version_named(title: str, version: str) -> SchemaVersion:
    """One version, or the newest for `latest` or nothing; with its document and text.

    Raises:
        NoSuchSchemaError: it is not published.
    """
    versions = SchemaVersion.objects.select_related("title__repository")
    if version in {"", "latest"}:
        row = versions.filter(title__name=title).order_by("-major", "-minor", "-patch").first()
    elif "\0" in version:  # the one character that the database doesn't take
        row = None
    else:
        row = versions.filter(schema_id=f"/{title}/{version}"[:300]).first()
    if row is None:
        raise NoSuchSchemaError(schema=f"{title} {version}".strip()[:200])
    return row
