"""For clients' tests: production to named streams fails, so that a client meets what it can't bring about itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from eventplatform.broker.base import Delivery, OnSettled, Producer
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import NewRecord
from intake.desks import Configuration


class FailedOnWishError(PlatformError):
    """The service's configuration says that production to this stream fails; heeded in demos alone."""

    code = "log.failed_on_wish"
    message = "Production to {topic} fails, as the service's failing_streams ask."
    remedy = "Take the stream out of the service's eventgate.failing_streams."


class FailingProducer(Producer):
    """Another producer, but records of certain topics fail; order and number of what is said stay as they came."""

    def __init__(self, inner: Producer, topics: Callable[[], Collection[str]]) -> None:
        self._inner = inner
        self._topics = topics

    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        """See the contract."""
        failing = self._topics()
        kept = [record for record in records if record.topic not in failing]

        def settle(deliveries: Sequence[Delivery]) -> None:
            said = iter(deliveries)
            on_settled([_failed(record) if record.topic in failing else next(said) for record in records])

        if kept:
            self._inner.produce(kept, settle)
        else:
            settle(())

    def flush(self, timeout_seconds: float) -> int:
        """See the contract."""
        return self._inner.flush(timeout_seconds)

    def abandon(self) -> None:
        """See the contract."""
        self._inner.abandon()

    def close(self) -> None:
        """See the contract."""
        self._inner.close()


def _failed(record: NewRecord) -> Delivery:
    return Delivery(record.topic, error=FailedOnWishError(topic=record.topic))


def failing_topics(configuration: Configuration, prefix: str) -> frozenset[str]:
    """The topics of all streams that some service of EventGate's profile wants to fail."""
    wanted = {
        name
        for service in configuration.services.values()
        if service.profile == "eventgate"
        for name in service.eventgate.failing_streams
    }
    streams = ((name, configuration.find_stream(name)) for name in wanted)
    return frozenset(stream.topic(prefix) if stream else name for name, stream in streams)
