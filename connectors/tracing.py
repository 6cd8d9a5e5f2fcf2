"""A slice's way to the store with a span for each batch; made where traces are on, so that the other knows nothing of them."""

from __future__ import annotations

from connectors.delivery import Delivery
from eventplatform import tracing


class TracedDelivery(Delivery):
    """Each write is linked to the requests that brought its records."""

    def flush(self, next_offset: int) -> None:
        """As the other, in a span."""
        name, stream, size = self._connector, self._source.stream, len(self._waiting)
        with tracing.batch(f"write {name}", self._waiting, connector=name, stream=stream, records=size):
            super().flush(next_offset)
