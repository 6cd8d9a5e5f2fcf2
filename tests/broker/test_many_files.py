"""The Postgres log in a process that holds more files than `select` can name, such as one with a thousand clients."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator

import pytest

from eventplatform.broker.postgres import PostgresLog
from eventplatform.broker.postgres.schema import install
from eventplatform.core.records import NewRecord, TopicPartition
from tests.contracts.logs import produce

_SELECTABLE = 1024

pytestmark = pytest.mark.slow


@pytest.fixture
def many_files() -> Iterator[None]:
    """No descriptor below 1024 is free."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4 * _SELECTABLE:
        pytest.skip("this system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4 * _SELECTABLE), hard))
    held: list[int] = []
    while not held or held[-1] < _SELECTABLE:
        held.append(os.open("/dev/null", os.O_RDONLY))
    yield
    for one in held:
        os.close(one)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_log__more_than_a_thousand_files_open__written_and_read_again_and_again(postgres_url: str, many_files: None) -> None:
    install(postgres_url)
    where = TopicPartition("t", 0)
    with PostgresLog(postgres_url) as log:
        log.create_topic("t")
        reader = log.reader()
        for number in range(3):
            produce(log, [NewRecord("t", b"%d" % number)])

            (record,) = reader.read(where, number).records

            assert record.value == b"%d" % number
            assert log.end_offsets([where]) == {where: number + 1}
        reader.close()
