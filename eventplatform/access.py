"""Who may see pages, and the admin's content policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

Answer = Callable[[HttpRequest], HttpResponseBase]

# Doors with locks of their own (the admin's login, the APIs' permissions), and what machines ask.
_OPEN = (
    "/admin/",
    "/api/",
    "/w/",
    "/repositories/",
    "/confluent/",
    "/v1/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/",
)
_EVENTS = ("/v1/events", "/v1/events/")
_ADMIN = "/admin/"


class PagesNeedLogin:
    """Sends a stranger to the login page where `PAGES_NEED_LOGIN` says so; always in production."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.PAGES_NEED_LOGIN and not request.path.startswith(_OPEN) and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        return self.get_response(request)


class DoorTakesAnyHost:
    """Lets the intake's door answer whatever `Host` says, as the lane does: nothing there is made of it.

    Stands behind the redirect to https, which is made of it, and before everything else that judges it.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in _EVENTS:
            request.get_host = lambda: "intake"  # type: ignore[method-assign]  # for this one request
        return self.get_response(request)


class AdminPolicy:
    """Under /admin/ alone: lets Alpine evaluate expressions, and Unfold write its style elements, told by their hashes.

    The theme's colours come from settings, so their hash is taken from the page: of the first element with Unfold's id,
    which stands before anything that a user could have written.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith(_ADMIN):
            theme = _THEME.search(response.content) if isinstance(response, HttpResponse) else None
            styles = [*_UNFOLD_STYLES, *([_hash(theme[1])] if theme else [])]
            policy = {"script-src": ["'unsafe-eval'"], "style-src": styles}
            response._csp_update = policy  # type: ignore[attr-defined]  # noqa: SLF001  # django-csp's own interface
        return response


def _hash(text: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"


_THEME = re.compile(rb'<style id="unfold-theme-colors">(.*?)</style>', re.DOTALL)
_UNFOLD_STYLES = (
    "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='",  # the indicator of the htmx that Unfold brings
    _hash(b"\n            #changelist table thead th:first-child {width: inherit}\n        "),  # a list without actions
)
