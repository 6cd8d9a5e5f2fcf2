"""The process that answers one question with DuckDB and ends: no files, no network, no environment, bounded in all ways.

It speaks frames over its standard input and lines of JSON over its output (`monitoring.realtime.frames`):
the question comes in, its tables go out; their shapes, records and the window come in, the answer goes out.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import orjson

from eventplatform.core.errors import RejectedError
from monitoring.realtime import cells, frames, statement
from monitoring.realtime.errors import QuestionFailedError, SyntaxInvalidError, TooLargeError, TooSlowError
from monitoring.realtime.loading import Tables

_ROOM_BYTES = 512 * 1024 * 1024  # of addresses beside DuckDB's own memory: records on their way in, rows on their way out
_ASIDE_SECONDS = 30  # of processor time beside the answer's, for reading records
_STEP = 500  # rows


def main() -> None:
    """Answer the question that comes in."""
    source, out = sys.stdin.buffer, _taken_over()
    try:
        for line in _conversation(source):
            out.write(orjson.dumps(line) + b"\n")
            out.flush()
    except RejectedError as error:
        out.write(orjson.dumps({"error": error.code, "facts": error.facts}) + b"\n")
        out.flush()


def _taken_over() -> BinaryIO:
    """The output; nothing that a library prints gets there."""
    out = os.fdopen(os.dup(1), "wb")
    with contextlib.suppress(OSError), Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 1)
    return out


def _conversation(source: BinaryIO) -> Iterator[Mapping[str, Any]]:
    asked = orjson.loads(frames.read(source))
    limits = asked["limits"]
    database = _opened(limits)
    read = _parsed(database, asked["sql"])
    yield {"tables": read.tables, "hidden": read.hidden, "wants_event": read.wants_event}

    tables = Tables(database, orjson.loads(frames.read(source)))
    while packed := frames.read(source):
        tables.take(packed)
    yield {"schemas": tables.missed}
    tables.learn(orjson.loads(frames.read(source)))
    with _told(limits):
        tables.finish(orjson.loads(frames.read(source)))
    _lock(database)
    begun = time.monotonic()
    with _told(limits), _bounded(database, limits["seconds"]):
        answer = _answer(database, asked["sql"], limits)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    costs = {"cpu_seconds": spent.ru_utime + spent.ru_stime, "peak_mb": spent.ru_maxrss // 1024}
    yield {**answer, **tables.counts(), "seconds": time.monotonic() - begun, **costs}


def _opened(limits: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": "1",
        "memory_limit": f"{limits['memory_mb']}MB",
        "max_temp_directory_size": "0B",
        "temp_directory": "",  # none at all: an empty folder would be left behind where the process runs
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
    }
    database = duckdb.connect(":memory:", config=config)
    database.execute("set TimeZone = 'UTC'")
    used = _addresses() + limits["memory_mb"] * 1024 * 1024 + _ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (used, used))
    seconds = int(limits["seconds"]) + _ASIDE_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return database


def _addresses() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _parsed(database: duckdb.DuckDBPyConnection, sql: str) -> statement.Statement:
    try:
        found = database.execute("select json_serialize_sql(?)", [sql]).fetchone()
        parsed = orjson.loads(found[0] if found else "{}")
    except duckdb.Error as error:
        raise SyntaxInvalidError(reason=_reason(error)) from None
    except orjson.JSONDecodeError:
        raise SyntaxInvalidError(reason="it is nested too deep.") from None
    return statement.read(parsed)


def _lock(database: duckdb.DuckDBPyConnection) -> None:
    """From here on nothing but the tables can be reached, and nobody can change that; no file can be written either."""
    for line in ("set enable_external_access = false", "set lock_configuration = true"):
        database.execute(line)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def _answer(database: duckdb.DuckDBPyConnection, sql: str, limits: Mapping[str, Any]) -> dict[str, Any]:
    cursor = database.execute(sql)
    columns = [(str(name), str(kind)) for name, kind, *_ in cursor.description or ()]
    rows, is_cut = cells.rows_of(_fetched(cursor), max_rows=limits["rows"], max_bytes=limits["bytes"])
    return {"columns": columns, "rows": rows, "is_cut": is_cut}


def _fetched(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while found := cursor.fetchmany(_STEP):
        yield from found


@contextlib.contextmanager
def _bounded(database: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, database.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def _told(limits: Mapping[str, Any]) -> Iterator[None]:
    """What DuckDB says, as errors of ours."""
    try:
        yield
    except (duckdb.InterruptException, KeyboardInterrupt):
        raise TooSlowError(seconds=limits["seconds"]) from None
    except (duckdb.OutOfMemoryException, MemoryError):
        raise TooLargeError from None
    except duckdb.ParserException as error:
        raise SyntaxInvalidError(reason=_reason(error)) from None
    except duckdb.Error as error:
        raise QuestionFailedError(reason=_reason(error), kind=type(error).__name__) from None


def _reason(error: Exception) -> str:
    """DuckDB's sentence without its own word for the family in front."""
    text = str(error)
    head, colon, rest = text.partition(" Error: ")
    return (rest if colon and len(head) < 40 else text)[: cells.WIDEST]  # noqa: PLR2004  # longer than any family's name


if __name__ == "__main__":
    main()
