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

_UNKNOWN_TOPIC = {
    confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART,
    confluent_kafka.KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001  # librdkafka's own codes are public names with a dash
    confluent_kafka.KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001  # likewise
    confluent_kafka.KafkaError.TOPIC_EXCEPTION,
}
_NOT_AUTHORISED = {
    confluent_kafka.KafkaError.TOPIC_AUTHORIZATION_FAILED,
    confluent_kafka.KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
_TOO_LARGE = {confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE, confluent_kafka.KafkaError.RECORD_LIST_TOO_LARGE}
# What no second try mends; everything else is the world's fault, and worth one.
_REFUSED = {
    confluent_kafka.KafkaError.INVALID_RECORD,
    confluent_kafka.KafkaError.INVALID_TIMESTAMP,
    confluent_kafka.KafkaError.INVALID_MSG_SIZE,
    confluent_kafka.KafkaError.POLICY_VIOLATION,
    confluent_kafka.KafkaError._INVALID_ARG,  # noqa: SLF001  # librdkafka's own codes are public names with a dash
}


class ChecksumMissingError(FatalError):
    """kafka-python computes checksums in Python where crc32c is missing: ten times the CPU for each record."""

    code = "log.crc32c_missing"
    message = "The package crc32c is missing, without which reading Kafka takes ten times the CPU."
    remedy = "Install requirements.txt, or `pip install 'kafka-python[crc32c]'`."


class CodecMissingError(FatalError):
    """Records in the log are compressed in a way that this environment can't undo; trying again changes nothing."""

    code = "log.codec_missing"
    message = "The log holds compressed records that can't be read here: {reason}."
    remedy = "Install the codec beside kafka-python: lz4, zstandard or python-snappy."


@contextmanager
def as_log_errors(topic: str = "") -> Iterator[None]:
    """Let kafka-python's errors come out as errors of the log."""
    try:
        yield
    except kafka_errors.UnknownTopicOrPartitionError as error:
        raise TopicUnknownError(topic=topic) from error
    except kafka_errors.UnsupportedCodecError as error:
        raise CodecMissingError(reason=str(error)) from error
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
