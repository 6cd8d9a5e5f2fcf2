"""The expectation that every event of one stream has its counterpart in another, as a question; pure."""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.realtime.shapes import quoted

_ARRIVES_SECONDS = 15  # from a record's time to the moment that it can be read
_BEFORE_SECONDS = 60  # a counterpart may be as much earlier: it came by another way, or from another clock
_MOST_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Pair:
    """Every `first` has a `second` whose field is alike, at most so many minutes later."""

    first: str
    second: str
    first_field: str  # as a question writes it: meta.request_id
    second_field: str
    within_minutes: int

    @property
    def name(self) -> str:
        """In words."""
        return f"Every {self.first} has a {self.second} within {self.within_minutes} min"[:100]

    def sql(self) -> str:
        """Those that have none; only events old enough are judged, so that a counterpart under way is not missed."""
        old = self.within_minutes * 60 + _ARRIVES_SECONDS
        # Names are quoted, fields are those of the schema, the rest are numbers.
        return f"""select x._topic, x._partition, x._offset, x._timestamp
from {quoted(self.first)} x
where x.{self.first_field} is not null
  and x._timestamp >= window_begin() + interval '{_BEFORE_SECONDS} seconds'
  and x._timestamp <= window_end() - interval '{old} seconds'
  and not exists (
    select 1 from {quoted(self.second)} y
    where y.{self.second_field}::varchar = x.{self.first_field}::varchar
      and y._timestamp >= x._timestamp - interval '{_BEFORE_SECONDS} seconds'
      and y._timestamp <= x._timestamp + interval '{self.within_minutes * 60} seconds'
  )
order by x._timestamp desc"""  # noqa: S608  # see above

    def minutes(self, *, every_minutes: int, of_last: int) -> int:
        """How far back to read, so that an event stays in sight for as many evaluations as count."""
        return min(self.within_minutes + every_minutes * of_last + 2, _MOST_MINUTES)
