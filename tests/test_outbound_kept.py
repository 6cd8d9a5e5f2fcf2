"""Requests on a kept connection: each new connection is checked like a first one, whatever happened before."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpcore
import pytest

from eventplatform.outbound.errors import (
    OutboundSlowError,
    OutboundUnreachableError,
    OutboundUrlError,
    PrivateAddressError,
)
from eventplatform.outbound.kept import KeptConnection
from eventplatform.outbound.urls import Resolve
from tests.test_outbound import MUTANTS, Canary, Handler, answering, certificate, dripping, running

__all__ = ["certificate"]  # a fixture


class KeepingHandler(Handler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


class ClosingHandler(Handler):
    """Closes each connection after its answer."""


@pytest.fixture
def canary() -> Iterator[Canary]:
    with running(Canary(("127.0.0.1", 0), KeepingHandler)) as server:
        yield server


def ask(connection: KeptConnection, seconds: float = 3) -> int:
    return connection.ask("POST", b"{}", {"Content-Type": "application/json"}, seconds=seconds, max_bytes=1000).status


@contextmanager
def kept(url: str, resolve: Resolve, *hosts: str) -> Iterator[KeptConnection]:
    connection = KeptConnection(url, private_hosts=hosts, resolve=resolve)
    yield connection
    connection.close()


@pytest.mark.parametrize("mutant", MUTANTS)
def test_ask__spelling_of_an_inner_address__refused_without_a_connection(mutant: str, canary: Canary) -> None:
    url = mutant.format(port=canary.port)

    with pytest.raises((OutboundUrlError, PrivateAddressError, OutboundUnreachableError)), kept(url, _local_only) as connection:
        ask(connection)

    assert canary.hits == 0


def _local_only(host: str, port: int) -> Sequence[str]:
    return [] if host.endswith("example.org") else [str(one[4][0]) for one in socket.getaddrinfo(host, port)]


def test_ask__again_and_again__on_one_connection(canary: Canary) -> None:
    with kept(f"http://hooks.inner:{canary.port}/hook?a=1", answering("127.0.0.1"), "hooks.inner") as connection:
        statuses = [ask(connection) for _ in range(5)]

    assert statuses == [200] * 5
    assert canary.hits == 1
    assert canary.asked[-1] == ("POST", "/hook?a=1", b"{}", f"hooks.inner:{canary.port}")


def test_ask__name_leads_inside_after_the_connection_was_closed__refused() -> None:
    addresses = ["127.0.0.1"]
    hosts = ["hooks.inner"]
    with running(Canary(("127.0.0.1", 0), ClosingHandler)) as canary:
        connection = KeptConnection(f"http://hooks.inner:{canary.port}/", private_hosts=hosts, resolve=lambda *_: addresses)
        assert ask(connection) == 200
        hosts.clear()

        with pytest.raises(PrivateAddressError):
            ask(connection)

        connection.close()
        assert canary.hits == 1


def test_ask__name_server_changes_its_mind__the_checked_address_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    def rebind(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"] if connected else ["93.184.215.14"]

    def connect(_self: object, host: str, *_: object) -> object:
        connected.append(host)
        raise httpcore.ConnectError("no network in this test")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with kept("http://rebind.example.org/", rebind) as connection:
        with pytest.raises(OutboundUnreachableError):
            ask(connection)
        with pytest.raises(PrivateAddressError):
            ask(connection)

    assert connected == ["93.184.215.14"]


def test_ask__redirect__is_an_answer(canary: Canary) -> None:
    with kept(f"http://hooks.inner:{canary.port}/moved", answering("127.0.0.1"), "hooks.inner") as connection:
        assert ask(connection) == 302

    assert len(canary.asked) == 1


def test_ask__answer_bigger_than_asked_for__cut_and_the_next_one_is_whole(canary: Canary) -> None:
    with kept(f"http://hooks.inner:{canary.port}/big", answering("127.0.0.1"), "hooks.inner") as connection:
        first = connection.ask("POST", b"{}", {}, seconds=3, max_bytes=10)
        second = connection.ask("POST", b"{}", {}, seconds=3, max_bytes=9000)

    assert (first.status, first.body) == (200, b"x" * 10)
    assert second.body == b"x" * 5000


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
def test_ask__server_that_drips__ends_at_the_deadline(said: bytes) -> None:
    began = time.monotonic()

    with (
        dripping(said) as port,
        kept(f"http://hooks.inner:{port}/", answering("127.0.0.1"), "hooks.inner") as connection,
        pytest.raises((OutboundSlowError, OutboundUnreachableError)),
    ):
        ask(connection, seconds=0.5)

    assert time.monotonic() - began < 2


def test_ask__server_closes_after_each_answer__connects_anew() -> None:
    with (
        running(Canary(("127.0.0.1", 0), ClosingHandler)) as canary,
        kept(f"http://hooks.inner:{canary.port}/", answering("127.0.0.1"), "hooks.inner") as connection,
    ):
        assert [ask(connection) for _ in range(3)] == [200] * 3

    assert canary.hits == 3


def test_ask__https__certificate_is_judged_by_the_name(certificate: tuple[Path, Path]) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*certificate)
    server = Canary(("127.0.0.1", 0), KeepingHandler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a handshake that the client breaks off
    server.socket = served.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    names = ["hooks.inner", "other.inner"]

    with running(server):
        right, wrong = (
            KeptConnection(
                f"https://{name}:{server.port}/",
                private_hosts=names,
                resolve=answering("127.0.0.1"),
                ssl_context=trusting,
            )
            for name in names
        )
        assert [ask(right), ask(right)] == [200, 200]
        with pytest.raises(OutboundUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(wrong)
        right.close()
        wrong.close()
