"""`make run KAFKA=1`: the same platform with a real Kafka in place of the embedded log."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest

from eventplatform.embedded import addresses
from tests.free_ports import free_ports
from tests.run.start import Start, wait_until

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]


def test_start__with_kafka__event_of_the_printed_curl_reaches_postgres(service_missing: Callable[[str], NoReturn]) -> None:
    for program in ("java", "mvn"):
        if not shutil.which(program):
            service_missing(f"{program} is missing")
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        start = Start(Path(folder) / "var", free_ports(5))
        start.begin(with_kafka=True)
        try:
            start.wait_until_ready(150)
            curl = next(line for line in start.text().splitlines() if line.startswith("curl "))
            answer = subprocess.run(shlex.split(curl), capture_output=True, text=True, check=True).stdout
            assert answer.startswith("HTTP/1.1 201")

            wait_until(lambda: rows(start.var / "with-kafka") == 1, 30, start.text)
        finally:
            code, seconds = start.stop()

        assert code == 0
        assert seconds < 10
        assert start.processes() == []


def rows(var: Path) -> int:
    """How many events of the curl stand in the store, filled from Kafka."""
    query = "select count(*) from events.test_event where test = 'hello'"
    try:
        with psycopg.connect(addresses.postgres_url(var, "warehouse")) as connection:
            found = connection.execute(query).fetchone()
    except psycopg.errors.UndefinedTable:
        return 0
    return int(found[0]) if found else 0
