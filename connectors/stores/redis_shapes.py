"""What becomes of an event in Redis, by type of key: the commands that put it there, and those that forget what is old."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson

from connectors.sinks.base import Row
from connectors.stores.redis_script import MOST_ARGUMENTS, Argument, Command
from eventplatform.core.errors import RejectedError

_STEP = 10_000  # entries; a command holds up everybody else at the server

Run = Callable[[Command], int]  # carries out a command on one key


class NumberMissingError(RejectedError):
    """A record lacks the number that its place in a sorted set or time series is made of."""

    code = "sink.number_missing"
    message = "The record has no number or time at {place}."
    remedy = "Mend the record, or give the connector another field as its number; then replay the dead letter."


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the options and the stream say of how events are kept. `number` is a JSON pointer, `fields` are some.

    `is_as_sent`: nothing of an event was changed on its way, so that the record's own bytes are what is kept.
    """

    fields: tuple[str, ...] = ()
    number: str = ""
    max_len: int = 0
    ttl_ms: int = 0
    retention_ms: int = 0
    is_as_sent: bool = False


class Shape(ABC):
    """One type of keys."""

    type: ClassVar[str]  # as Redis answers TYPE
    is_by_key: ClassVar[bool]  # one event is one key, so that it can be replaced, deleted and forgotten by itself
    needs: ClassVar[tuple[str, ...]] = ()  # commands of modules

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes

    @abstractmethod
    def put(self, row: Row, now_ms: int) -> Iterator[Command]:
        """The commands that store the event."""

    def tidy(self, now_ms: int) -> Iterator[Command]:
        """Commands for each key that a batch wrote into, after its rows."""
        del now_ms
        if self._wishes.ttl_ms:
            yield ("PEXPIRE", self._wishes.ttl_ms)

    def forget(self, run: Run, before_ms: int) -> int:
        """Delete of a key what was taken in before that moment, in bounded steps, where the type knows; how much."""
        del run, before_ms
        return 0

    def _value(self, row: Row) -> bytes:
        if self._wishes.fields:
            return orjson.dumps(dict(_chosen(row.event, self._wishes.fields)))
        return row.record.value if self._wishes.is_as_sent and row.record.value else orjson.dumps(row.event)


class _ByKey(Shape):
    is_by_key = True

    def put(self, row: Row, now_ms: int) -> Iterator[Command]:
        yield from self._set(row)
        wishes = self._wishes
        ends = [now_ms + wishes.ttl_ms] if wishes.ttl_ms else []
        if wishes.retention_ms:
            ends.append(row.record.timestamp_ms + wishes.retention_ms)
        if ends:
            yield ("PEXPIREAT", min(ends))

    def tidy(self, now_ms: int) -> Iterator[Command]:
        del now_ms
        return iter(())

    @abstractmethod
    def _set(self, row: Row) -> Iterator[Command]: ...


class StringShape(_ByKey):
    """Its JSON as text."""

    type = "string"

    def _set(self, row: Row) -> Iterator[Command]:
        yield ("SET", self._value(row))


class HashShape(_ByKey):
    """Its top fields, or the chosen ones; what is no text stands as JSON; nulls are absent."""

    type = "hash"

    def _set(self, row: Row) -> Iterator[Command]:
        yield ("DEL",)  # a field that the newer event hasn't must not stay
        found = _chosen(row.event, self._wishes.fields) if self._wishes.fields else row.event.items()
        words = [word for name, value in found if value is not None for word in (name, _word(value))]
        for start in range(0, len(words), MOST_ARGUMENTS):
            yield ("HSET", *words[start : start + MOST_ARGUMENTS])


class JsonShape(_ByKey):
    """Its JSON as a document of the module RedisJSON."""

    type = "ReJSON-RL"
    needs = ("JSON.SET",)

    def _set(self, row: Row) -> Iterator[Command]:
        yield ("JSON.SET", "$", self._value(row))


class _Gathered(Shape):
    is_by_key = False


