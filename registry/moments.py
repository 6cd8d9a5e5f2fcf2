"""One moment for many reads: a page or an answer made of several statements shows one whole state of the registry."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction
from django.http.response import HttpResponseBase

_Parameters = ParamSpec("_Parameters")
_Answer = TypeVar("_Answer", bound=HttpResponseBase)


@contextmanager
def moment() -> Iterator[None]:
    """Within it every read sees the database as it was at the first one, and nothing can be written.

    Inside a transaction that is open already it is that transaction's moment, whatever that means there.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def one_moment(view: Callable[_Parameters, _Answer]) -> Callable[_Parameters, _Answer]:
    """Let a view read all that it shows, its template's part included, within one `moment`.

    For what only reads: `@one_moment` above a function, `@method_decorator(one_moment, "dispatch")` above a class.
    """

    @functools.wraps(view)
    def at_one_moment(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Answer:
        with moment():
            response: Any = view(*args, **kwargs)
            if callable(getattr(response, "render", None)):  # Django renders these after the view: too late for us
                response.render()
            return response  # type: ignore[no-any-return]  # what the view answered

    return at_one_moment
