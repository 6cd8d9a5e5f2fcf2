"""Who may see pages, what their addresses and forms may hold, and the admin's content policy."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import unquote, urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve

from intake.views import EventsView

Answer = Callable[[HttpRequest], HttpResponseBase]

# Doors with locks of their own (the admin's login, the APIs' permissions), and what machines ask.
_OPEN = (
    "/admin/",
    "/api/",
    "/client/",
    "/w/",
    "/repositories/",
    "/confluent/",
    "/v1/",
    "/errors",
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/",
)
_EVENTS = ("/v1/events", "/v1/events/")
_ADMIN = "/admin/"
_NULL = "\0"
_NULL_REFUSED = "A text holds the character U+0000, which can't be stored."


class PagesNeedLogin:
    """Sends a stranger to the login page where `PAGES_NEED_LOGIN` says so; always in production."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.PAGES_NEED_LOGIN and not request.path.startswith(_OPEN) and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        return self.get_response(request)


class TextsCanBeKept:
    """Keeps the character U+0000, which the database takes in no text, away from pages; no person types it.

    In a path it names nothing, in a query it is left out, a form that holds it is refused. The APIs answer it in words of
    their own.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _is_page(request.path_info) and _NULL in request.path_info:
            raise Http404(_NULL_REFUSED)
        if _is_page(request.path_info) and _NULL in unquote(request.META.get("QUERY_STRING", "")):
            kept = [(name.replace(_NULL, ""), one.replace(_NULL, "")) for name, one in _pairs(request.GET)]
            request.GET = QueryDict(urlencode(kept))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Answer, *_: object) -> HttpResponse | None:
        """After the check of the form's token, which has read it already."""
        is_form = request.method == "POST" and _is_page(request.path_info) and not getattr(view, "csrf_exempt", False)
        if is_form and any(_NULL in name or _NULL in one for name, one in _pairs(request.POST)):
            return render(request, "400.html", {"code": "text.null_character", "message": _NULL_REFUSED}, status=400)
        return None


def _is_page(path: str) -> bool:
    return path.startswith(_ADMIN) or not path.startswith(_OPEN)


def _pairs(given: QueryDict) -> Iterator[tuple[str, str]]:
    return ((name, str(one)) for name, values in given.lists() for one in values)


class ProducersGoStraightIn:
    """Hands requests of the intake's door to its view, past everything made for people with a browser.

    Producers bring no cookie, session, user or form, and the door's answers name their own policies. It answers whatever
    `Host` says, as the lane does: nothing there is made of it. Stands behind the redirect to https, which is made of it.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        door = _door(request.path_info) if request.path_info.endswith(_EVENTS) else None
        if door is None:
            return self.get_response(request)
        request.resolver_match = door
        return door.func(request, **door.kwargs)  # type: ignore[no-any-return]  # Django's resolver is untyped


@lru_cache(maxsize=64)
def _door(path: str) -> ResolverMatch | None:
    """The door at this address; None where it is a page's, of a schema with such a name say. Kept: looking is dear."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    return found if getattr(found.func, "cls", None) is EventsView else None


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
