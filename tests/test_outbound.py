"""Requests to what a person typed: an inner network is never reached, however the address is spelt, moved or hidden."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore
import pytest

from eventplatform.core.errors import PlatformError
from eventplatform.outbound import fetch
from eventplatform.outbound.errors import (
    AnswerTooBigError,
    OutboundSlowError,
    OutboundUnreachableError,
    OutboundUrlError,
    PrivateAddressError,
)
from eventplatform.outbound.urls import require_no_inner_address, target_of


class Canary(ThreadingHTTPServer):
    """A server of an inner network; `hits` are the connections that it ever saw."""

    daemon_threads = True
    hits = 0
    asked: list[tuple[str, str, bytes, str]]

    def get_request(self) -> tuple[socket.socket, object]:
        self.hits += 1
        return super().get_request()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    server: Canary

    def log_message(self, *_words: object) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.command, self.path, self.rfile.read(length), self.headers["Host"]))
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/inner")
        body = b"x" * 5000 if self.path == "/big" else b"inner"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815  # the server's name for it


@contextmanager
def running(server: Canary) -> Iterator[Canary]:
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def canary() -> Iterator[Canary]:
    with running(Canary(("127.0.0.1", 0), Handler)) as server:
        yield server


def answering(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda _host, _port: addresses


MUTANTS = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0X7F.1:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0177.0x0.0.1:{port}/",
    "http://127.000.000.001:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://127.255.255.254:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fe80::1%lo]:{port}/",
    "http://example.org@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@example.org/",
    "http://user:secret@127.0.0.1:{port}/",
    "http://example.org\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.org/",
    "http://example.org#@127.0.0.1:{port}/",
    "http:\\\\127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    " http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}/\r\nX-Injected: 1",
    "ht\ttp://127.0.0.1:{port}/",
    "http://①②⑦.0.0.1:{port}/",
    "http://127。0。0。1:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://127.0.0.1%00.example.org:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "unix:///var/run/docker.sock",
    "javascript:fetch('http://127.0.0.1:{port}/')",
]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_fetch__spelling_of_an_inner_address__refused_without_a_connection(mutant: str, canary: Canary) -> None:
    url = mutant.format(port=canary.port)

    with pytest.raises((OutboundUrlError, PrivateAddressError, OutboundUnreachableError)):
        # A name of the public network is not asked for: it leads nowhere here.
        fetch(url, max_bytes=1000, seconds=3, resolve=_local_only)

    assert canary.hits == 0


def _local_only(host: str, port: int) -> Sequence[str]:
    return [] if host.endswith("example.org") else [str(one[4][0]) for one in socket.getaddrinfo(host, port)]


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "::a00:1",
    ],
)
def test_fetch__name_with_an_inner_address__refused(address: str) -> None:
    with pytest.raises(PrivateAddressError):
        fetch("https://hooks.example.org/", max_bytes=10, seconds=3, resolve=answering(address))


def test_fetch__one_of_many_addresses_is_inner__refused(canary: Canary) -> None:
    url = f"http://hooks.example.org:{canary.port}/"

    with pytest.raises(PrivateAddressError):
        fetch(url, max_bytes=10, seconds=3, resolve=answering("93.184.215.14", "127.0.0.1"))

    assert canary.hits == 0


def test_fetch__name_server_changes_its_mind__the_checked_address_is_connected_to(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, connected = [], []

    def rebind(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(_self: object, host: str, *_: object) -> object:
        connected.append(host)
        raise httpcore.ConnectError("no network in this test")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(OutboundUnreachableError):
        fetch(f"http://rebind.example.org:{canary.port}/", max_bytes=10, seconds=1, resolve=rebind)

    assert asked == ["rebind.example.org"]
    assert connected == ["93.184.215.14"]
    assert canary.hits == 0


def test_fetch__host_named_as_allowed__asked_with_its_name(canary: Canary, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["hooks.inner"]
    url = f"http://hooks.inner:{canary.port}/in/é?a=1&b=2".replace("é", "%C3%A9")

    answer = fetch(url, max_bytes=10, seconds=3, method="POST", body=b"{}", resolve=answering("127.0.0.1"))

    assert (answer.status, answer.body, answer.is_good) == (200, b"inner", True)
    assert canary.asked == [("POST", "/in/%C3%A9?a=1&b=2", b"{}", f"hooks.inner:{canary.port}")]


def test_fetch__redirect__not_followed(canary: Canary, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]

    answer = fetch(f"http://127.0.0.1:{canary.port}/moved", max_bytes=10, seconds=3)

    assert (answer.status, answer.headers["location"], canary.hits) == (302, "/inner", 1)


def test_fetch__proxy_in_the_environment__not_used(canary: Canary, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert fetch(f"http://127.0.0.1:{canary.port}/", max_bytes=10, seconds=3).is_good


def test_fetch__answer_bigger_than_asked_for__refused(canary: Canary, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]

    with pytest.raises(AnswerTooBigError):
        fetch(f"http://127.0.0.1:{canary.port}/big", max_bytes=4999, seconds=3)

    assert len(fetch(f"http://127.0.0.1:{canary.port}/big", max_bytes=5000, seconds=3).body) == 5000


@contextmanager
def dripping(said: bytes) -> Iterator[int]:
    """A server that says one byte every tenth of a second, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def drip() -> None:
        taken, _ = listener.accept()
        with taken:
            taken.sendall(said)
            while not is_over.wait(0.1):
                try:
                    taken.sendall(b"a")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    is_over.set()
    thread.join(5)
    listener.close()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
