"""Who writes through the API: a program with a token, or a browser with a session and its CSRF token."""

from __future__ import annotations

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from streamconfig import accounts

_WORD = b"bearer"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer ep_…`; anything else is left to the next one."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        word, _, secret = get_authorization_header(request).partition(b" ")
        if word.lower() != _WORD:
            return None
        user = accounts.owner_of(secret.strip().decode("latin-1"))
        if user is None:
            raise AuthenticationFailed
        return user, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  # DRF's signature
        """What a 401 asks for."""
        return 'Bearer realm="api"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers it by its definition
    """Tells the API's description of the tokens."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002  # the extension's signature
        return {"type": "http", "scheme": "bearer"}


class BrowserAuthentication(SessionAuthentication):
    """A session with its CSRF token in the header."""

    def enforce_csrf(self, request: Request) -> None:
        """Ask Django's own request: DRF's would read the body to look for the token there."""
        super().enforce_csrf(request._request)  # type: ignore[arg-type]  # noqa: SLF001  # see above


class BrowserScheme(SessionScheme):  # type: ignore[no-untyped-call]  # likewise
    """Tells the API's description of sessions."""

    target_class = BrowserAuthentication  # type: ignore[assignment]  # a class, or its path
    name = "session"


WRITERS = (TokenAuthentication, BrowserAuthentication)
