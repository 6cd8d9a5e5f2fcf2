"""Bodies that drip in hold some threads of the web role, never all."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from eventplatform.guard.body_slots import BodySlots


class Dripping:
    """A stream whose next byte comes when the test says so."""

    def __init__(self) -> None:
        self.is_asked = threading.Event()
        self.may_go_on = threading.Event()

    def read(self, _size: int = -1) -> bytes:
        self.is_asked.set()
        assert self.may_go_on.wait(5)
        return b"body"


def reading(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = environ["wsgi.input"].read(4)
    start_response("200 OK", [])
    return [body]


def ask(
    application: BodySlots, stream: Any, address: str = "192.0.2.1", length: str = "4"
) -> tuple[str, dict[str, str], bytes]:
    said: list[Any] = []
    environ = {"wsgi.input": stream, "REMOTE_ADDR": address, "CONTENT_LENGTH": length}
    body = b"".join(application(environ, lambda status, headers: said.extend((status, dict(headers)))))
    return said[0], said[1], body


@pytest.fixture
def held() -> Iterator[tuple[BodySlots, Dripping]]:
    """Of two slots one is held by a client that drips."""
    application, stream = BodySlots(reading, slots=2, per_address=1), Dripping()
    thread = threading.Thread(target=ask, args=(application, stream))
    thread.start()
    assert stream.is_asked.wait(5)
    yield application, stream
    stream.may_go_on.set()
    thread.join()


def test_body__of_an_address_that_drips__503_without_being_read(held: tuple[BodySlots, Dripping]) -> None:
    status, headers, body = ask(held[0], None)

    assert (status, headers["retry-after"]) == ("503 Service Unavailable", "2")
    assert orjson.loads(body)["code"] == "body.slots"


def test_body__of_another_address__taken(held: tuple[BodySlots, Dripping]) -> None:
    assert ask(held[0], io.BytesIO(b"body"), "192.0.2.2")[0] == "200 OK"


def test_request__without_a_body__asks_for_no_slot(held: tuple[BodySlots, Dripping]) -> None:
    assert ask(held[0], io.BytesIO(), length="")[0] == "200 OK"


def test_slot__body_read__free_again_before_the_answer_is_made() -> None:
    def asking_itself(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(4)
        if body == b"once":
            assert ask(application, io.BytesIO(b"body"))[0] == "200 OK"
        start_response("200 OK", [])
        return [body]

    application = BodySlots(asking_itself, slots=1, per_address=1)

    assert ask(application, io.BytesIO(b"once"))[2] == b"once"


def test_slot__application_fails__free_again() -> None:
    application = BodySlots(lambda _environ, _start: 1 / 0, slots=1, per_address=1)  # type: ignore[arg-type, return-value]  # never returns

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            ask(application, io.BytesIO(b"body"))
