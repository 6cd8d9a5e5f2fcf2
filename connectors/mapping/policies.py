"""What becomes of values without a column that can hold them: dlt's words for columns and for types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from connectors.mapping.columns import pointer
from connectors.mapping.values import Leftover, Plan, extra, fill
from connectors.rules import Policy
from connectors.sinks.base import Row, RowDiscardedError, RowsRefusedError
from connectors.steering import Steering
from eventplatform.core.errors import RejectedError

T = TypeVar("T")

UNKNOWN_FIELD = "unknown_field"  # the one reason that the policy for columns is about; all others are about types


class ColumnFrozenError(RejectedError):
    """The event has a field without a column, and the connector must not add one."""

    code = "sink.column_frozen"
    message = "The table has no column for {place}, and the connector's rule columns is freeze."
    remedy = "Add the column by hand or allow columns: evolve; then replay the dead letter."


class TypeFrozenError(RejectedError):
    """A value doesn't fit its column, and the connector must not keep it elsewhere."""

    code = "sink.type_frozen"
    message = "The value at {place} does not fit its column ({why}), and the connector's rule types is freeze."
    remedy = "Mend the event, widen the column or allow types: evolve; then replay the dead letter."


@dataclass(slots=True)  # not frozen: one is made for every event, and frozen ones take three times as long to make
class Shaped:
    """An event as a row: values by column, `_extra` as JSON text (None: nothing left over), and how many were discarded."""

    values: list[Any]
    extra: str | None
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules of one stream and connector."""

    columns: Policy = "evolve"
    types: Policy = "evolve"

    @classmethod
    def of(cls, steering: Steering) -> Policies:
        return cls(steering.columns, steering.types)

    def shape(self, event: Mapping[str, Any], by: Plan, width: int, nothing: Any = None) -> Shaped:
        """The event spread over `width` columns, as `by` says; columns that it says nothing of hold `nothing`.

        Raises:
            RejectedError: a policy refuses it (freeze) or drops it (discard_row: RowDiscardedError).
        """
        values: list[Any] = [nothing] * width
        leftovers = fill(event, by, values)
        return Shaped(values, *self.settle(leftovers)) if leftovers else Shaped(values, None)

    def settle(self, leftovers: Sequence[Leftover]) -> tuple[str | None, int]:
        """What becomes of values without a place: `_extra` as JSON text (None: nothing to keep), and how many are discarded.

        Raises:
            RejectedError: as `shape`.
        """
        kept = [left for left in leftovers if self._is_kept(left)]
        return extra(kept) if kept else None, len(leftovers) - len(kept)

    def _is_kept(self, left: Leftover) -> bool:
        policy = self.columns if left.why == UNKNOWN_FIELD else self.types
        if policy == "evolve":
            return True
        place = pointer(left.path)
        if policy == "discard_row":
            raise RowDiscardedError(pointer=place, reason=f"{left.why} at {place}")
        if policy == "freeze":
            raise _frozen(left, place)
        return False


def shape_all(rows: Sequence[Row], shape: Callable[[Row], T]) -> list[T]:
    """`shape` of each row.

    Raises:
        RowsRefusedError: with every row that it refuses.
    """
    shaped: list[T] = []
    refused: dict[int, RejectedError] = {}
    for row in rows:
        try:
            shaped.append(shape(row))
        except RejectedError as error:
            refused[row.offset] = error
    if refused:
        raise RowsRefusedError(refused)
    return shaped


def _frozen(left: Leftover, place: str) -> RejectedError:
    if left.why == UNKNOWN_FIELD:
        return ColumnFrozenError(pointer=place, place=place)
    return TypeFrozenError(pointer=place, place=place, why=left.why)
