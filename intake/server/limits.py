"""How much a client may take of the server, and how long."""

from __future__ import annotations

from dataclasses import dataclass

_KIB = 1024


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Of one process. Seconds are kept to a tenth: one sweep over all connections looks after them, no timer of their own."""

    max_connections: int = 1000
    max_connections_per_address: int = 800
    max_head_bytes: int = 16 * _KIB  # request line and headers together
    max_target_bytes: int = 8 * _KIB  # path and query
    max_headers: int = 100
    max_rest_bytes: int = 64 * _KIB  # of a body that is read past its answer, so that the connection can go on
    max_unread_bytes: int = 128 * _KIB * _KIB  # of answers that wait for slow clients, all together
    head_seconds: float = 10.0  # from the connection, or from the first byte of a later request, to the end of the headers
    body_idle_seconds: float = 10.0  # without a byte
    body_seconds: float = 30.0  # from the headers to the body's end
    keep_alive_seconds: float = 65.0  # between two requests; more than a proxy's own, or it meets closed connections
    write_seconds: float = 30.0  # that a client may leave answers unread
    linger_seconds: float = 2.0  # between our last byte and the client's, so that no reset overtakes the answer
    drain_seconds: float = 1.0  # from the signal to the closed port: time for a balancer to see that we aren't ready
    exit_seconds: float = 9.0  # from the signal to the end
