"""The event log: one contract, three implementations, opened by URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from eventplatform.broker.base import Log
from eventplatform.broker.security import PLAINTEXT, Security


def open_log(url: str, security: Security = PLAINTEXT) -> Log:
    """The log at `url`: `postgresql://…`, `kafka://host:port,host:port` (reached by `security`) or `memory://name`.

    Drivers are imported here, when they are used.
    """
    scheme = urlsplit(url).scheme
    if scheme in {"postgresql", "postgres"}:
        from eventplatform.broker.postgres import PostgresLog

        return PostgresLog(url)
    if scheme == "kafka":
        from eventplatform.broker.kafka import KafkaLog

        return KafkaLog(url.removeprefix("kafka://"), security)
    if scheme == "memory":
        from eventplatform.broker.memory import memory_log

        return memory_log(url)
    message = f"EVENT_LOG_URL starts with {scheme!r}; use postgresql://…, kafka://host:port or memory://name."
    raise ValueError(message)