class StreamShape(_Gathered):
    """An entry of a Redis stream, whose id is the record's time; its field `event` is the JSON, or the chosen fields."""

    type = "stream"

    def put(self, row: Row, now_ms: int) -> Iterator[Command]:
        taken_in_ms = min(max(row.record.timestamp_ms, 1), now_ms)  # ids only grow: one from the future would drag all along
        fields: list[Argument] = ["event", self._value(row)]
        if self._wishes.fields:
            chosen = _chosen(row.event, self._wishes.fields)
            fields = [word for name, value in chosen if value is not None for word in (name, _word(value))]
        yield ("XADD", taken_in_ms, *(fields or ("event", b"{}")))

    def tidy(self, now_ms: int) -> Iterator[Command]:
        if self._wishes.max_len:
            yield ("XTRIM", "MAXLEN", "~", self._wishes.max_len)
        if self._wishes.ttl_ms:
            yield ("XTRIM", "MINID", now_ms - self._wishes.ttl_ms)
        yield from super().tidy(now_ms)

    def forget(self, run: Run, before_ms: int) -> int:
        gone, moment = 0, max(before_ms, 0)
        while done := run(("XTRIM", "MINID", "~", moment, "LIMIT", _STEP)):  # whole blocks of entries
            gone += done
        return gone + run(("XTRIM", "MINID", moment))


class ListShape(_Gathered):
    """An element at the end of a list."""

    type = "list"

    def put(self, row: Row, now_ms: int) -> Iterator[Command]:
        del now_ms
        yield ("RPUSH", self._value(row))

    def tidy(self, now_ms: int) -> Iterator[Command]:
        if self._wishes.max_len:
            yield ("LTRIM", -self._wishes.max_len, -1)
        yield from super().tidy(now_ms)


class SortedSetShape(_Gathered):
    """A member of a sorted set; its score is the chosen number or time, else the record's time in milliseconds."""

    type = "zset"

    def put(self, row: Row, now_ms: int) -> Iterator[Command]:
        del now_ms
        yield ("ZADD", _number(row, self._wishes.number), self._value(row))

    def tidy(self, now_ms: int) -> Iterator[Command]:
        if self._wishes.max_len:
            yield ("ZREMRANGEBYRANK", 0, -self._wishes.max_len - 1)
        if self._wishes.ttl_ms and not self._wishes.number:
            yield ("ZREMRANGEBYSCORE", "-inf", f"({now_ms - self._wishes.ttl_ms}")
        yield from super().tidy(now_ms)

    def forget(self, run: Run, before_ms: int) -> int:
        if self._wishes.number:
            return 0
        gone = 0
        while left := run(("ZCOUNT", "-inf", f"({before_ms}")):
            gone += run(("ZREMRANGEBYRANK", 0, min(left, _STEP) - 1))
        return gone


class TimeSeriesShape(_Gathered):
    """A sample of the module RedisTimeSeries at the record's time; of two in a millisecond the last one counts."""

    type = "TSDB-TYPE"
    needs = ("TS.ADD", "TS.DEL")

    def put(self, row: Row, now_ms: int) -> Iterator[Command]:
        del now_ms
        yield ("TS.ADD", max(row.record.timestamp_ms, 0), _number(row, self._wishes.number), "ON_DUPLICATE", "LAST")

    def forget(self, run: Run, before_ms: int) -> int:
        return run(("TS.DEL", 0, max(before_ms - 1, 0)))


SHAPES: Mapping[str, type[Shape]] = {
    "stream": StreamShape,
    "string": StringShape,
    "hash": HashShape,
    "json": JsonShape,
    "list": ListShape,
    "zset": SortedSetShape,
    "timeseries": TimeSeriesShape,
}


def _chosen(event: Mapping[str, Any], pointers: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The values at these pointers, named by them without their first slash; absent ones are left out."""
    for pointer in pointers:
        value = _at(event, pointer)
        if value is not None:
            yield pointer[1:], value


def _at(event: Mapping[str, Any], pointer: str) -> Any:
    value: Any = event
    for part in pointer.split("/")[1:]:
        value = value.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(value, dict) else None
    return value


def _word(value: Any) -> Argument:
    return value if isinstance(value, str) else orjson.dumps(value)


def _number(row: Row, pointer: str) -> float:
    if not pointer:
        return row.record.timestamp_ms
    value = _at(row.event, pointer)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    try:
        moment = datetime.fromisoformat(value.upper())
    except (AttributeError, ValueError):
        raise NumberMissingError(pointer=pointer, place=pointer) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
