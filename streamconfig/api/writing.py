"""What the writes of the API share: who writes, a guarded JSON body, errors as problem documents with their places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework import exceptions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.guard.json_body import JsonLimits, parse_events
from eventplatform.guard.ways_in import open_json_body
from eventplatform.guard.wsgi import head_of, read_body
from streamconfig.api.authentication import WRITERS
from streamconfig.api.private_view import PrivateView
from streamconfig.api.problems import of_error
from streamconfig.change_control.actors import Actor, of_user

MAX_BYTES = 2 * 1024 * 1024
_LIMITS = JsonLimits(max_events=1, max_depth=64)


class LoginNeededError(RejectedError):
    """Nobody is known by what the request shows."""

    code = "api.login_needed"
    http_status = 401
    message = "Changes are asked for and decided by people: no valid token or session was sent."
    remedy = "Make a token at /account and send it as Authorization: Bearer …"


class ApiRefusedError(RejectedError):
    """A session without its CSRF token, or something else that a browser must not do unasked."""

    code = "api.refused"
    http_status = 403
    message = "{reason}"
    remedy = "Send the X-CSRFToken header with a session, or use a token."


class BodyInvalidError(RejectedError):
    """The JSON of a request is not what the address takes."""

    code = "api.bad_body"
    message = "{reason}"
    remedy = "See /api/schema for what the body may hold."


class MethodRefusedError(RejectedError):
    """An address doesn't know the method."""

    code = "api.bad_method"
    http_status = 405
    message = "This address takes {allowed} alone."
    remedy = "See /api/schema."


class _Known(BasePermission):
    """Somebody who is known."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002  # DRF's signature
        return bool(request.user and request.user.is_authenticated)


class Writing(APIView):
    """Gives a view writes by somebody who is known; reads of the same address stay as the view has them."""

    parser_classes: Any = [JSONParser]

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Writers show a token or a session."""
        return super().get_authenticators() if self._is_read() else [kind() for kind in WRITERS]

    def get_permissions(self) -> Any:
        """Whoever is known may ask; what they may do is judged by change control."""
        return super().get_permissions() if self._is_read() else [_Known()]

    def _is_read(self) -> bool:
        return self.request is not None and self.request.method in SAFE_METHODS

    def handle_exception(self, exc: Exception) -> Response:
        """Errors as problem documents, with all places that are wrong."""
        error = exc if isinstance(exc, PlatformError) else self._translated(exc)
        if error is None or self._is_read():
            return super().handle_exception(exc)
        response: HttpResponse = of_error(error)
        if isinstance(error, LoginNeededError):
            response["WWW-Authenticate"] = 'Bearer realm="api"'
        if isinstance(error, MethodRefusedError):
            response["Allow"] = ", ".join(self.allowed_methods)
        return response  # type: ignore[return-value]  # DRF's dispatch takes any response of Django's

    def _translated(self, exc: Exception) -> PlatformError | None:
        if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            return LoginNeededError()
        if isinstance(exc, exceptions.PermissionDenied):
            return ApiRefusedError(reason=str(exc.detail))
        if isinstance(exc, exceptions.MethodNotAllowed):
            return MethodRefusedError(allowed=", ".join(self.allowed_methods))
        return None


class WriteView(Writing, PrivateView):
    """An address that only takes writes."""


def actor_of(request: Request) -> Actor:
    """Who writes."""
    return of_user(request.user)


def body_of(request: Request, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The body as an address takes it.

    Raises:
        RejectedError: it is no JSON, too large, or says something that the address doesn't know.
    """
    head = head_of(request.META)
    content = read_body(request.META, open_json_body(head, MAX_BYTES), head).finish()
    if content.lstrip()[:1] != b"{":
        raise BodyInvalidError(reason="The body must be one JSON object.")
    given = parse_events(content, _LIMITS)  # one object or a fault: the body begins with a brace
    made = serializer(data=given[0])
    unknown = [name for name in given[0] if name not in made.fields]
    if unknown:
        known = ", ".join(made.fields)
        raise BodyInvalidError(pointer=f"/{_escaped(unknown[0])}", reason=f"There is no {unknown[0][:50]}, but {known}.")
    if not made.is_valid():
        pointer, reason = _first(made.errors)
        raise BodyInvalidError(pointer=pointer, reason=reason)
    found: dict[str, Any] = made.validated_data
    return found


def _first(errors: Any, pointer: str = "") -> tuple[str, str]:
    """The first place that a serializer found wrong, and why."""
    if isinstance(errors, Mapping):
        name, inner = next(iter(errors.items()))
        return _first(inner, pointer if name == "non_field_errors" else f"{pointer}/{_escaped(str(name))}")
    if isinstance(errors, list):
        number = next((number for number, one in enumerate(errors) if one), 0)
        if isinstance(errors[number], Mapping):
            return _first(errors[number], f"{pointer}/{number}")
        return _first(errors[number], pointer)
    return pointer, f"{pointer.lstrip('/') or 'The body'}: {errors}"


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")[:200]
