"""The thread that shares limits with other processes over Redis; the door never waits for it."""

from __future__ import annotations

import contextlib
import logging
import threading
import time

import redis

from eventplatform.guard.rates import Rates
from intake.rates.exchange import Exchange

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 1.0


class Sharing:
    """Start it after a fork. While Redis is away every process goes on with its last part of each limit."""

    def __init__(self, url: str, rates: Rates, *, is_one_of_several: bool = False) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS)
        self._rates = rates
        self._exchange = Exchange(rates, time.monotonic, is_one_of_several=is_one_of_several)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_away = False

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="rate-sharing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._redis.close()

    @property
    def processes(self) -> int:
        """How many keep the limits together, as far as is known."""
        return self._exchange.processes

    def _run(self) -> None:
        with contextlib.suppress(redis.RedisError):
            self._exchange.recall(self._redis)
        while not self._stopping.wait(self._exchange.seconds_to_next()):
            try:
                if self._exchange.is_needed:
                    self._exchange.round(self._redis)
                    self._tell(is_away=False)
            except redis.RedisError as error:
                self._tell(is_away=True, reason=str(error))
            except Exception:
                # A thread that ends would leave this process with its part for ever.
                log.exception("rates.sharing_failed")

    def _tell(self, *, is_away: bool, reason: str = "") -> None:
        if is_away != self.is_away:
            level = logging.WARNING if is_away else logging.INFO
            log.log(level, "rates.redis_away" if is_away else "rates.redis_back", extra={"reason": reason[:200]})
        self.is_away = is_away
