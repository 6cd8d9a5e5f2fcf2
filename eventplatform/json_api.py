"""What the JSON addresses of every room share: who may read, a guarded object as body, errors as problem documents."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple

from django.conf import settings
from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.guard.json_body import JsonLimits, parse_events
from eventplatform.guard.ways_in import open_json_body
from eventplatform.guard.wsgi import head_of, read_body
from eventplatform.problems import problem_response, unlogged


class Limits(NamedTuple):
    """Of a body; `may_be_absent`: no body at all, or an object with nothing in it, is taken too."""

    max_bytes: int
    max_depth: int
    may_be_absent: bool = False


# A refusal of a room's own, by the place in the body and the reason.
Refuse = Callable[[str, str], RejectedError]
_LONGEST_NAME = 50  # of a field that isn't known, in a reason


class ProblemDocumentSerializer(serializers.Serializer[Any]):
    """A problem document (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    remedy = serializers.CharField()
    pointer = serializers.CharField(required=False)


class SeesPages(BasePermission):
    """Who may see the pages may read what they show."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002  # DRF's signature
        return not settings.PAGES_NEED_LOGIN or bool(request.user and request.user.is_authenticated)


class JsonView(APIView):
    """One address; nobody but the reader keeps its answers, as `kept` says."""

    permission_classes: Any = [SeesPages]
    renderer_classes: Any = [JSONRenderer]
    parser_classes: Any = [JSONParser]
    kept: ClassVar[str] = "private, no-cache"

    def translated(self, exc: Exception) -> PlatformError | None:  # noqa: ARG002  # most have nothing to say
        """An error of DRF's or the database's in the room's words; None where DRF answers it."""
        return None

    def handle_exception(self, exc: Exception) -> Response:
        """Errors of the platform, and what `translated` knows, as problem documents."""
        error = exc if isinstance(exc, PlatformError) else self.translated(exc)
        if error is None:
            return super().handle_exception(exc)
        response = unlogged(problem_response(error))
        if error.http_status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        if error.http_status == HTTPStatus.METHOD_NOT_ALLOWED:
            response["Allow"] = ", ".join(self.allowed_methods)
        return response  # type: ignore[return-value]  # DRF's dispatch takes any response of Django's

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Nobody but the reader keeps it."""
        made = super().finalize_response(request, response, *args, **kwargs)
        if not made.has_header("Cache-Control"):
            made["Cache-Control"] = self.kept
        return made


def object_of(
    request: Request, serializer: type[serializers.Serializer[Any]], *, limits: Limits, refuse: Refuse
) -> dict[str, Any]:
    """The one JSON object of the body as an address takes it.

    Raises:
        RejectedError: it is no JSON, too large, or says something that the address doesn't know.
    """
    content = _content(request.META, limits)
    if content[:1] != b"{":
        raise refuse("", "The body must be one JSON object.")
    is_empty = limits.may_be_absent and content[1:].strip() == b"}"  # to the parser of events that is no event
    given = {} if is_empty else parse_events(content, JsonLimits(max_events=1, max_depth=limits.max_depth))[0]
    made = serializer(data=given)
    if unknown := next((name[:_LONGEST_NAME] for name in given if name not in made.fields), ""):
        raise refuse(f"/{unknown}", f"There is no {unknown}, but {', '.join(made.fields)}.")
    if not made.is_valid():
        name, reasons = next(iter(made.errors.items()))
        raise refuse(f"/{name}", f"{name}: {_first(reasons)}")
    found: dict[str, Any] = made.validated_data
    return found


def _content(meta: dict[str, Any], limits: Limits) -> bytes:
    if limits.may_be_absent and meta.get("CONTENT_LENGTH") in {None, "", "0"} and "HTTP_TRANSFER_ENCODING" not in meta:
        return b"{}"
    head = head_of(meta)
    return read_body(meta, open_json_body(head, limits.max_bytes), head).finish().strip()


def _first(reasons: Any) -> str:
    found = reasons
    while isinstance(found, (list, dict)):
        found = next(iter(found.values() if isinstance(found, dict) else found), "")
    return str(found)
