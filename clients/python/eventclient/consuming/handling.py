"""What becomes of one event: told apart, handled, tried again, parked. It knows no source and no thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from eventclient.consuming.dead_letters import DeadLetters, letter_of, words_of
from eventclient.consuming.decoding import Event, decode, event_id, is_canary, located, stream_of
from eventclient.consuming.deliveries import Delivery
from eventclient.consuming.errors import ConsumerError, DeadLettersError, Park
from eventclient.consuming.handlers import Handlers
from eventclient.consuming.retries import Retries
from eventclient.consuming.seen import Seen
from eventclient.consuming.stats import Stats

_log = logging.getLogger("eventclient.consuming")

# Waits so many seconds; True where the consumer was stopped meanwhile.
Wait = Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a consumer was made with."""

    group: str
    seen: Seen
    dead_letters: DeadLetters
    retries: Retries
    with_canaries: bool = False
    handler_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """An event that somebody is to handle."""

    delivery: Delivery
    event: Event
    stream: str
    name: str  # that it is known again by; empty where it has no id


class Handling:
    """Safe to share between threads."""

    def __init__(self, rules: Rules, handlers: Handlers, stats: Stats) -> None:
        self._rules = rules
        self._handlers = handlers
        self._stats = stats

    def prepare(self, delivery: Delivery) -> Prepared | None:
        """The event; None where nobody is to handle it, which is counted."""
        if delivery.value is None:
            self._stats.add("tombstones")
            return None
        try:
            event = decode(delivery)
        except Park as error:
            self.park(delivery, error)
            return None
        if not self._rules.with_canaries and is_canary(event):
            self._stats.add("canaries")
            return None
        stream, name = stream_of(event, delivery), event_id(event)
        return Prepared(delivery, event, stream, f"{stream} {name}" if name else "")

    def is_duplicate(self, one: Prepared) -> bool:
        """True where it was handled before, which is counted."""
        if one.name and self._rules.seen.has(one.name):
            self._stats.add("duplicates")
            return True
        return False

    def handle(self, one: Prepared, wait: Wait) -> bool:
        """True once the event is done with: handled, parked, or known; False: stopped before that.

        Raises:
            ConsumerError: going on would lose it.
        """
        if self.is_duplicate(one):
            return True
        event, tried, started = one.event, 1, time.monotonic()
        while (error := self._try(one, event)) is not None:
            if not self._rules.retries.again(error, tried):
                self.park(one.delivery, error, stream=one.stream, tries=tried)
                break
            pause = self._rules.retries.pause(error, tried)
            _log.warning("event.retried %s tries=%d pause=%.1f error=%s", _place(one.delivery), tried, pause, words_of(error))
            if wait(pause) or one.delivery.lane.is_leaving:
                return False
            self._stats.add("retried")
            tried += 1
            event = decode(one.delivery)  # the handler may have changed it
        else:
            self._stats.add("handled")
        self._warn_if_overdue(one.delivery, time.monotonic() - started)
        self.remember(one)
        return True

    def remember(self, one: Prepared) -> None:
        """It is done with; should it come again, it is passed over."""
        if one.name:
            self._rules.seen.add(one.name)

    def park(self, delivery: Delivery, error: Exception, *, stream: str = "", tries: int = 0) -> None:
        """Set it aside.

        Raises:
            DeadLettersError: it can't be; whoever goes on now loses it.
        """
        delivery = located(delivery)
        letter = letter_of(delivery, error, stream=stream, consumer=self._rules.group, tries=tries)
        try:
            self._rules.dead_letters.put(letter)
        except DeadLettersError:
            raise
        except Exception as failure:
            raise DeadLettersError(f"An event could not be parked: {words_of(failure)}.") from failure
        self._stats.add("parked")
        _log.warning("event.parked %s code=%s reason=%s", _place(delivery), letter.code, letter.reason)

    def _try(self, one: Prepared, event: Event) -> Exception | None:
        try:
            self._handlers.call(one.stream, event)
        except ConsumerError:
            raise
        except Exception as error:  # noqa: BLE001  # its class decides what becomes of the event
            return error
        return None

    def _warn_if_overdue(self, delivery: Delivery, seconds: float) -> None:
        if seconds > self._rules.handler_seconds:
            self._stats.add("overdue")
            _log.warning("event.overdue %s seconds=%.0f", _place(delivery), seconds)


def _place(delivery: Delivery) -> str:
    delivery = located(delivery)
    return f"topic={delivery.topic} partition={delivery.partition} offset={delivery.offset}"
