"""Who may see pages, and the admin's content policy."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Answer = Callable[[HttpRequest], HttpResponseBase]

# Doors with locks of their own (the admin's login, the APIs' permissions), and what machines ask.
_OPEN = (
    "/admin/",
    "/api/",
    "/w/",
    "/repositories/",
    "/v1/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/",
)
_ADMIN = "/admin/"


class PagesNeedLogin:
    """Sends a stranger to the login page where `PAGES_NEED_LOGIN` says so; always in production."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.PAGES_NEED_LOGIN and not request.path.startswith(_OPEN) and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        return self.get_response(request)


class AdminPolicy:
    """Under /admin/ alone: lets Alpine evaluate expressions."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith(_ADMIN):
            response._csp_update = {"script-src": ["'unsafe-eval'"]}  # type: ignore[attr-defined]  # noqa: SLF001  # django-csp's own interface
        return response
