"""Errors of both Kafka clients as errors of the log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import confluent_kafka
from kafka import errors as kafka_errors

from eventplatform.broker.base import (
    LogUnavailableError,
    NotAuthorisedError,
    RecordRefusedError,
    RecordTooLargeError,
    TopicUnknownError,
)
from eventplatform.core.errors import FatalError, PlatformError

_Code = confluent_kafka.KafkaError  # its own codes are public names with a dash

END_OF_PARTITION = _Code._PARTITION_EOF  # noqa: SLF001  # as said above
OUT_OF_RANGE = {_Code.OFFSET_OUT_OF_RANGE, _Code._AUTO_OFFSET_RESET}  # noqa: SLF001  # likewise
NOT_SENT = {_Code._MSG_TIMED_OUT, _Code._PURGE_QUEUE}  # noqa: SLF001  # likewise
FATAL = _Code._FATAL  # noqa: SLF001  # likewise
_UNKNOWN_TOPIC = {
    _Code.UNKNOWN_TOPIC_OR_PART,
    _Code._UNKNOWN_TOPIC,  # noqa: SLF001  # likewise
    _Code._UNKNOWN_PARTITION,  # noqa: SLF001  # likewise
    _Code.TOPIC_EXCEPTION,
}
_NOT_AUTHORISED = {_Code.TOPIC_AUTHORIZATION_FAILED, _Code.CLUSTER_AUTHORIZATION_FAILED}
_TOO_LARGE = {_Code.MSG_SIZE_TOO_LARGE, _Code.RECORD_LIST_TOO_LARGE}
# What no second try mends; everything else is the world's fault, and worth one.
_REFUSED = {
    _Code.INVALID_RECORD,
    _Code.INVALID_TIMESTAMP,
    _Code.INVALID_MSG_SIZE,
    _Code.POLICY_VIOLATION,
    _Code._INVALID_ARG,  # noqa: SLF001  # likewise
}
_RESOLVE = _Code._RESOLVE  # noqa: SLF001  # likewise
_SSL = _Code._SSL  # noqa: SLF001  # likewise
_AUTHENTICATION = {_Code._AUTHENTICATION, _Code.SASL_AUTHENTICATION_FAILED}  # noqa: SLF001  # likewise
_NO_TOKEN = "Failed to acquire SASL OAUTHBEARER token"  # noqa: S105  # librdkafka's words
_LONGEST_REASON = 300


class HostUnknownError(LogUnavailableError):
    """No name service knows the brokers' host."""

    code = "log.host_unknown"
    message = "The host of the event log is not known: {reason}."
    remedy = "Check the host names in EVENT_LOG_URL, and those that the brokers advertise."


class TlsFailedError(LogUnavailableError):
    """The brokers' certificate, or ours, is not accepted, or one side speaks no TLS."""

    code = "log.tls_failed"
    message = "No encrypted connection to the event log: {reason}."
    remedy = (
        "KAFKA_CA_FILE must hold the authority that signed the brokers' certificates, these must name the hosts of "
        "EVENT_LOG_URL, and KAFKA_CERTIFICATE_FILE is needed where brokers want one."
    )


class AccountRefusedError(LogUnavailableError):
    """The brokers don't accept user name, password or token."""

    code = "log.account_refused"
    message = "The event log does not accept the platform's account: {reason}."
    remedy = "Check KAFKA_SASL_MECHANISM, KAFKA_USERNAME and KAFKA_PASSWORD (or KAFKA_PASSWORD_FILE)."


class TokenUnavailableError(LogUnavailableError):
    """The endpoint that gives tokens for OAUTHBEARER doesn't."""

    code = "log.token_unavailable"
    message = "No token for the event log: {reason}."
    remedy = "Check KAFKA_TOKEN_URL, KAFKA_TOKEN_SCOPE, and the client's id and secret in KAFKA_USERNAME and KAFKA_PASSWORD."


