"""Why the brokers can't be reached: looked for step by step, since clients only say that time is over."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Sequence

import confluent_kafka

from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.kafka.errors import HostUnknownError, TlsFailedError, TokenUnavailableError, of_connecting
from eventplatform.broker.kafka.tokens import TokenSource
from eventplatform.broker.security import Security

_STEP_SECONDS = 2.0
_silent = logging.getLogger("kafka.diagnosis")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False  # what it finds is raised


def why(servers: str, security: Security) -> LogUnavailableError:
    """What is wrong: a name, an address, a certificate, or our account."""
    return (
        of_network(servers, security)
        or _of_token(security)
        or _of_account(servers, security)
        or LogUnavailableError(reason=f"no broker of {servers} answers as Kafka does")
    )


def of_network(servers: str, security: Security) -> LogUnavailableError | None:
    """Why none of the servers can be connected to; None where one can."""
    first: LogUnavailableError | None = None
    for server in servers.split(","):
        reason = _of_server(server.strip(), security)
        if reason is None:
            return None
        first = first or reason
    return first


def _of_server(server: str, security: Security) -> LogUnavailableError | None:
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _STEP_SECONDS) as connection:
            if security.is_tls:
                _shake_hands(connection, host.strip("[]"), security)
    except socket.gaierror:
        return HostUnknownError(reason=host)
    except ssl.SSLCertVerificationError as error:
        return TlsFailedError(reason=f"{server}: {error.verify_message}")
    except ssl.SSLError as error:
        return TlsFailedError(reason=f"{server}: {error.reason or 'it does not speak TLS'}")
    except (OSError, ValueError) as error:
        return LogUnavailableError(reason=f"{server}: {getattr(error, 'strerror', None) or error}")
    return None


def _shake_hands(connection: socket.socket, host: str, security: Security) -> None:
    context = ssl.create_default_context(cafile=security.ca_file or None)
    if security.certificate_file:
        context.load_cert_chain(security.certificate_file, security.key_file, security.key_password or None)
    with context.wrap_socket(connection, server_hostname=host) as secured:
        if not security.is_sasl:
            _hear_of_certificate(secured)


def _hear_of_certificate(secured: ssl.SSLSocket) -> None:
    """Under TLS 1.3 a broker that misses our certificate says so only after the handshake; Kafka itself never speaks first."""
    secured.settimeout(0.3)
    try:
        secured.recv(1)
    except TimeoutError:
        return


def _of_token(security: Security) -> LogUnavailableError | None:
    if security.mechanism != "OAUTHBEARER":
        return None
    try:
        TokenSource(security).token()
    except TokenUnavailableError as error:
        return error
    return None


def _of_account(servers: str, security: Security) -> LogUnavailableError | None:
    heard: list[confluent_kafka.KafkaError] = []
    settings = {**security.for_librdkafka(), "bootstrap.servers": servers, "error_cb": heard.append}
    client = confluent_kafka.Producer(settings, logger=_silent)
    deadline = time.monotonic() + _STEP_SECONDS
    while time.monotonic() < deadline:
        client.poll(0.1)
        if reason := _first_reason(heard):
            return reason
    return None


def _first_reason(heard: Sequence[confluent_kafka.KafkaError]) -> LogUnavailableError | None:
    return next((reason for error in heard if (reason := of_connecting(error))), None)
