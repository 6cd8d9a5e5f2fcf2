"""Clients that never finish a request: each sends a byte of its headers a second, and comes again when it is thrown out."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_BEGINNING = b"POST /v1/events HTTP/1.1\r\nhost: x\r\nx-slow: "


@dataclass
class SlowClients:
    """`count` of them at once. `ends` counts how the server got rid of them: by the status it sent, 0 for none."""

    port: int
    count: int
    ends: Counter[int] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def running(self) -> Iterator[SlowClients]:
        """They drip while the block lasts."""
        thread = threading.Thread(target=lambda: asyncio.run(self._all()), name="slow clients")
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    async def _all(self) -> None:
        await asyncio.gather(*(self._one() for _ in range(self.count)))

    async def _one(self) -> None:
        while not self._stop.is_set():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(1)
                continue
            answer = asyncio.ensure_future(reader.read(64))
            with contextlib.suppress(OSError):
                writer.write(_BEGINNING)
                while not self._stop.is_set() and not answer.done():
                    writer.write(b"x")
                    await asyncio.wait([answer], timeout=1)
            if answer.done():
                self.ends[_status(answer)] += 1
            answer.cancel()
            writer.close()


def _status(answer: asyncio.Future[bytes]) -> int:
    first = b"" if answer.exception() else answer.result()
    return int(first[9:12]) if first.startswith(b"HTTP/1.1 ") else 0
