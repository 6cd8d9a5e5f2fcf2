"""What readers see while imports run: two web processes, and never half of an import."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import connection

from registry import services
from registry.models import Repository
from registry.schema.repository_files import Found, VersionFile
from tests.intake.serving import serving

pytestmark = pytest.mark.slow

IMPORTS, READS, READERS = 50, 10_000, 4
TITLES = ("pair/one", "pair/two")
FILE = "$id: /{title}/{version}\n$schema: https://json-schema.org/draft-07/schema#\ntype: object\ndescription: seen in pairs\n"

Get = Callable[[str], str]


def found(newest: int) -> Found:
    """Both titles, each with its versions up to the same one."""
    files = []
    for title, minor in itertools.product(TITLES, range(newest + 1)):
        version = f"1.{minor}.0"
        text = FILE.format(title=title, version=version)
        files.append(VersionFile(f"{title}/{version}.yaml", version, False, text, f"{title} {version}"))
    return Found(tuple(files), ())


def latest_in_list(get: Get) -> None:
    rows = json.loads(get("/api/v1/schemas?repository=mine"))["results"]

    assert [row["title"] for row in rows] == list(TITLES)
    assert rows[0]["latest"] == rows[1]["latest"]
    assert rows[0]["versions"] == rows[1]["versions"]
    assert rows[0]["versions"][-1] == rows[0]["latest"]


def latest_in_search(get: Get) -> None:
    page = get("/schemas?q=pairs")

    assert all(title in page for title in TITLES)
    assert len(set(re.findall(r"\b1\.\d+\.0\b", page))) == 1


def listings_one_after_the_other(get: Get) -> None:
    """What a later answer shows is never older than an earlier one's."""
    counts = [len(json.loads(get(f"/repositories/mine/jsonschema/{title}/"))) for title in TITLES]

    assert counts[0] <= counts[1]


def files_one_after_the_other(get: Get) -> None:
    minors = [int(re.findall(r"/1\.(\d+)\.0", get(f"/repositories/mine/jsonschema/{title}/latest"))[0]) for title in TITLES]

    assert minors[0] <= minors[1]


LOOKS = (latest_in_list, latest_in_search, listings_one_after_the_other, latest_in_list, files_one_after_the_other)


class Readers:
    """Threads that read from both servers by turns, and how often they did."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.reads = 0
        self.is_failed = False
        self.moved = threading.Condition()

    def read(self, number: int) -> None:
        """A thread's work: one look after the other, until all together read enough."""
        connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port in self.ports]
        try:
            for turn in itertools.count(number):
                if self.reads >= READS:
                    return
                LOOKS[turn % len(LOOKS)](partial(self._get, connections[turn % 2]))
        except BaseException:
            with self.moved:
                self.is_failed = True
                self.moved.notify_all()
            raise
        finally:
            for one in connections:
                one.close()

    def wait_for(self, reads: int) -> bool:
        """Whether they came so far without a failure."""
        with self.moved:
            self.moved.wait_for(lambda: self.is_failed or self.reads >= reads, timeout=120)
        return not self.is_failed and self.reads >= reads

    def _get(self, server: http.client.HTTPConnection, path: str) -> str:
        server.request("GET", path, headers={"Accept": "application/json, text/html;q=0.5"})
        answer = server.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        with self.moved:
            self.reads += 1
            self.moved.notify_all()
        return text


@pytest.fixture
def servers(child_environment: dict[str, str]) -> Iterator[list[int]]:
    """Two web processes over this test's database."""
    with ExitStack() as stack:
        environment = {**child_environment, "ROLE": "web", "PAGES_NEED_LOGIN": "0"}
        yield [stack.enter_context(serving("eventplatform.wsgi:application", "wsgi", environment)) for _ in range(2)]


def test_reads__two_processes_while_imports_run__see_whole_states_only(servers: list[int]) -> None:
    repository = Repository.objects.create(name="mine")
    assert services.import_found(repository=repository, found=found(0)).is_ok
    readers = Readers(servers)

    with ThreadPoolExecutor(READERS) as pool:
        reading = [pool.submit(readers.read, number) for number in range(READERS)]
        for newest in range(1, IMPORTS + 1):
            if not readers.wait_for(newest * READS // (IMPORTS + 1)):
                break
            assert services.import_found(repository=repository, found=found(newest)).is_ok
        for reader in reading:
            reader.result()

    assert readers.reads >= READS
    connection.close()
