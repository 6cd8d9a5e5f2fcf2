"""The clusters that mirrors write to: how each is reached, and this process's clients for it."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass

from connectors.options import option
from connectors.sinks.base import StoreUnavailableError
from eventplatform.broker.kafka import KafkaLog
from eventplatform.broker.security import MECHANISMS, PROTOCOLS, Security
from eventplatform.core.names import is_topic_name


@dataclass(frozen=True, slots=True)
class KafkaTarget:
    """Where the cluster is, and the account there; the words are Kafka's."""

    servers: str = option("Brokers to begin with: broker1:9092,broker2:9092.")
    security_protocol: str = option("How they are reached.", "PLAINTEXT", choices=PROTOCOLS)
    sasl_mechanism: str = option("How the account is told, with SASL_SSL or SASL_PLAINTEXT.", "", choices=("", *MECHANISMS))
    username: str = option("The account; with OAUTHBEARER the client's id.", "")
    password: str = option("Its password; with OAUTHBEARER the client's secret.", "", secret=True)
    ca_file: str = option("PEM file of the authority of the brokers' certificates; empty: the system's authorities.", "")
    certificate_file: str = option("PEM file of our own certificate, where brokers want one.", "")
    key_file: str = option("PEM file of its key.", "")
    key_password: str = option("Password of the key.", "", secret=True)
    token_url: str = option("With OAUTHBEARER: where tokens are had by client credentials.", "")
    token_scope: str = option("With OAUTHBEARER: the scope that is asked for.", "")
    registry_url: str = option("For Avro: a schema registry with Confluent's API.", "", place="server")
    registry_username: str = option("Account at the registry.", "")
    registry_password: str = option("Its password.", "", secret=True)

    @property
    def security(self) -> Security:
        """For both clients."""
        return Security(
            protocol=self.security_protocol,
            mechanism=self.sasl_mechanism,
            username=self.username,
            password=self.password,
            ca_file=self.ca_file,
            certificate_file=self.certificate_file,
            key_file=self.key_file,
            key_password=self.key_password,
            token_url=self.token_url,
            token_scope=self.token_scope,
        )


_opened: dict[tuple[int, str, Security], KafkaLog] = {}
_lock = threading.Lock()


def cluster(target: KafkaTarget) -> KafkaLog:
    """The cluster, by clients that all slices of this process share; a child process makes its own."""
    key = (os.getpid(), target.servers, target.security)
    with _lock:
        if key not in _opened:
            _opened[key] = KafkaLog(target.servers, target.security)
        return _opened[key]


@dataclass(frozen=True, slots=True)
class TopicWishes:
    """How topics that are made for a mirror look; 0: as the brokers' defaults say."""

    is_made: bool
    partitions: int
    retention_hours: int


def ensure_topic(log: KafkaLog, name: str, wishes: TopicWishes, *, at_least: int) -> None:
    """Have the topic with so many partitions at least.

    Raises:
        StoreUnavailableError: it isn't there, or too small, and may not be made.
    """
    if not is_topic_name(name):
        raise StoreUnavailableError(reason=f"{name!r} can't name a topic")
    found = log.topics([name]).get(name)
    if found is not None and found.partitions >= at_least:
        return
    if not wishes.is_made:
        wanted = f"{at_least} partitions" if at_least > 1 else "existence"
        raise StoreUnavailableError(reason=f"topic {name} lacks {wanted}, and the connector may not make or alter topics")
    if found is None:
        retention = wishes.retention_hours * 3_600_000 or None
        log.create_topic(name, partitions=max(wishes.partitions, at_least), retention_ms=retention)
    else:
        log.alter_topic(name, partitions=at_least)
