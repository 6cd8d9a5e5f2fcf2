"""One request to an address that a person typed."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import closing

from django.conf import settings

from eventplatform.outbound.answers import Answer
from eventplatform.outbound.errors import AnswerTooBigError
from eventplatform.outbound.kept import KeptConnection
from eventplatform.outbound.urls import Resolve, system_resolve, target_of


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
    connection = KeptConnection(url, private_hosts=settings.OUTBOUND_PRIVATE_HOSTS, resolve=resolve, ssl_context=ssl_context)
    with closing(connection):
        sent = {"Connection": "close", **(headers or {})}
        answer = connection.ask(method, body, sent, seconds=seconds, max_bytes=max_bytes + 1)
    if len(answer.body) > max_bytes:
        raise AnswerTooBigError(host=target_of(url).host, max_bytes=max_bytes)
    return answer
