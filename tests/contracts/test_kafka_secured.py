"""A Kafka with TLS, accounts and ACLs, against the real one: who gets in, and what is said to who doesn't."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from kafka.admin import ACL, ACLOperation, ACLPermissionType, KafkaAdminClient, ResourcePattern, ResourceType

from eventplatform.broker.base import LogUnavailableError, NotAuthorisedError
from eventplatform.broker.kafka import KafkaLog
from eventplatform.broker.kafka.errors import (
    AccessDeniedError,
    AccountRefusedError,
    HostUnknownError,
    TlsFailedError,
    TokenUnavailableError,
)
from eventplatform.broker.security import Security
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import NewRecord, TopicPartition
from tests.contracts.logs import produce, read_all
from tests.contracts.token_server import token_server
from tests.servers.kafka import SecuredKafka

pytestmark = pytest.mark.services

PATIENCE_SECONDS = 9.0
OpenLog = Callable[..., KafkaLog]


@pytest.fixture
def plain(secured_kafka: SecuredKafka) -> Security:
    return Security("SASL_SSL", "PLAIN", "plain", "plain-secret", ca_file=secured_kafka.tls("ca.pem"))


@pytest.fixture
def limited(plain: Security) -> Security:
    return replace(plain, username="limited", password="limited-secret")  # the test server's


@pytest.fixture
def open_log(secured_kafka: SecuredKafka) -> Iterator[OpenLog]:
    opened: list[KafkaLog] = []

    def made(security: Security, servers: str = "") -> KafkaLog:
        opened.append(KafkaLog(servers or secured_kafka.secured, security))
        return opened[-1]

    yield made
    for log in opened:
        log.close()


@pytest.fixture
def topic(secured_kafka: SecuredKafka) -> str:
    name = f"secured.{uuid.uuid4().hex[:8]}"
    with KafkaLog(secured_kafka.servers) as log:
        log.create_topic(name, partitions=1)
    return name


@pytest.fixture
def token_url() -> Iterator[str]:
    with token_server() as url:
        yield url


def goes_there_and_back(log: KafkaLog, topic: str) -> None:
    (delivery,) = produce(log, [NewRecord(topic, b"hidden", partition=0)])
    assert delivery.error is None
    assert [record.value for record in read_all(log, TopicPartition(topic, 0))] == [b"hidden"]


def grant(server: SecuredKafka, kind: ResourceType, name: str, *operations: ACLOperation) -> None:
    admin = KafkaAdminClient(bootstrap_servers=server.servers)
    pattern = ResourcePattern(kind, name)
    admin.create_acls([ACL("User:limited", "*", operation, ACLPermissionType.ALLOW, pattern) for operation in operations])
    admin.close()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_account__by_password__writes_reads_and_administers(plain: Security, open_log: OpenLog, mechanism: str) -> None:
    name = "plain" if mechanism == "PLAIN" else "scram"
    log = open_log(replace(plain, mechanism=mechanism, username=name, password=f"{name}-secret"))
    topic = f"secured.{uuid.uuid4().hex[:8]}"

    log.create_topic(topic)

    goes_there_and_back(log, topic)


def test_account__by_token__writes_and_reads(plain: Security, open_log: OpenLog, topic: str, token_url: str) -> None:
    by_token = replace(
        plain, mechanism="OAUTHBEARER", username="token", password="token-secret", token_url=token_url
    )  # likewise

    goes_there_and_back(open_log(by_token), topic)


def test_account__by_certificate__writes_and_reads(secured_kafka: SecuredKafka, open_log: OpenLog, topic: str) -> None:
    ours = (secured_kafka.tls("client.pem"), secured_kafka.tls("client.key"))
    mutual = Security("SSL", ca_file=secured_kafka.tls("ca.pem"), certificate_file=ours[0], key_file=ours[1])

    goes_there_and_back(open_log(mutual, secured_kafka.mutual), topic)


WRONG = {
    "password": (AccountRefusedError, {"password": "guessed"}),
    "scram-password": (AccountRefusedError, {"mechanism": "SCRAM-SHA-256", "username": "scram", "password": "guessed"}),
    "authority": (TlsFailedError, {"ca_file": "other-ca.pem"}),
    "no-tls": (LogUnavailableError, {"protocol": "PLAINTEXT", "mechanism": "", "ca_file": ""}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_start__something_wrong__named_within_seconds(
    secured_kafka: SecuredKafka, plain: Security, open_log: OpenLog, topic: str, wrong: str
) -> None:
    expected, change = WRONG[wrong]
    if change.get("ca_file"):
        change = {"ca_file": secured_kafka.tls(change["ca_file"])}

    log = open_log(replace(plain, **change))

    _is_told(expected, log.cluster_id, log, topic)


@pytest.mark.parametrize(("host", "expected"), [("localhost", TlsFailedError), ("no-such-host.invalid", HostUnknownError)])
def test_start__host_of_another_name__named_within_seconds(  # noqa: PLR0917  # pytest gives them by name
    secured_kafka: SecuredKafka, plain: Security, open_log: OpenLog, topic: str, host: str, expected: type[PlatformError]
) -> None:
    log = open_log(plain, f"{host}:{secured_kafka.port + 2}")

    _is_told(expected, log.cluster_id, log, topic)


def test_start__certificate_missing__named_within_seconds(secured_kafka: SecuredKafka, open_log: OpenLog, topic: str) -> None:
    log = open_log(Security("SSL", ca_file=secured_kafka.tls("ca.pem")), secured_kafka.mutual)

    _is_told(TlsFailedError, log.cluster_id, log, topic)


@pytest.mark.parametrize("password", ["guessed", "token-secret"])
def test_start__no_token__named_within_seconds(
    plain: Security, open_log: OpenLog, topic: str, token_url: str, password: str
) -> None:
    url = token_url if password == "guessed" else "http://127.0.0.1:1/token"  # no password of anybody
    log = open_log(replace(plain, mechanism="OAUTHBEARER", username="token", password=password, token_url=url))

    _is_told(TokenUnavailableError, log.cluster_id, log, topic)


def _is_told(expected: type[PlatformError], ask: Callable[[], object], log: KafkaLog, topic: str) -> None:
    """By the administration and by the producer, each within its time, with a remedy."""
    began = time.monotonic()
    with pytest.raises(expected) as told:
        ask()
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert told.value.hint
    began = time.monotonic()
    (delivery,) = produce(log, [NewRecord(topic, b"never", partition=0)])
    assert isinstance(delivery.error, expected), delivery.error
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_acls__none__reading_and_writing_say_what_is_missing(open_log: OpenLog, limited: Security, topic: str) -> None:
    log = open_log(limited)

    with pytest.raises(AccessDeniedError, match=topic):
        log.topics([topic])
    with pytest.raises(AccessDeniedError, match="create topic"):
        log.create_topic("secured.never-made")
    (delivery,) = produce(log, [NewRecord(topic, b"never", partition=0)])

    assert isinstance(delivery.error, NotAuthorisedError), delivery.error


def test_acls__describe_only__reading_says_so(
    secured_kafka: SecuredKafka, open_log: OpenLog, limited: Security, topic: str
) -> None:
    grant(secured_kafka, ResourceType.TOPIC, topic, ACLOperation.DESCRIBE)
    with KafkaLog(secured_kafka.servers) as all_powerful:
        produce(all_powerful, [NewRecord(topic, b"hidden", partition=0)])
    reader = open_log(limited).reader()

    with pytest.raises(AccessDeniedError, match=f"read topic {topic}"):
        reader.read(TopicPartition(topic, 0), 0, timeout_seconds=5)

    reader.close()


def test_acls__read_and_write_of_the_topic__are_enough(
    secured_kafka: SecuredKafka, open_log: OpenLog, limited: Security, topic: str
) -> None:
    grant(secured_kafka, ResourceType.TOPIC, topic, ACLOperation.READ, ACLOperation.WRITE)

    goes_there_and_back(open_log(limited), topic)


def test_secrets__whatever_goes_wrong__in_no_log(
    plain: Security, open_log: OpenLog, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    planted = "planted-3f9c1d"
    log = open_log(replace(plain, password=planted))

    with pytest.raises(AccountRefusedError) as told:
        log.cluster_id()
    produce(log, [NewRecord(topic, b"never", partition=0)])

    assert planted not in caplog.text
    assert planted not in f"{told.value} {told.value.hint} {replace(plain, password=planted)!r}"
