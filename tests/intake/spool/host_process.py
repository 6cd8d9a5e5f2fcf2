"""One intake process of a host, to be killed: sends without pause to a log that is a file, and notes what it was promised.

`python -m tests.intake.spool.host_process FOLDER NAME FIRST`: the log is away while FOLDER/away exists.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from eventplatform.broker.base import Delivery, LogUnavailableError, OnSettled, Producer
from eventplatform.core.records import NewRecord
from intake.spool.durable import DurableProducer
from intake.spool.room import Room
from intake.spool.spool import Spool

ROOM = Room(16 * 1024 * 1024, 0)  # segments of 1 MiB: they roll every few moments
_WINDOW = 8


class FileProducer(Producer):
    """Appends each call's values, a line each, with one write."""

    def __init__(self, folder: Path) -> None:
        self._away = folder / "away"
        self._log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        error = LogUnavailableError(reason="told so") if self._away.exists() else None
        if error is None:
            os.write(self._log, b"".join((record.value or b"").split(b" ")[0] + b"\n" for record in records))
        on_settled([Delivery(record.topic, error=error) for record in records])

    def flush(self, timeout_seconds: float) -> int:  # noqa: ARG002  # nothing is queued
        return 0

    def close(self) -> None:
        """The kernel closes the file."""

    def probe(self) -> None:
        if self._away.exists():
            raise LogUnavailableError(reason="told so")


def main(folder: Path, name: str, number: int) -> None:
    inner = FileProducer(folder)
    producer = DurableProducer(inner, lambda: Spool(folder / "spool", ROOM), inner.probe, timeout_seconds=1)
    ledger = os.open(folder / f"promised-{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    window = threading.Semaphore(_WINDOW)

    def promise(count: int, deliveries: Sequence[Delivery]) -> None:
        if deliveries[0].error is None:
            os.write(ledger, f"{name}/{count}\n".encode())
        window.release()

    while True:
        window.acquire()
        record = NewRecord("t", f"{name}/{number} ".encode() + b"x" * 2_000, name.encode())
        producer.produce([record], lambda found, count=number: promise(count, found))  # type: ignore[misc]  # bound now
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
