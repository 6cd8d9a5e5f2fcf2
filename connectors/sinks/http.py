"""Webhooks: events posted to somebody's server, signed, each under an id that stays the same however often it is sent."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.mapping.preview import Preview
from connectors.mapping.previewing import preview_texts
from connectors.options import MASK, OptionInvalidError, option
from connectors.sinks.base import (
    Position,
    Row,
    RowsRefusedError,
    Sink,
    StoreUnavailableError,
    UpsertUnsupportedError,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from connectors.stores.own_positions import OwnPositions
from connectors.stores.webhook_answers import require_taken
from connectors.stores.webhook_requests import FORMATS, MOST_ROWS, Request, requests, secret_bytes, signature
from eventplatform.broker.loop import FlushRule
from eventplatform.core.errors import FatalError, RejectedError, RetriableError
from eventplatform.core.records import TopicPartition
from eventplatform.outbound import Answer
from eventplatform.outbound.kept import KeptConnection
from eventplatform.outbound.urls import target_of

_BYTES_PER_FLUSH = 1024 * 1024
_IN_A_FILE = "file:"
_MAX_ANSWER_BYTES = 256 * 1024
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_VALUE = re.compile(r"(?! )[\x20-\x7e]{0,1000}(?<! )")  # the library refuses others at each request, and quotes them
_OUR_HEADERS = {"host", "content-length", "content-type", "transfer-encoding", "connection", "authorization", "accept-encoding"}


class WebhookAddressError(FatalError):
    """The URL leads where the platform doesn't call."""

    code = "sink.address_refused"
    message = "The webhook can't be called: {reason}"
    remedy = (
        "Give the target another URL, or let an operator add the host to OUTBOUND_PRIVATE_HOSTS; then resume the connector."
    )


@dataclass(frozen=True, slots=True)
class Target:
    """Who receives the events."""

    url: str = option(
        "URL that events are posted to. Hosts of inner networks must be in OUTBOUND_PRIVATE_HOSTS.", place="webhook"
    )
    signing_secret: str = option(
        "Secret that signs each request as Standard Webhooks says: whsec_ and 24 to 64 random bytes in base64. "
        "Empty: requests are not signed.",
        "",
        secret=True,
    )
    former_signing_secret: str = option(
        "The secret before, which signs too until every receiver knows the new one.", "", secret=True
    )
    token: str = option("Sent as Authorization: Bearer TOKEN.", "", secret=True)
    user: str = option("User of HTTP's Basic authentication, instead of a token.", "")
    password: str = option("Password of that user.", "", secret=True)
    headers: dict[str, str] = option("Further headers, such as X-Source: events; kept in plain text, so no secrets.", {})

    def __post_init__(self) -> None:
        for name in ("signing_secret", "former_signing_secret"):
            text = getattr(self, name)
            is_elsewhere = text.startswith(_IN_A_FILE)  # what it holds is seen, and judged here, when the store is opened
            if text and not is_elsewhere and secret_bytes(text) is None:
                told = "whsec_ followed by 24 to 64 bytes in base64."
                raise OptionInvalidError(pointer=f"/{name}", name=name, value=MASK, help=told)
        for name, value in self.headers.items():
            is_ours = name.lower() in _OUR_HEADERS or name.lower().startswith("webhook-")
            if is_ours or not _HEADER.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
                told = (
                    "Names and values of HTTP headers in plain ASCII, no blank at an end, none that the platform sets itself."
                )
                raise OptionInvalidError(pointer="/headers", name="headers", value=repr(name), help=told)
        if _HEADER_VALUE.fullmatch(self.token) is None:
            raise OptionInvalidError(
                pointer="/token", name="token", value=MASK, help="Plain ASCII in one line, no blank at an end."
            )


@dataclass(frozen=True, slots=True)
class Options:
    """How events are posted."""

    format: str = option(
        "cloudevents: a CloudEvents 1.0 batch, each event with its id. json: an array of the events as they are. "
        "ndjson: the same, one a line. single: one event a request.",
        "cloudevents",
        choices=tuple(FORMATS),
    )
    batch_rows: int = option(f"Most events in one request, at most {MOST_ROWS}.", 100, minimum=1)
    timeout_seconds: float = option("Seconds until an answer must be there.", 15.0, minimum=0.1)


