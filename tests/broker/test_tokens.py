"""Tokens for Kafka, from endpoints that are none."""

from __future__ import annotations

import socket
import threading

import pytest

from eventplatform.broker.kafka.errors import TokenUnavailableError
from eventplatform.broker.kafka.tokens import TokenSource
from eventplatform.broker.security import Security


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b"HTTP/1.1 500 No\r\n\r\n",
    ],
    ids=["no HTTP", "torn", "no object", "refusal"],
)
def test_token__endpoint_answers_nonsense__named(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/token"
        security = Security("SASL_PLAINTEXT", "OAUTHBEARER", "id", "s3cret", token_url=url)

        with pytest.raises(TokenUnavailableError) as caught:
            TokenSource(security).token()

    assert "s3cret" not in str(caught.value)
