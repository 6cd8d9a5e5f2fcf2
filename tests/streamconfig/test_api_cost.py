"""What answers cost through the whole WSGI application, middlewares and all: a 304 next to nothing, however many streams.

`make bench-config` measures 10,000 of them behind a real server.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application

from streamconfig import lookups
from streamconfig.api.packed import Kept
from tests import configuring
from tests.cpu import least_seconds

pytestmark = pytest.mark.slow
_REQUESTS = 200


def asker() -> Callable[..., tuple[str, dict[str, str], bytes]]:
    """Asks the application as a server does."""
    application = get_wsgi_application()

    def ask(**headers: str) -> tuple[str, dict[str, str], bytes]:
        told: list[Any] = []
        environment: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/api/v1/streams",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.input": io.BytesIO(),
            "wsgi.url_scheme": "http",
            **headers,
        }
        start: Any = lambda status, given: told.extend([status, dict(given)])  # noqa: E731  # a server's function, of which two arguments count
        body = b"".join(application(environment, start))
        return told[0], told[1], body

    return ask


@pytest.mark.django_db(transaction=True)
def test_unchanged__100_and_3_000_streams__cost_alike_and_less_than_a_millisecond() -> None:
    costs = []
    for count in (100, 3_000):
        streams = {f"s{number}": {"schema_title": "t", "sample": {"rate": 0.5}} for number in range(count)}
        configuring.configure({"streams": streams}, is_complete=True)
        ask = asker()
        status, headers, body = ask(HTTP_ACCEPT_ENCODING="gzip")
        assert (status, headers.get("Content-Encoding"), len(body) > count) == ("200 OK", "gzip", True), body[:300]
        known = {"HTTP_ACCEPT_ENCODING": "gzip", "HTTP_IF_NONE_MATCH": headers["ETag"]}
        assert ask(**known)[0] == "304 Not Modified"

        def many(ask: Any = ask, known: Any = known) -> None:
            for _ in range(_REQUESTS):
                ask(**known)

        costs.append(least_seconds(many) / _REQUESTS)
    lookups.forget()

    assert max(costs) < 0.001, costs
    assert costs[1] < costs[0] * 1.5, costs


def test_kept__more_than_fits__throws_out_what_was_not_asked_for_long() -> None:
    answers = Kept(max_bytes=1_000)
    for number in range(50):
        answers.get_or_make("state", number, lambda: "x" * 100)
        answers.get("state", 0)

    assert answers.get("state", 0) is not None
    assert answers.get("state", 1) is None
    assert answers.get("state", 49) is not None


def test_kept__another_state__forgets_the_old_one() -> None:
    answers = Kept()
    answers.get_or_make("old", "q", lambda: 1)

    assert answers.get_or_make("new", "q", lambda: 2).plain == b"2"
    assert answers.get("old", "q") is None


def test_kept__larger_than_all_it_may_hold__is_answered_and_not_kept() -> None:
    answers = Kept(max_bytes=10)

    assert len(answers.get_or_make("s", "q", lambda: "x" * 100).plain) == 102
    assert answers.get("s", "q") is None


def test_kept__making_fails__the_next_tries_again() -> None:
    answers = Kept()

    with pytest.raises(ZeroDivisionError):
        answers.get_or_make("s", "q", lambda: 1 // 0)
    assert answers.get_or_make("s", "q", lambda: 1).plain == b"1"