class HttpSink(Sink):
    """One request after the other for each partition; the position stands in the platform's own database.

    A record's id is made of its topic, partition, incarnation and offset. Whatever fails, the same records are sent again
    under the same ids, perhaps cut into other requests.
    """

    title = "HTTP webhook"
    summary = "Events are posted to a URL: as CloudEvents, JSON arrays, lines or one by one, signed as Standard Webhooks says."
    guarantee = (
        "At least once, and exactly once where the receiver remembers the ids of records it has taken: every record is sent "
        "again under the same id until it is answered with 2xx, and only then the next offset moves."
    )
    needs_schema = False
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        self._connector = connector
        self._target = target
        self._options = options
        self._secrets = [key for key in map(secret_bytes, (target.signing_secret, target.former_signing_secret)) if key]
        self._positions: OwnPositions | None = None
        self._server: KeptConnection | None = None
        self._taken: set[int] = set()  # offsets of the step under way that were answered with 2xx

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(rows=self._options.batch_rows, bytes=_BYTES_PER_FLUSH, age_seconds=0.0)

    def open(self) -> None:
        self._positions = OwnPositions(self.around.database_url, self._connector)
        self._positions.open()
        self._server = self._connection()

    def check(self) -> None:
        """Ask the server anything: whatever it answers, it is there, and may be called."""
        connection = self._connection()
        try:
            self._ask(connection, "HEAD", b"", {})
        finally:
            connection.close()

    def position(self, where: TopicPartition) -> Position | None:
        self._taken.clear()
        return self._own.position(where)

    def preview(
        self,
        stream: str,
        schemas: Mapping[str, Mapping[str, Any]],  # noqa: ARG002  # no columns come from them
        rows: Sequence[Row],
        steering: Steering,  # noqa: ARG002  # events are sent as they are
    ) -> Preview:
        def text(row: Row) -> str:
            after = Position(row.offset + 1, "preview", "")
            batch = WriteBatch(stream, TopicPartition(row.record.topic, row.record.partition), None, after, [row])
            return next(requests(batch, [row], self._options.format)).body.decode()

        return preview_texts(rows, place=lambda _: self._target.url, text=text)

    def write(self, batch: WriteBatch) -> Written:
        if batch.steering.is_upsert:
            raise UpsertUnsupportedError(stream=batch.stream, reason="a webhook has no rows to replace")
        self._own.require_expected(batch)
        self._send(batch, [row for row in batch.rows if row.offset not in self._taken])
        self._own.step(batch)
        self._taken.clear()
        return Written(len(batch.rows), len(batch.canaries))

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        return self._own.canary_written(stream, event_id)

    def expire(self, stream: str, *, before: datetime) -> int:  # noqa: ARG002  # what was sent is the receiver's
        return 0

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._positions is not None:
            self._positions.close()
        self._server = self._positions = None

    @property
    def _own(self) -> OwnPositions:
        if self._positions is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._positions

    def _connection(self) -> KeptConnection:
        try:
            return KeptConnection(self._target.url, private_hosts=self.around.private_hosts)
        except RejectedError as error:
            raise WebhookAddressError(reason=str(error)) from error

    def _send(self, batch: WriteBatch, rows: Sequence[Row]) -> None:
        """Post what the receiver doesn't have yet; records that it refuses alone don't hold up the others."""
        refused: dict[int, RejectedError] = {}
        for request in requests(batch, rows, self._options.format):
            try:
                self._post(request)
            except RowsRefusedError as error:
                refused.update(error.refused)
            self._taken.update(row.offset for row in request.rows if row.offset not in refused)
        if refused:
            raise RowsRefusedError(refused)

    def _post(self, request: Request) -> None:
        if self._server is None:
            raise StoreUnavailableError(reason="the connection is not open")
        headers = {"Content-Type": request.content_type, **signature(request, self._secrets, int(time.time()))}
        answer = self._ask(self._server, "POST", request.body, headers)
        require_taken(answer, request, target_of(self._target.url).host)

    def _ask(self, server: KeptConnection, method: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            return server.ask(
                method,
                body,
                {**self._target.headers, **self._login(), **headers},
                seconds=self._options.timeout_seconds,
                max_bytes=_MAX_ANSWER_BYTES,
            )
        except RejectedError as error:  # no record's fault
            raise WebhookAddressError(reason=str(error)) from error
        except RetriableError as error:
            raise StoreUnavailableError(reason=str(error).rstrip(".")) from error

    def _login(self) -> dict[str, str]:
        target = self._target
        if target.token:
            return {"Authorization": f"Bearer {target.token}"}
        if target.user:
            pair = base64.b64encode(f"{target.user}:{target.password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {}
