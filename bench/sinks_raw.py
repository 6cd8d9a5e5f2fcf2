"""The floors of the sinks' bench: each driver's best bulk write of the same events, nothing else.

No offsets, no canaries, no look at a value's type, no dead letters. Each takes the records' bytes and the parsed events of a
batch, and returns when the store has them as durably as ours.
"""

from __future__ import annotations

import io
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
import pymysql
import redis

from bench.sinks_workload import DOCUMENT, flat
from connectors.mapping.columns import ColumnType, leaves

Events = Sequence[Mapping[str, Any]]
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Raw(ABC):
    """One way of writing; `title` says which."""

    title: str

    @abstractmethod
    def write(self, values: Sequence[bytes], events: Events, first_offset: int) -> None:
        """Put a batch into the store."""

    def close(self) -> None:  # noqa: B027  # files have no connection
        """Let go of the connection."""


def columns(words: Mapping[ColumnType, str], quote: str) -> str:
    """The same columns as ours, without those that are ours alone."""
    return ", ".join(f"{quote}{'__'.join(leaf.path)}{quote} {words[leaf.type]}" for leaf in leaves(DOCUMENT))


def account(port: int) -> dict[str, Any]:
    """How to come to the bench's MariaDB."""
    return {"host": "127.0.0.1", "port": port, "user": "ep", "passwd": "ep"}


def lines(events: Events, true: str, false: str) -> bytes:
    """What COPY and LOAD DATA read, as whoever knows this one shape would write it; only text is escaped."""
    rows = []
    for one in events:
        fields = "\t".join(
            [
                value.translate(_ESCAPES)
                if isinstance(value, str)
                else (true if value else false)
                if isinstance(value, bool)
                else str(value)
                for value in flat(one)
            ]
        )
        rows.append(fields)
    return ("\n".join(rows) + "\n").encode()


class PostgresRows(Raw):
    """psycopg's own way: the driver formats tuples."""

    title = "COPY of tuples"

    def __init__(self, url: str, words: Mapping[ColumnType, str]) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("DROP TABLE IF EXISTS raw")
        self.connection.execute(f"CREATE TABLE raw ({columns(words, chr(34))})".encode())

    def write(self, values: Sequence[bytes], events: Events, first_offset: int) -> None:
        del values, first_offset
        with self.connection.cursor() as cursor, cursor.copy("COPY raw FROM STDIN") as copy:
            for one in events:
                copy.write_row(flat(one))

    def close(self) -> None:
        self.connection.close()


class PostgresText(PostgresRows):
    """Text made here, in one piece."""

    title = "COPY of text"

    def write(self, values: Sequence[bytes], events: Events, first_offset: int) -> None:
        del values, first_offset
        with self.connection.cursor() as cursor, cursor.copy("COPY raw FROM STDIN") as copy:
            copy.write(lines(events, "t", "f"))


class MySqlInsert(Raw):
    """PyMySQL's own way: INSERTs of many rows."""

    title = "executemany"

    def __init__(self, port: int, database: str, words: Mapping[ColumnType, str]) -> None:
        self.connection = pymysql.connect(**account(port), database=database, local_infile=True, autocommit=True)
        self.connection.query("DROP TABLE IF EXISTS raw")
        self.connection.query(f"CREATE TABLE raw ({columns(words, '`')})")
        self.insert = "INSERT INTO raw VALUES ({})".format(", ".join(["%s"] * len(leaves(DOCUMENT))))  # noqa: S608  # nothing but marks

    def write(self, values: Sequence[bytes], events: Events, first_offset: int) -> None:
        del values, first_offset
        with self.connection.cursor() as cursor:
            cursor.executemany(self.insert, [self._row(one) for one in events])

    def close(self) -> None:
        self.connection.close()

    def _row(self, one: Mapping[str, Any]) -> list[Any]:
        """Its times as DATETIME takes them: without the Z."""
        row = flat(one)
        for index in _TIMES:
            row[index] = row[index][:-1]
        return row


class MySqlLoad(MySqlInsert):
    """LOAD DATA LOCAL, whose driver reads a file: one in memory."""

    title = "LOAD DATA LOCAL"

    def write(self, values: Sequence[bytes], events: Events, first_offset: int) -> None:
        del values, first_offset
        folder = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a file for one statement, its name random
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(lines(events, "1", "0"))
            file.flush()
            with self.connection.cursor() as cursor:
                cursor.execute(f"LOAD DATA LOCAL INFILE '{file.name}' INTO TABLE raw CHARACTER SET utf8mb4")


class RedisPipeline(Raw):
    """The same XADDs, in a pipeline."""

    title = "pipeline of XADD"

    def __init__(self, url: str) -> None:
        self.client: Any = redis.Redis.from_url(url)

    def write(self, values: Sequence[bytes], events: Events, first_offset: int) -> None:
        del events
        pipeline = self.client.pipeline(transaction=False)
        for offset, value in enumerate(values, first_offset):
            pipeline.execute_command("XADD", "raw", offset + 1, "event", value)
        pipeline.execute()

    def close(self) -> None:
        self.client.close()


class FileLines(Raw):
    """Lines of JSON, a file a batch, synced."""

    title = "lines, fsync"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def write(self, values: Sequence[bytes], events: Events, first_offset: int) -> None:
        del events
        with (self.folder / f"{first_offset}.jsonl").open("xb") as file:
            file.write(b"\n".join(values) + b"\n")
            file.flush()
            os.fsync(file.fileno())


class OpenSearchBulk(Raw):
    """`_bulk` with the records' own bytes, ids of the server's."""

    title = "_bulk"

    def __init__(self, url: str, index: str, made_as: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=60.0, trust_env=False)
        self.index = index
        found = self.http.get(f"/{made_as}").json()
        made = next(iter(found.values()))
        kept = {name: value for name, value in made["settings"]["index"].items() if name in _SETTINGS}
        self.http.put(f"/{index}", json={"settings": kept, "mappings": made["mappings"]}).raise_for_status()

    def write(self, values: Sequence[bytes], events: Events, first_offset: int) -> None:
        del events, first_offset
        body = io.BytesIO()
        for value in values:
            body.write(b'{"create":{}}\n')
            body.write(value)
            body.write(b"\n")
        answer = self.http.post(
            f"/{self.index}/_bulk",
            params={"filter_path": "errors"},
            content=body.getvalue(),
            headers={"Content-Type": "application/x-ndjson"},
        )
        if orjson.loads(answer.content) != {"errors": False}:
            raise RuntimeError(answer.text[:500])

    def close(self) -> None:
        self.http.close()


_TIMES = [index for index, leaf in enumerate(leaves(DOCUMENT)) if leaf.type is ColumnType.TIME]
_SETTINGS = ("number_of_shards", "number_of_replicas", "refresh_interval", "mapping", "codec")