class AccessDeniedError(LogUnavailableError):
    """The account lacks a right that isn't about writing one topic."""

    code = "log.access_denied"
    message = "The event log does not let the platform {what}."
    remedy = "Grant its account the right (docs/how-to/secure-kafka.md lists them all)."


class ChecksumMissingError(FatalError):
    """kafka-python computes checksums in Python where crc32c is missing: ten times the CPU for each record."""

    code = "log.crc32c_missing"
    message = "The package crc32c is missing, without which reading Kafka takes ten times the CPU."
    remedy = "Install requirements.txt, or `pip install 'kafka-python[crc32c]'`."


class ClientFailureError(Exception):
    """A call of librdkafka's client failed, or the client came to its end."""

    def __init__(self, error: confluent_kafka.KafkaError) -> None:
        super().__init__(error.str())
        self.error = error


@contextmanager
def as_client_failures() -> Iterator[None]:
    """One error for the three shapes in which the client tells of its end, from whatever call comes next."""
    try:
        yield
    except confluent_kafka.KafkaException as failure:
        raise ClientFailureError(failure.args[0]) from None
    except confluent_kafka.KafkaError as error:  # type: ignore[misc]  # it is one in C alone
        raise ClientFailureError(error) from None
    except SystemError as failure:  # raised while a callback of ours ran
        cause = failure.__cause__
        behind = cause.args[0] if isinstance(cause, confluent_kafka.KafkaException) else cause
        if not isinstance(behind, confluent_kafka.KafkaError):
            raise
        raise ClientFailureError(behind) from None


@contextmanager
def as_log_errors(topic: str = "", what: str = "do this") -> Iterator[None]:
    """Let kafka-python's errors come out as errors of the log; `what` is tried here, where a right may be missing."""
    try:
        yield
    except kafka_errors.UnknownTopicOrPartitionError as error:
        raise TopicUnknownError(topic=topic) from error
    except kafka_errors.AuthorizationError as error:
        raise AccessDeniedError(what=what) from error
    except kafka_errors.KafkaError as error:
        raise LogUnavailableError(reason=str(error) or type(error).__name__) from error


def of_delivery(error: confluent_kafka.KafkaError, *, topic: str, size: int) -> PlatformError:
    """What a failed delivery means."""
    if error.code() in _UNKNOWN_TOPIC:
        return TopicUnknownError(topic=topic)
    if error.code() in _TOO_LARGE:
        return RecordTooLargeError(size=size)
    if error.code() in _NOT_AUTHORISED:
        return NotAuthorisedError(topic=topic)
    if error.code() in _REFUSED:
        return RecordRefusedError(topic=topic, reason=error.str())
    return LogUnavailableError(reason=error.str())


def of_reading(error: confluent_kafka.KafkaError, *, topic: str) -> PlatformError:
    """What a consumer's complaint means."""
    if error.code() in _UNKNOWN_TOPIC:
        return TopicUnknownError(topic=topic)
    if error.code() in _NOT_AUTHORISED:
        return AccessDeniedError(what=f"read topic {topic}")
    return LogUnavailableError(reason=error.str())


def of_connecting(error: confluent_kafka.KafkaError) -> LogUnavailableError | None:
    """What keeps a client of librdkafka from its brokers; None where it is only that none answers."""
    reason = _shortened(error.str())
    if reason.startswith(_NO_TOKEN):
        return TokenUnavailableError(reason=reason.removeprefix(_NO_TOKEN).strip(": "))
    if error.code() == _RESOLVE:
        return HostUnknownError(reason=reason)
    if error.code() == _SSL or "SSL routines" in error.str():
        return TlsFailedError(reason=reason)
    if error.code() in _AUTHENTICATION:
        return AccountRefusedError(reason=reason)
    return None


def _shortened(text: str) -> str:
    """One line, without the time that it took, so that the same reason is the same text."""
    return " ".join(text.partition(" (after ")[0].split())[:_LONGEST_REASON]
