"""What is posted to a webhook: records named for ever, bodies in four formats, signed as Standard Webhooks says."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.sinks.base import RecordRefusedError, Row, WriteBatch
from eventplatform.core.names import split_schema_id

MOST_ROWS = 300  # in one request: its id names each of them, and servers take headers of some 8 KB
SECRET_PREFIX = "whsec_"  # noqa: S105  # marks a secret, is none


@dataclass(frozen=True, slots=True)
class Request:
    """One POST: some rows of one partition, in their order. `id` is the same whenever the same rows are sent."""

    id: str
    rows: Sequence[Row]
    body: bytes
    content_type: str


def requests(batch: WriteBatch, rows: Sequence[Row], shape: str) -> Iterator[Request]:
    """The rows as requests of the given format (of FORMATS).

    A record's id is its topic, partition, incarnation of the topic, and offset; a request's id is the same with all its
    offsets. Dots become `~`, which no topic's name has: the signature takes dots for its own.
    """
    prefix = f"{batch.where.topic}:{batch.where.partition}:{batch.after.incarnation}:".replace(".", "~")
    body_of, content_type = FORMATS[shape]
    most = 1 if shape == "single" else MOST_ROWS
    for start in range(0, len(rows), most):
        some = rows[start : start + most]
        try:
            body = body_of(some, prefix, batch.stream)
        except TypeError as error:  # an integer beyond 64 bits
            raise RecordRefusedError(reason="an event can't be written as JSON") from error
        yield Request(prefix + _ranges([row.offset for row in some]), some, body, content_type)


def record_id(request: Request, row: Row) -> str:
    """How the receiver knows a record: for answers that speak of single ones."""
    return request.id[: request.id.rindex(":") + 1] + str(row.offset)


def signature(request: Request, secrets: Sequence[bytes], now: int) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret, so that either is enough while one is replaced."""
    headers = {"webhook-id": request.id, "webhook-timestamp": str(now)}
    if secrets:
        signed = f"{request.id}.{now}.".encode() + request.body
        made = (base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets)
        headers["webhook-signature"] = " ".join(f"v1,{one}" for one in made)
    return headers


def secret_bytes(text: str) -> bytes | None:
    """The key in a secret as Standard Webhooks writes them: `whsec_` and 24 to 64 bytes in base64; None where it isn't one."""
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:  # no base64, or not even ASCII
        return None
    return key if text.startswith(SECRET_PREFIX) and 24 <= len(key) <= 64 else None  # noqa: PLR2004  # the spec's bounds


def _ranges(offsets: Sequence[int]) -> str:
    """`5-104,106`: transactions and other streams' records leave gaps."""
    found: list[list[int]] = []
    for offset in offsets:
        if found and found[-1][1] == offset - 1:
            found[-1][1] = offset
        else:
            found.append([offset, offset])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def _json(rows: Sequence[Row], _prefix: str, _stream: str) -> bytes:
    return orjson.dumps([row.event for row in rows])


def _ndjson(rows: Sequence[Row], _prefix: str, _stream: str) -> bytes:
    return b"".join(orjson.dumps(row.event, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _single(rows: Sequence[Row], _prefix: str, _stream: str) -> bytes:
    return orjson.dumps(rows[0].event)


def _cloudevents(rows: Sequence[Row], prefix: str, stream: str) -> bytes:
    return orjson.dumps([_cloudevent(row, prefix, stream) for row in rows])


def _cloudevent(row: Row, prefix: str, stream: str) -> dict[str, Any]:
    """As CloudEvents 1.0 has it: `source` and `id` together name the event, `sequence` orders those of a source."""
    record, schema_id = row.record, row.event.get("$schema")
    made: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"{prefix}{record.offset}",
        "source": f"/{record.topic}/{record.partition}",
        "type": split_schema_id(schema_id)[0] if isinstance(schema_id, str) and schema_id else stream,
        "time": _time(row),
        "datacontenttype": "application/json",
        "sequence": f"{record.offset:020d}",
        "data": row.event,
    }
    if isinstance(schema_id, str) and schema_id:
        made["dataschema"] = schema_id
    return made


def _time(row: Row) -> str:
    meta = row.event.get("meta")
    told = meta.get("dt") if isinstance(meta, dict) else None
    return told if isinstance(told, str) else row.record.moment.isoformat()


Body = Callable[[Sequence[Row], str, str], bytes]
FORMATS: Mapping[str, tuple[Body, str]] = {
    "cloudevents": (_cloudevents, "application/cloudevents-batch+json"),
    "json": (_json, "application/json"),
    "ndjson": (_ndjson, "application/x-ndjson"),
    "single": (_single, "application/json"),
}
