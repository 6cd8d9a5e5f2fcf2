"""Events as documents of a bulk request, and what its answer says of each of them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.mapping import keys
from connectors.mapping.columns import ColumnType, Path
from connectors.mapping.policies import Policies
from connectors.mapping.values import PYTHON as CONVERT
from connectors.mapping.values import MisfitError, Plan, fill
from connectors.sinks.base import RecordRefusedError, Row, RowsRefusedError
from connectors.stores.opensearch_client import full, is_full, refusal
from connectors.stores.opensearch_mapping import EXTRA, OWN
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import Record

_CONFLICT, _NOT_FOUND = 409, 404
_BUSY = {403, 429, 500, 502, 503, 504}
_CLOSED = "index_closed_exception"  # a person's doing, and no document's fault, though its status is 400
_FIELD = re.compile(r"failed to parse field \[([^\]]{1,200})\] of type \[(\w+)\]")
_GENERATION = 1 << 48  # versions grow with offsets, and begin above all former ones when a topic is made anew


@dataclass(frozen=True, slots=True)
class Document:
    """An event as the index holds it."""

    row: Row
    taken_in: datetime
    body: bytes
    discarded: int = 0


def as_it_is(row: Row, generation: int, written: str, *, is_as_sent: bool = False) -> Document:
    """The event, with where it came from before it; whether its values fit is left to the server.

    `is_as_sent`: nothing of the event was changed on its way, so that the record's own bytes will do. They were parsed; of
    a field that stands there twice the server itself complains, and is then sent what the parser made of it.
    """
    value = row.record.value or b""
    if is_as_sent and value[:1] == b"{" and b"\n" not in value and b"\r" not in value:  # the request's lines end there
        return _document(row, value, None, generation, written)
    return _document(row, orjson.dumps(row.event), None, generation, written)


def fitted(row: Row, generation: int, written: str, *, plan: Plan, policies: Policies) -> Document:
    """The same with what fits no field put aside, as the policies say.

    Raises:
        RejectedError: a policy refuses or drops it.
    """
    leftovers = fill(row.event, plan, [None])
    if not leftovers:
        return as_it_is(row, generation, written)
    extra, discarded = policies.settle(leftovers)
    kept = orjson.dumps(_without(row.event, [left.path for left in leftovers]))
    made = _document(row, kept, extra, generation, written)
    return dataclasses.replace(made, discarded=discarded)


def _document(row: Row, event: bytes, extra: str | None, generation: int, written: str) -> Document:
    moment, record = taken_in(row), row.record
    own = {
        "taken_in": moment,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "generation": generation,
        "timestamp_ms": record.timestamp_ms,
        "written": written,
    }
    aside = b"" if extra is None else b',"%s":%s' % (EXTRA.encode(), extra.encode())
    rest = event[1:]
    body = b'{"%s":%s%s%s%s' % (OWN.encode(), orjson.dumps(own), aside, b"" if rest.strip() == b"}" else b",", rest)
    return Document(row, moment, body)


def taken_in(row: Row) -> datetime:
    """When the platform took the event in: `meta.dt`, or the record's timestamp."""
    meta = row.event.get("meta")
    try:
        moment = CONVERT[ColumnType.TIME](meta.get("dt") if isinstance(meta, dict) else None)
    except MisfitError:
        return row.record.moment
    return moment if isinstance(moment, datetime) else row.record.moment


def create(index: str, made: Document, generation: int) -> bytes:
    """The lines that add the document once: its id is its place in the log."""
    record = made.row.record
    # Names of topics and indices hold nothing that JSON would have to escape.
    place = f'{{"create":{{"_index":"{index}","_id":"{record.topic}-{record.partition}-{generation}-{record.offset:019d}"}}}}\n'
    return place.encode() + made.body + b"\n"


def replace(index: str, made: Document, generation: int, key: keys.Key) -> bytes:
    """The lines that put the document in the place of its key, unless a newer one is there."""
    return orjson.dumps({"index": _versioned(index, key, generation, made.row.offset)}) + b"\n" + made.body + b"\n"


def delete(index: str, tombstone: Record, generation: int, key: keys.Key) -> bytes:
    """The line that empties the place of the key, unless something newer is there."""
    return orjson.dumps({"delete": _versioned(index, key, generation, tombstone.offset)}) + b"\n"


def require_taken(rows: Sequence[Row | Record | None], items: Iterable[Mapping[str, Any]], forget: Callable[[], None]) -> None:
    """Hold an answer against what was sent, in its order; None for what can't be refused.

    A conflict is fine: the document, or a newer one of its key, is there.

    Raises:
        RowsRefusedError: some documents can't be stored.
        StoreUnavailableError: some couldn't for the moment, which weighs more.
    """
    refused: dict[int, RejectedError] = {}
    for one, item in zip(rows, items, strict=True):
        status, error = int(item["status"]), item.get("error") or {}
        if status // 100 == 2 or status == _CONFLICT or (status == _NOT_FOUND and not error):  # noqa: PLR2004  # success
            continue
        if is_full(error):
            raise full()
        if one is None or status in _BUSY or status == _NOT_FOUND or error.get("type") == _CLOSED:
            forget()  # the index may be gone
            raise refusal(status, {"type": error.get("type", "")}, {})
        refused[one.offset] = RecordRefusedError(reason=_told(error))
    if refused:
        raise RowsRefusedError(refused)


def _versioned(index: str, key: keys.Key, generation: int, offset: int) -> dict[str, Any]:
    version = generation * _GENERATION + offset + 1  # versions begin at 1
    return {"_index": index, "_id": keys.digest(key), "version": version, "version_type": "external"}


def _told(error: Mapping[str, Any]) -> str:
    """The kind of error and the field; the server's own sentence quotes the document."""
    field = _FIELD.search(str(error.get("reason", "")))
    place = f" at field {field[1]} of type {field[2]}" if field else ""
    return f"{error.get('type', 'unknown reason')}{place}"


def _without(event: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """The event without these places; what it shares with the given one is not touched."""
    result = dict(event)
    copied: dict[Path, dict[str, Any]] = {(): result}
    for path in paths:
        for depth in range(1, len(path)):
            if path[:depth] not in copied:
                inner = dict(copied[path[: depth - 1]][path[depth - 1]])
                copied[path[:depth]] = copied[path[: depth - 1]][path[depth - 1]] = inner
        copied[path[:-1]].pop(path[-1], None)
    return result
