"""Many requests to one address that a person typed: the connection is kept, and every new one is checked like the first."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import httpcore

from eventplatform.outbound.answers import Answer
from eventplatform.outbound.bounded import Bounded
from eventplatform.outbound.errors import OutboundSlowError, OutboundUnreachableError
from eventplatform.outbound.pinned import Deadline, PinnedBackend
from eventplatform.outbound.urls import Resolve, checked_addresses, system_resolve, target_of

_AGENT = "event-platform"
_IDLE_SECONDS = 30.0


class KeptConnection:
    """Asks one URL again and again, one request at a time.

    Whenever it has to connect, the host's addresses are looked up anew, all of them must be public (or the host be named in
    `private_hosts`), and the connection goes to one of exactly these: what was checked is what stays connected. Certificates
    are checked against the host's name, no redirect is followed, no proxy of the environment is used.
    """

    def __init__(
        self,
        url: str,
        *,
        private_hosts: Collection[str],
        resolve: Resolve = system_resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Check how the URL is written; nothing is looked up yet.

        Raises:
            RejectedError: it is none that the platform calls.
        """
        self._target = target_of(url)
        self._deadline = Deadline(0)
        self._private_hosts = private_hosts
        self._resolve = resolve
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or _trust(),
            max_connections=1,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=_CheckedBackend(self),
        )

    def close(self) -> None:
        self._pool.close()

    def ask(self, method: str, body: bytes | None, headers: Mapping[str, str], *, seconds: float, max_bytes: int) -> Answer:
        """The answer, its body cut at `max_bytes`; `seconds` bounds everything, a look-up and a connection included.

        Raises:
            RejectedError: the host has an address that is not allowed.
            RetriableError: the server can't be reached or is too slow.
        """
        self._deadline.restart(seconds)
        try:
            return self._ask(method, body, headers, max_bytes)
        except (TimeoutError, httpcore.TimeoutException):
            raise OutboundSlowError(host=self._target.host, seconds=seconds) from None
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise OutboundUnreachableError(host=self._target.host, reason=str(error) or type(error).__name__) from None

    def _ask(self, method: str, body: bytes | None, headers: Mapping[str, str], max_bytes: int) -> Answer:
        target = self._target
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        # Identity: a packed answer could grow without bound when it is unpacked.
        sent = {"Host": target.authority, "User-Agent": _AGENT, "Accept-Encoding": "identity", **headers}
        with self._pool.stream(method, url, headers=list(sent.items()), content=body) as response:
            read = bytearray()
            for chunk in response.iter_stream():
                read += chunk
                if len(read) > max_bytes:
                    break  # leaving it unread closes the connection
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, found, bytes(read[:max_bytes]))

    def checked(self) -> PinnedBackend:
        """A way to the addresses that the host has at this moment, all of them allowed."""
        resolve = Bounded(self._resolve, self._deadline)
        addresses = checked_addresses(self._target, private_hosts=self._private_hosts, resolve=resolve)
        return PinnedBackend(addresses, self._deadline)


@functools.cache
def _trust() -> ssl.SSLContext:
    """Reading all authorities takes longer than many a request."""
    return ssl.create_default_context()


class _CheckedBackend(httpcore.NetworkBackend):
    """Has the host checked before each connection."""

    def __init__(self, connection: KeptConnection) -> None:
        self._connection = connection

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return self._connection.checked().connect_tcp(host, port, timeout, local_address, socket_options)