def test_fetch__server_that_drips__ends_at_the_deadline(said: bytes, settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    began = time.monotonic()

    with dripping(said) as port, pytest.raises((OutboundSlowError, OutboundUnreachableError)):
        fetch(f"http://127.0.0.1:{port}/", max_bytes=10_000, seconds=0.6)

    assert time.monotonic() - began < 2


def test_fetch__name_server_that_hangs__ends_at_the_deadline() -> None:
    is_over = threading.Event()

    def hang(_host: str, _port: int) -> Sequence[str]:
        is_over.wait(10)
        return []

    with pytest.raises(OutboundSlowError):
        fetch("https://hooks.example.org/", max_bytes=10, seconds=0.2, resolve=hang)
    is_over.set()


def test_fetch__nobody_listens__says_so(settings: Any) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(OutboundUnreachableError) as caught:
        fetch(f"http://127.0.0.1:{port}/", max_bytes=10, seconds=2)

    assert "127.0.0.1 can't be reached" in str(caught.value)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    made, key = tmp_path / "made.pem", tmp_path / "made.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"),
            *("-subj", "/CN=hooks.inner", "-addext", "subjectAltName=DNS:hooks.inner", "-out", str(made), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
    )
    return made, key


@contextmanager
def https_server(certificate: tuple[Path, Path], names: list[str | None]) -> Iterator[Callable[[str], int]]:
    """Gives what asks it by a host's name, trusting its certificate; `names` gets the names that TLS said."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*certificate)
    served.sni_callback = lambda _socket, name, _context: names.append(name)
    server = Canary(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a handshake that the client breaks off
    server.socket = served.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))

    def ask(host: str) -> int:
        url = f"https://{host}:{server.port}/"
        return fetch(url, max_bytes=10, seconds=3, resolve=answering("127.0.0.1"), ssl_context=trusting).status

    with running(server):
        yield ask


def test_fetch__https_to_a_checked_address__certificate_is_judged_by_the_name(
    certificate: tuple[Path, Path], settings: Any
) -> None:
    settings.OUTBOUND_PRIVATE_HOSTS = ["hooks.inner", "other.inner"]
    names: list[str | None] = []

    with https_server(certificate, names) as ask:
        status = ask("hooks.inner")
        with pytest.raises(OutboundUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            ask("other.inner")

    assert status == 200
    assert names == ["hooks.inner", "other.inner"]


def test_target__plain_urls__taken_apart() -> None:
    target = target_of("https://Hooks.Example.org/a b".replace(" ", "%20") + "?q=1#part")

    assert (target.scheme, target.host, target.port, target.path) == ("https", "hooks.example.org", 443, "/a%20b?q=1")
    assert target.authority == "hooks.example.org"
    assert target_of("http://[2606:4700::1]:8080").authority == "[2606:4700::1]:8080"


def test_errors__all__carry_a_remedy() -> None:
    for url in ("http://user@host/", "nonsense", "http://10.0.0.1/"):
        with pytest.raises(PlatformError) as caught:
            fetch(url, max_bytes=1, seconds=1)

        assert caught.value.hint


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]:80/", "http://169.254.169.254/", "http://0x7f.1/", "ftp://a/"]
)
def test_form__an_inner_address_or_no_url__is_refused_while_one_types(url: str) -> None:
    with pytest.raises((PrivateAddressError, OutboundUrlError)):
        require_no_inner_address(url, private_hosts=())


def test_form__a_name_or_an_address_that_is_meant__is_taken() -> None:
    require_no_inner_address("https://hooks.example.org/x", private_hosts=())
    require_no_inner_address("http://127.0.0.1/", private_hosts=["127.0.0.1"])
