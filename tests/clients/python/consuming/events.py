"""Events and consumers for the tests of consuming."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from eventclient.consuming.consumer import Consumer

WAIT_SECONDS = 20.0


def event(n: int, *, stream: str = "pages", domain: str = "en.wikipedia.org", **more: Any) -> dict[str, Any]:
    return {"$schema": "/sample/page/1.0.0", "meta": {"stream": stream, "id": f"id-{n}", "domain": domain}, "n": n, **more}


def wait_until(holds: Callable[[], object], seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def running(consumer: Consumer) -> Iterator[list[BaseException]]:
    """The consumer in a thread; stopped at the end. What it raised stands in the list."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            consumer.run(signals=False)
        except BaseException as error:  # noqa: BLE001  # the test looks at it
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield raised
    finally:
        consumer.stop()
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()
