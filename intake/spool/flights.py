"""Records on their way to the log or to the spool, in the order in which they came, until each call's fate is known."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from eventplatform.broker.base import (
    MAX_RECORD_BYTES,
    Delivery,
    LogUnavailableError,
    OnSettled,
    RecordTooLargeError,
    size_of,
)
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import NewRecord

_log = logging.getLogger(__name__)


class Flight:
    """The records of one `produce`."""

    __slots__ = ("_on_failure", "_on_settled", "began", "deliveries", "is_over", "records")

    def __init__(
        self,
        records: Sequence[NewRecord],
        on_settled: OnSettled,
        on_failure: Callable[[Flight, Sequence[Delivery]], None],
    ) -> None:
        self.records = records
        self.began = time.monotonic()
        self.deliveries: Sequence[Delivery] | None = None  # what the log said, where it took not all of them
        self.is_over = False
        self._on_settled = on_settled
        self._on_failure = on_failure

    @property
    def is_under_way(self) -> bool:
        """Whether the log has not yet said what became of it."""
        return not self.is_over and self.deliveries is None

    @property
    def size(self) -> int:
        """Bytes that its records carry."""
        return sum(map(size_of, self.records))

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Take what the log says; the `on_settled` of its producer."""
        for delivery in deliveries:
            if delivery.error is not None and isinstance(delivery.error, LogUnavailableError):
                self._on_failure(self, deliveries)
                return
        self.end(deliveries)

    def end(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the caller, once."""
        if self.is_over:
            return
        self.is_over = True
        try:
            self._on_settled(deliveries)
        except Exception:  # noqa: BLE001  # a callback's fault must not stop the flights of all others
            _log.exception("spool.callback_failed")

    def fail(self, error: PlatformError) -> None:
        """Every record that the log did not take has failed."""
        pairs = zip(self.records, self._told(), strict=True)
        self.end([one if one and not is_away(one) else Delivery(record.topic, error=error) for record, one in pairs])

    def for_spool(self) -> list[NewRecord]:
        """Those that the log has not taken and that may wait on the disk."""
        pairs = zip(self.records, self._told(), strict=True)
        return [record for record, told in pairs if (told is None or is_away(told)) and _refusal(record, None) is None]

    def spooled(self, away: PlatformError) -> None:
        """What `for_spool` named is on the disk; those that may not be there have failed."""
        self.end([_spooled(record, one, away) for record, one in zip(self.records, self._told(), strict=True)])

    def _told(self) -> Sequence[Delivery | None]:
        return self.deliveries or [None for _ in self.records]


def _spooled(record: NewRecord, told: Delivery | None, away: PlatformError) -> Delivery:
    if told is not None and not is_away(told):
        return told
    error = _refusal(record, told.error if told else away)
    return Delivery(record.topic, error=error, is_spooled=error is None)


def _refusal(record: NewRecord, away: PlatformError | None) -> PlatformError | None:
    """Why a record isn't kept on the disk: its stream asks for that, or the log would never take it."""
    if not record.may_spool:
        return away or LogUnavailableError(reason="it is away")
    if (size := size_of(record)) > MAX_RECORD_BYTES:
        return RecordTooLargeError(size=size)
    return None


def is_away(delivery: Delivery) -> bool:
    """Whether a record failed only because the log is away."""
    return isinstance(delivery.error, LogUnavailableError)
