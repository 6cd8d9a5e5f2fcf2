"""Delimited lines as MySQL's statements: LOAD DATA, or INSERTs of many rows where each fault shall be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.sinks.base import RecordRefusedError

_BYTES_PER_STATEMENT = 1024 * 1024  # larger ones were no faster
_SPARE = 1024  # of a packet, for what stands around the rows


def loading(table: str, columns: Sequence[str]) -> str:
    """The statement that reads lines as `connectors.mapping.delimited` writes them."""
    names = ", ".join(f"`{name}`" for name in columns)
    return (
        f"LOAD DATA LOCAL INFILE 'rows' INTO TABLE {table} CHARACTER SET utf8mb4 "
        rf"FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n' ({names})"
    )


def inserts(table: str, columns: Sequence[str], lines: Iterator[str], largest: int) -> Iterator[bytes]:
    """As many INSERTs as needed, none larger than the server takes.

    Raises:
        RecordRefusedError: a row alone is.
    """
    names = ", ".join(f"`{name}`" for name in columns)
    start = f"INSERT INTO {table} ({names}) VALUES ".encode()  # noqa: S608  # names of ours; values are literals, escaped
    most = largest - len(start) - _SPARE
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        row = _literals(line).encode()
        if len(row) > most:
            raise RecordRefusedError(reason=f"its row takes {len(row)} bytes, and the server takes {largest} at once")
        if waiting and size + len(row) + 1 > min(most, _BYTES_PER_STATEMENT):
            yield start + b",".join(waiting)
            waiting, size = [], 0
        waiting.append(row)
        size += len(row) + 1
    if waiting:
        yield start + b",".join(waiting)


def _literals(line: str) -> str:
    r"""The line's escapes mean the same within quotes, tabs between fields can be no others, and `\N` alone is nothing."""
    fields = ["NULL" if field == r"\N" else "'" + field.replace("'", "''") + "'" for field in line.split("\t")]
    return f"({','.join(fields)})"
