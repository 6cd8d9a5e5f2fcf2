"""Security rows 6, 7 and 9 over real sockets: bombs, oversize on every route, injection; and the connection goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from eventplatform import env
from intake.urls import urlpatterns
from tests.contracts.intake_doors import LIMITS
from tests.contracts.test_intake_doors_http import EVENT, Wire, chunked
from tests.guard.packed import ENCODERS, encoding, pack
from tests.intake.serving import serving

pytestmark = pytest.mark.slow
LIMIT = LIMITS.max_body_bytes
ROUTES = ["/" + str(one.pattern).replace("<str:service>", "main") for one in urlpatterns if "v1/events" in str(one.pattern)]


@pytest.fixture(scope="module", params=["lane", "drf"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    interface = "asgi" if request.param == "lane" else "wsgi"
    with serving(f"tests.intake.served:{request.param}", interface, env.child({})) as found:
        yield found


class RouteWire(Wire):
    def send(self, route: str, headers: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        head = f"POST {route} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n\r\n"
        self.socket.sendall(head.encode("latin-1") + body)
        return self.answer()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (f"Content-Length: {LIMIT * 3 // 2}", b"x" * (LIMIT * 3 // 2)),
        ("Transfer-Encoding: chunked", chunked(*[b"x" * 1000] * (LIMIT * 3 // 2000))),
    ],
    ids=["announced", "chunked"],
)
def test_wire_cap__overshot_by_half_on_every_route__413_readable_and_the_connection_goes_on(
    port: int, route: str, headers: str, body: bytes
) -> None:
    wire = RouteWire(port)

    assert wire.send(route, headers, body)[0] == 413
    assert wire.send("/v1/events", f"Content-Length: {len(EVENT)}", EVENT)[0] == 201


@pytest.mark.parametrize("name", ENCODERS)
def test_bomb__of_every_encoding__413_readable_and_the_connection_goes_on(port: int, name: str) -> None:
    wire = RouteWire(port)
    bomb, good = pack(name, bytes(3_000_000)), pack(name, EVENT)

    refused = wire.send("/v1/events", f"Content-Length: {len(bomb)}\r\nContent-Encoding: {encoding(name)}", bomb)
    accepted = wire.send("/v1/events", f"Content-Length: {len(good)}\r\nContent-Encoding: {encoding(name)}", good)

    assert (refused[0], b"body.decoded_too_large" in refused[2]) == (413, True)
    assert accepted[0] == 201


def test_compressed__in_chunks_of_one_byte__accepted(port: int) -> None:
    packed = pack("gzip", EVENT)

    body = chunked(*[packed[at : at + 1] for at in range(len(packed))])

    assert RouteWire(port).send("/v1/events", "Transfer-Encoding: chunked\r\nContent-Encoding: gzip", body)[0] == 201


@pytest.mark.parametrize(
    "query",
    ["stream=%0d%0aSet-Cookie:%20a=b", "schema_uri=%0d%0aX-Injected:%201", "hasty=%0d%0a%0d%0a<script>", "%0d%0aX-Injected=1"],
)
def test_query__crlf_in_it__the_answers_bytes_hold_none_of_it(port: int, query: str) -> None:
    wire = RouteWire(port)
    wire.socket.sendall(
        f"POST /v1/events?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".encode()
    )

    received = wire.until_closed()

    assert received.startswith(b"HTTP/1.1 400")
    assert all(word not in received.lower() for word in (b"set-cookie", b"x-injected", b"<script>"))
