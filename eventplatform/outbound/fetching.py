"""One request to an address that a person typed."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import httpcore
from django.conf import settings

from eventplatform.outbound.answers import Answer
from eventplatform.outbound.bounded import Bounded
from eventplatform.outbound.errors import AnswerTooBigError, OutboundSlowError, OutboundUnreachableError
from eventplatform.outbound.pinned import Deadline, PinnedBackend
from eventplatform.outbound.urls import Resolve, Target, checked_addresses, system_resolve, target_of

_AGENT = "event-platform"


def fetch(
    url: str,
    *,
    max_bytes: int,
    seconds: float,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    resolve: Resolve = system_resolve,
    ssl_context: ssl.SSLContext | None = None,
) -> Answer:
    """Ask a server that a person named, once.

    The host's addresses are looked up once, all of them must be public (or the host be named in OUTBOUND_PRIVATE_HOSTS),
    and the connection goes to one of exactly these; certificates are checked against the host's name. No redirect is
    followed, no proxy of the environment is used, and `seconds` bounds everything, the look-up included.

    Raises:
        RejectedError: the URL, its address or the answer's size is not allowed.
        RetriableError: the server can't be reached or is too slow.
    """
    target = target_of(url)
    deadline = Deadline(seconds)
    try:
        addresses = checked_addresses(target, private_hosts=settings.OUTBOUND_PRIVATE_HOSTS, resolve=Bounded(resolve, deadline))
        pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or ssl.create_default_context(), network_backend=PinnedBackend(addresses, deadline)
        )
        with pool:
            return _ask(pool, target, method=method, body=body, headers=headers or {}, max_bytes=max_bytes)
    except (TimeoutError, httpcore.TimeoutException):
        raise OutboundSlowError(host=target.host, seconds=seconds) from None
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise OutboundUnreachableError(host=target.host, reason=str(error) or type(error).__name__) from None


def _ask(
    pool: httpcore.ConnectionPool,
    target: Target,
    *,
    method: str,
    body: bytes | None,
    headers: Mapping[str, str],
    max_bytes: int,
) -> Answer:
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    # Identity: a packed answer could grow without bound when it is unpacked.
    sent = {"Host": target.authority, "User-Agent": _AGENT, "Accept-Encoding": "identity", "Connection": "close", **headers}
    with pool.stream(method, url, headers=list(sent.items()), content=body) as response:
        read = bytearray()
        for chunk in response.iter_stream():
            read += chunk
            if len(read) > max_bytes:
                raise AnswerTooBigError(host=target.host, max_bytes=max_bytes)
        found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        return Answer(response.status, found, bytes(read))
