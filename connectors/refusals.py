"""Why a store did not take what it was given; each family tells the slice what to do (see `connectors.sinks.base`)."""

from __future__ import annotations

from collections.abc import Mapping

from eventplatform.core.errors import FatalError, RejectedError, RetriableError


class FencedError(FatalError):
    """The store holds another offset than expected: another slice wrote meanwhile. Nothing was written by this call."""

    code = "sink.fenced"
    message = "{where} moved on in the store while this slice was at work."
    remedy = "Nothing to do: the other slice goes on from there."


class StoreUnavailableError(RetriableError):
    """The store can't be used for the moment; one that says for how long is asked no sooner (`retry_after`, in seconds)."""

    code = "sink.unavailable"
    message = "The store does not answer as it should: {reason}."
    remedy = "It is tried again by itself; check the store, its address and the rights of its user."

    def __init__(self, *, retry_after: int | None = None, pointer: str = "", **facts: object) -> None:
        super().__init__(pointer=pointer, **facts)
        self._retry_after = retry_after

    @property
    def retry_after_seconds(self) -> int:
        """When to try again at the soonest."""
        return super().retry_after_seconds if self._retry_after is None else self._retry_after


class StoreDeniedError(StoreUnavailableError):
    """The store answers, but turns this connector away; it is asked again, since a person may mend the store."""

    code = "sink.denied"
    message = "The store turns the connector away: {reason}."
    remedy = "Check the target's credentials, its address, and the rights of its user; it is tried again by itself."


class RecordRefusedError(RejectedError):
    """The store refuses a record of the batch."""

    code = "sink.record_refused"
    message = "The store refused the record: {reason}."
    remedy = "Mend the record or the store's own rule, then replay the dead letter."


class RowDiscardedError(RejectedError):
    """The connector's own rules say that such a row is not stored; it is counted, and no dead letter."""

    code = "sink.row_discarded"
    message = "A rule of the connector discards the row: {reason}."
    remedy = "Nothing to do, or give the connector another rule for columns or types."


class RowsRefusedError(RejectedError):
    """These rows of the batch, by offset, can't be stored, each with its reason; the others may be. Nothing was written."""

    code = "sink.rows_refused"
    message = "The store refused {count} records."
    remedy = "Each is set aside with its own reason."

    def __init__(self, refused: Mapping[int, RejectedError]) -> None:
        super().__init__(count=len(refused))
        self.refused = refused


class UpsertUnsupportedError(FatalError):
    """The connector asks for `mode: upsert`, and its store has no rows to replace by key, or no key was declared."""

    code = "sink.no_upsert"
    message = "Rows of {stream} can't be replaced by key: {reason}."
    remedy = (
        "Give the connector `mode: append`, or a key that events of the stream carry, or a store that replaces rows by key."
    )
