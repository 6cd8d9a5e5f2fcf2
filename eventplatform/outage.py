"""What the web role answers while the database is away: pages without what only it knows, else 503, but no 500."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.views import defaults

from eventplatform.core.errors import RetriableError
from eventplatform.problems import problem_response

Found = TypeVar("Found")

_AWAY = (OperationalError, InterfaceError)
# What programs read; people read the rest.
_MACHINES = ("/api/", "/w/", "/repositories/", "/confluent/", "/v1/")
_DOOR = "/v1/events"  # also below the name of a service


class DatabaseAwayError(RetriableError):
    """A request needs the database, which can't be reached."""

    code = "database.away"
    message = "The platform's database can't be reached now."
    remedy = "Ask again after the time that Retry-After names; it goes on by itself once the database is back."


def unless_away(ask: Callable[[], Found], otherwise: Found) -> Found:
    """What the database says, or `otherwise` while it is away; for what a page can do without."""
    try:
        return ask()
    except _AWAY:
        return otherwise


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: a database that is away is told as such, whatever else happened is a fault of ours."""
    happened = sys.exc_info()[1]
    if not any(isinstance(one, _AWAY) for one in _causes(happened)):
        return defaults.server_error(request)
    error = DatabaseAwayError()
    path = request.path_info
    if path.startswith(_MACHINES) or path.rstrip("/").endswith(_DOOR):
        return problem_response(error)
    # Without the request: what the shell shows of it stands in the database.
    page = get_template("503.html").render({"code": error.code, "path": request.path})
    response = HttpResponse(page, status=error.http_status)
    response["Retry-After"] = str(error.retry_after_seconds)
    response["Cache-Control"] = "no-store"
    return response


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
