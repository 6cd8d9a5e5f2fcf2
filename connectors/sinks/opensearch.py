"""OpenSearch: an index per stream, its mapping made from the schema, documents by ids that make writing them again harmless."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson

from connectors.mapping import keys
from connectors.mapping.policies import Policies, shape_all
from connectors.mapping.preview import Preview
from connectors.options import MASK, OptionInvalidError, option
from connectors.sinks.base import (
    FencedError,
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
from connectors.stores import opensearch_documents as documents
from connectors.stores.opensearch_client import Client, Login
from connectors.stores.opensearch_documents import Document
from connectors.stores.opensearch_indices import Indices, Shape, index_name
from connectors.stores.opensearch_mapping import OWN
from connectors.stores.opensearch_preview import preview
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import Record, TopicPartition

_BYTES_PER_FLUSH = 8 * 1024 * 1024
_ROWS_PER_STEP = 10_000  # so that no request runs for long
_NOT_FOUND, _CONFLICT = 404, 409
_API_KEY = re.compile(r"[\x21-\x7e]*")  # whatever can't be in a header the library refuses at each request, and quotes it

Line = tuple[Row | Record | None, bytes]  # of a bulk request, and what it is about: nothing where it can't be refused


@dataclass(frozen=True, slots=True)
class Target:
    """Where the cluster is."""

    url: str = option("Address of the cluster, such as https://search.example.org:9200.", place="server")
    user: str = option("User, where it asks for one.", "")
    password: str = option("Password of the user.", "", secret=True)
    api_key: str = option("API key (as Elasticsearch encodes it), instead of user and password.", "", secret=True)
    ca_file: str = option("File on the workers with the certificate authority to trust; empty: the system's.", "")

    def __post_init__(self) -> None:
        if not _API_KEY.fullmatch(self.api_key):
            raise OptionInvalidError(pointer="/api_key", name="api_key", value=MASK, help="Plain ASCII without blanks.")


@dataclass(frozen=True, slots=True)
class Options:
    """How this connector writes."""

    prefix: str = option("Beginning of the indices' names, in small letters.", "events-")
    period: str = option(
        "An index for each period, by the time an event was taken in, under one alias: cheap to expire. none: one index.",
        "none",
        choices=("none", "day", "month", "year"),
    )
    text: bool = option("Make strings searchable word by word too, as FIELD.text; costs space and time.", False)
    shards: int = option("Shards of a new index.", 1, minimum=1)
    replicas: int = option("Replicas of a new index.", 1, minimum=0)
    refresh_seconds: float = option("Seconds until a document is found.", 1.0, minimum=0.1)
    batch_rows: int = option("Most documents in one request.", 5000, minimum=1)  # the position takes two requests more


class OpenSearchSink(Sink):
    """Documents by `_bulk`; `<prefix>@offsets` and `<prefix>@canaries` stand beside the indices."""

    title = "OpenSearch"
    summary = "A document per event in an index per stream, which is made and widened from the schema; Elasticsearch too."
    guarantee = (
        "Exactly once in effect: a document's id is its place in the log, so writing it again changes nothing, and the next "
        "offset moves by compare-and-set only after all documents are there."
    )
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        self._connector = connector
        self._options = options
        self._url = target.url
        self._login = Login(target.user, target.password, target.api_key, target.ca_file)
        shape = (options.prefix, options.period, options.shards, options.replicas, options.refresh_seconds, options.text)
        self._shape = Shape(*shape)
        self._indices: Indices | None = None

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(rows=self._options.batch_rows, bytes=_BYTES_PER_FLUSH, age_seconds=0.0)

    def open(self) -> None:
        self._indices = Indices(Client(self._url, self._login), self._shape)
        self._indices.open()

    def position(self, where: TopicPartition) -> Position | None:
        held = self._held(where)
        return held.position if held else None

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering) -> None:
        self._require_usable(stream, steering)
        self._known.prepare(stream, schema_id, document, may_widen=steering.columns != "freeze")

    def preview(
        self, stream: str, schemas: Mapping[str, Mapping[str, Any]], rows: Sequence[Row], steering: Steering
    ) -> Preview:
        return preview(index_name(self._shape.prefix, stream), schemas, rows, steering, with_text=self._shape.with_text)

    def write(self, batch: WriteBatch) -> Written:
        self._require_usable(batch.stream, batch.steering)
        held = self._held(batch.where)
        if (held.position if held else None) != batch.expected:
            raise FencedError(where="/".join(map(str, batch.where)))
        generation = held.generation_after(batch.after) if held else 0
        discarded = self._put(batch, generation)
        self._advance(batch, held, generation)
        return Written(len(batch.rows) + len(batch.tombstones), len(batch.canaries), discarded)

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        path = f"/{_name(self._known.own('canaries'))}/_doc/{self._canary_id(stream, event_id)}"
        status, found = self._client.ask("GET", path, fine=[_NOT_FOUND])
        return datetime.fromisoformat(found["_source"]["written"]) if status != _NOT_FOUND and found["found"] else None

    def expire(self, stream: str, *, before: datetime) -> int:
        base = _name(self._known.base(stream))
        status, _ = self._client.ask("POST", f"/{base}/_refresh", fine=[_NOT_FOUND])
        if status == _NOT_FOUND:
            return 0
        gone = self._drop_whole(base, before)
        query = {"query": {"range": {f"{OWN}.taken_in": {"lt": before.isoformat()}}}}
        params = {"max_docs": str(_ROWS_PER_STEP), "conflicts": "proceed", "refresh": "true", "ignore_unavailable": "true"}
        while True:
            _, done = self._client.ask("POST", f"/{base}/_delete_by_query", query, fine=[_NOT_FOUND], **params)
            if not done.get("deleted"):
                return gone
            gone += done["deleted"]

    def close(self) -> None:
        if self._indices is not None:
            self._indices.client.close()
            self._indices = None

    @property
    def _client(self) -> Client:
        return self._known.client

    @property
    def _known(self) -> Indices:
        if self._indices is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._indices

    def _require_usable(self, stream: str, steering: Steering) -> None:
        if steering.is_upsert and not steering.key:
            raise UpsertUnsupportedError(stream=stream, reason="no key is declared")
        if steering.is_upsert and self._shape.period != "none":
            raise UpsertUnsupportedError(stream=stream, reason="an index for each period can't replace what is in another")

    def _held(self, where: TopicPartition) -> _Held | None:
        status, found = self._client.ask("GET", self._offset_path("_doc", where), fine=[_NOT_FOUND])
        if status == _NOT_FOUND:
            return None
        facts = found["_source"]
        position = Position(facts["next_offset"], facts["incarnation"], facts["cluster_id"])
        return _Held(position, facts["generation"], found["_seq_no"], found["_primary_term"])

    def _put(self, batch: WriteBatch, generation: int) -> int:
        """All documents, deletions and canaries; how many values policies left out.

        Under `evolve` the server is asked first: it takes most values in some form. Only what it refuses is looked at.
        """
        policies, plan, now = Policies.of(batch.steering), self._known.plan(batch.stream), _now()

        def fitted(row: Row) -> Document:
            return documents.fitted(row, generation, now, plan=plan, policies=policies)

        others = [*self._deletions(batch, generation), *self._canaries(batch, now)]
        if policies != Policies():
            made = shape_all(batch.rows, fitted)
            self._send([*self._places(batch, generation, made), *others])
            return sum(document.discarded for document in made)
        is_as_sent = not batch.steering.privacy
        as_they_are = [documents.as_it_is(row, generation, now, is_as_sent=is_as_sent) for row in batch.rows]
        try:
            self._send([*self._places(batch, generation, as_they_are), *others])
        except RowsRefusedError as error:
            again = [row for row in batch.rows if row.offset in error.refused]
            self._send([*self._places(batch, generation, shape_all(again, fitted)), *others])  # a deletion may be refused too
        return 0

    def _send(self, lines: Iterable[Line]) -> None:
        sent = list(lines)
        if sent and (items := self._client.bulk(b"".join([text for _, text in sent]))):
            documents.require_taken([one for one, _ in sent], items, self._known.forget)

    def _places(self, batch: WriteBatch, generation: int, made: Sequence[Document]) -> list[Line]:
        """Each document where it belongs: at its place in the log, or at its key's."""
        if not batch.steering.is_upsert:
            at = self._known.at
            return [(one.row, documents.create(at(batch.stream, one.taken_in), one, generation)) for one in made]
        named = shape_all([one.row for one in made], lambda row: keys.key_of(row.event, batch.steering.key))
        index = self._known.base(batch.stream)
        return [(one.row, documents.replace(index, one, generation, key)) for one, key in zip(made, named, strict=True)]

    def _deletions(self, batch: WriteBatch, generation: int) -> Iterator[Line]:
        for one in batch.tombstones:
            key = keys.tombstone_key(one, batch.steering.key)
            yield one, documents.delete(self._known.base(batch.stream), one, generation, key)

    def _canaries(self, batch: WriteBatch, now: str) -> Iterator[Line]:
        for one in batch.canaries:
            place = {"_index": self._known.own("canaries"), "_id": self._canary_id(batch.stream, one.event_id)}
            facts = {
                "connector": self._connector,
                "stream": batch.stream,
                "id": one.event_id,
                "sent": one.sent_at,
                "written": now,
            }
            yield None, orjson.dumps({"create": place}) + b"\n" + orjson.dumps(facts) + b"\n"

    def _advance(self, batch: WriteBatch, held: _Held | None, generation: int) -> None:
        """Compare and set, by the number of the last change that we saw of the place."""
        after = batch.after
        body = {
            "connector": self._connector,
            **batch.where._asdict(),
            "next_offset": after.next_offset,
            "incarnation": after.incarnation,
            "cluster_id": after.cluster_id,
            "generation": generation,
            "written": _now(),
        }
        params = {"if_seq_no": str(held.seq_no), "if_primary_term": str(held.primary_term)} if held else {}
        path = self._offset_path("_doc" if held else "_create", batch.where)
        status, _ = self._client.ask("PUT", path, body, fine=[_CONFLICT], **params)
        if status == _CONFLICT:
            raise FencedError(where="/".join(map(str, batch.where)))

    def _offset_path(self, verb: str, where: TopicPartition) -> str:
        return f"/{_name(self._known.own('offsets'))}/{verb}/{_name('/'.join(map(str, (self._connector, *where))))}"

    def _canary_id(self, stream: str, event_id: str) -> str:
        return hashlib.sha256(orjson.dumps([self._connector, stream, event_id])).hexdigest()

    def _drop_whole(self, base: str, before: datetime) -> int:
        """Delete indices of periods that are over: cheap, where documents one by one are not. How many documents they had."""
        gone = 0
        for index in self._client.ask("GET", f"/{base}/_mapping")[1]:
            end = self._known.end_of(index)
            if end is not None and end <= before:
                gone += int(self._client.ask("GET", f"/{_name(index)}/_count")[1]["count"])
                self._client.ask("DELETE", f"/{_name(index)}", fine=[_NOT_FOUND])
                self._known.forget()
        return gone


@dataclass(frozen=True, slots=True)
class _Held:
    """A position as the store holds it, and the number of its last change."""

    position: Position
    generation: int
    seq_no: int
    primary_term: int

    def generation_after(self, after: Position) -> int:
        """One more than now where the log or the topic is another one: its offsets begin again."""
        is_other = (after.incarnation, after.cluster_id) != (self.position.incarnation, self.position.cluster_id)
        return self.generation + is_other


def _name(text: str) -> str:
    return quote(text, safe="")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
