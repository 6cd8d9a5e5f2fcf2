"""The partitioner against Kafka's published vectors and other clients' own code."""

from __future__ import annotations

import random

import pytest
from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python

from eventplatform.broker.partitioner import murmur2, partition_of

# From org.apache.kafka.common.utils.UtilsTest#testMurmur2, which writes them as signed numbers.
JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "expected"), JAVA.items())
def test_murmur2__javas_own_vectors__agree(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected & 0xFFFFFFFF


def test_murmur2__random_keys__as_kafka_python() -> None:
    chance = random.Random(7)  # noqa: S311  # test data, the same each time
    keys = [chance.randbytes(length) for length in range(70) for _ in range(5)]

    assert [murmur2(key) for key in keys] == [murmur2_of_kafka_python(key) & 0xFFFFFFFF for key in keys]


def test_partition_of__negative_hash__stays_in_range() -> None:
    assert {partition_of(key, 7) for key in JAVA} <= set(range(7))
    assert partition_of(b"21", 4) == (-973932308 & 0x7FFFFFFF) % 4
