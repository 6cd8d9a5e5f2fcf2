"""Questions to begin with, made for a stream from the columns that it has; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitoring.realtime.shapes import EVENT_COLUMN, Shape, listed, quoted

_USUAL_PARTS = ("meta.domain", "wiki_id", "database", "action")
_NO_PARTS = {'"$schema"', "meta.stream", "meta.id", "meta.request_id", "meta.uri", "meta.dt"}
_MOST = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A question and what it asks."""

    title: str
    sql: str


def examples(stream: str, shape: Shape) -> list[Example]:
    """A handful, those that need nothing of the schema first."""
    return [one for one, _ in zip(_made(quoted(stream), shape), range(_MOST), strict=False)]


def newest(stream: str) -> str:
    """The question that an empty page offers."""
    return f"select * from {quoted(stream)} order by _timestamp desc limit 20"  # noqa: S608  # quoted; and it is only offered


def _made(table: str, shape: Shape) -> Iterator[Example]:
    fields = dict(listed(shape))
    yield Example(
        "Events by minute",
        f"select date_trunc('minute', _timestamp) as minute, count(*) as events from {table} group by 1 order by 1",  # noqa: S608  # as above
    )
    part = _part(fields)
    if part:
        yield Example(
            f"The most frequent {part}",
            f"select {part}, count(*) as events from {table} group by 1 order by 2 desc limit 20",  # noqa: S608  # as above
        )
    number = next((name for name, one in fields.items() if _is_measure(name, one)), "")
    if number:
        yield Example(
            f"Median and 95th percentile of {number}",
            f"select date_trunc('minute', _timestamp) as minute, median({number}) as median, "  # noqa: S608  # as above
            f"quantile_cont({number}, 0.95) as p95 from {table} group by 1 order by 1",
        )
    if "dt" in fields and fields["dt"].word == "TIMESTAMP":
        yield Example(
            "How late events come, in seconds",
            "select date_trunc('minute', _timestamp) as minute, max(epoch(_timestamp - dt)) as seconds "  # noqa: S608  # as above
            f"from {table} group by 1 order by 1",
        )
    if "meta.id" in fields:
        yield Example(
            "Ids that came more than once",
            f"select meta.id, count(*) as times, min(_timestamp) as first, max(_timestamp) as last from {table} "  # noqa: S608  # as above
            "group by 1 having count(*) > 1 order by 2 desc limit 50",
        )
    if not fields:
        yield Example("Whole events", f"select _timestamp, {EVENT_COLUMN} from {table} order by 1 desc limit 20")  # noqa: S608  # as above


def _part(fields: dict[str, Shape]) -> str:
    usual = next((name for name in _USUAL_PARTS if name in fields and fields[name].word == "VARCHAR"), "")
    return usual or next(
        (name for name, one in fields.items() if one.word == "VARCHAR" and name not in _NO_PARTS and not one.pii), ""
    )


def _is_measure(name: str, one: Shape) -> bool:
    return one.word in {"BIGINT", "DOUBLE"} and not name.endswith("id") and not one.pii
