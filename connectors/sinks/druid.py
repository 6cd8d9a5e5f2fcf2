"""Druid: a Kafka supervisor per stream, made from its schemas, watched and suspended; Druid reads the log by itself."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.options import option
from connectors.sinks.base import Follower, Progress, Reading, StoreUnavailableError, UpsertUnsupportedError
from connectors.steering import Steering
from connectors.stores import druid_api, druid_progress, druid_specs
from connectors.stores.own_positions import OwnPositions
from eventplatform.core.errors import FatalError, RejectedError, RetriableError
from eventplatform.core.records import TopicPartition

_KAFKA_MODULE = "KafkaIndexTaskModule"
_BEGINNING_OF_TIME = "0001-01-01T00:00:00Z"


class NeedsKafkaError(FatalError):
    """Druid can read no other event log than Kafka."""

    code = "druid.needs_kafka"
    message = "Druid reads Kafka, and the platform's event log is none."
    remedy = "Point EVENT_LOG_URL to a Kafka cluster (kafka://host:port), or store this stream elsewhere."


class ExtensionMissingError(FatalError):
    """Druid runs without what reads Kafka."""

    code = "druid.no_kafka_extension"
    message = "Druid has not loaded its extension druid-kafka-indexing-service."
    remedy = "Name it in druid.extensions.loadList of every Druid service, and start them anew."


class DatasourceTakenError(FatalError):
    """Somebody else's supervisor fills the datasource."""

    code = "druid.datasource_taken"
    message = "The supervisor of datasource {datasource} was made by {owner}, not by this connector."
    remedy = "Terminate it in Druid, or give this connector a datasource_prefix of its own."


class RuleUnsupportedError(FatalError):
    """A rule of the connector that Druid's own reader can't keep."""

    code = "druid.rule_unsupported"
    message = "Druid reads the event log by itself and can't keep the rule {rule}."
    remedy = "Take the rule away, or store this stream where the platform writes the rows."


class SchemaMissingError(RejectedError):
    """An event in the log that does not say what it is."""

    code = "record.schema_missing"
    message = "The event names no schema."
    remedy = "Give it its $schema, then replay the dead letter; find out who writes to this topic past the intake."


class StillPublishingError(RetriableError):
    """Offsets can't be moved under tasks that hold rows."""

    code = "druid.still_publishing"
    message = "Druid still publishes what it read of {stream}; its offsets can't be moved now."
    remedy = "Choose again in a minute; reading is suspended meanwhile."


@dataclass(frozen=True, slots=True)
class Target:
    """Where Druid is, and how it reaches Kafka."""

    url: str = option("Druid's router, or its coordinator that is overlord too, such as https://druid.example.org:8888.")
    query_url: str = option("Where queries go, if elsewhere: the broker.", "")
    username: str = option("User, for basic authentication.", "")
    password: str = option("Password of the user.", "", secret=True)
    ca_file: str = option("File with the certificates that sign Druid's, if they are not public ones.", "")
    kafka_servers: str = option("Kafka as Druid reaches it, host:port,host:port; empty: as EVENT_LOG_URL says.", "")
    kafka_properties: dict[str, str] = option(
        "Further properties of Druid's Kafka consumers, such as security.protocol. No passwords: Druid shows its specs.", {}
    )
    kafka_environment: dict[str, str] = option(
        "Properties that hold secrets, such as sasl.jaas.config, each with the environment variable of Druid's machines "
        "that has the value.",
        {},
    )


@dataclass(frozen=True, slots=True)
class Options:
    """What supervisors are made of."""

    datasource_prefix: str = option("What the names of datasources begin with; the stream's name follows.", "")
    time_field: str = option("JSON pointer of a row's time, such as /dt; empty: meta.dt, when the platform took it in.", "")
    segment_granularity: str = option(
        "The interval of one segment.", "HOUR", choices=("FIFTEEN_MINUTE", "HOUR", "SIX_HOUR", "DAY", "WEEK", "MONTH")
    )
    query_granularity: str = option(
        "Times are cut to this.", "NONE", choices=("NONE", "SECOND", "MINUTE", "FIVE_MINUTE", "HOUR", "DAY")
    )
    tasks: int = option("How many tasks share the partitions of a stream.", 1, minimum=1)
    replicas: int = option("How many times each is run.", 1, minimum=1)
    publish_minutes: int = option(
        "Minutes after which a task publishes what it read; canaries count as stored then.", 10, minimum=1
    )
    rows_per_segment: int = option("Most rows in a segment.", 5_000_000, minimum=1)
    starts_at: str = option("Where a new stream begins.", "first", choices=("first", "end"))


class DruidFollower(Follower):
    """A datasource of a stream's name, its columns those of all versions of the schema."""

    title = "Apache Druid"
    summary = "A datasource per stream, filled by Druid's own Kafka supervisor, which the platform makes from the schema."
    guarantee = (
        "Exactly once: Druid commits its offsets with the segments, in one transaction. A field that its schema does not name "
        "is not stored; rows of a new version that come in the seconds before the supervisor has it lack its new fields."
    )
    target_type = Target
    options_type = Options
    ttl_by_expiry = True

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        self._connector = connector
        self._target = target
        self._options = options
        self._client: druid_api.Druid | None = None
        self.begins_at_first = options.starts_at == "first"

    def open(self) -> None:
        target = self._target
        address = druid_api.Address(target.url, target.query_url, target.username, target.password, target.ca_file)
        self._client = druid_api.Druid(address)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def check(self) -> None:
        with self:
            self._consumer()
            if not any(name.endswith(_KAFKA_MODULE) for name in self._druid.modules()):
                raise ExtensionMissingError

    def follow(self, reading: Reading) -> Progress:
        datasource = self.datasource(reading.stream)
        found = self._druid.supervisor(datasource)
        wanted = self._spec(reading, datasource, found)
        if found is None or _digest(found) != _digest(wanted):
            self._druid.put_supervisor(wanted)
            return Progress("pending")
        if found.get("suspended"):
            self._druid.resume(datasource)
            return Progress("pending")
        return druid_progress.progress(reading.stream, self._druid.status(datasource))

    def suspend(self, stream: str) -> None:
        datasource = self.datasource(stream)
        found = self._druid.supervisor(datasource)
        if found is not None and self._is_ours(found) and not found.get("suspended"):
            self._druid.suspend(datasource)

    def running(self) -> frozenset[str]:
        found = (one.get("spec") or {} for one in self._druid.supervisors())
        ours = (spec for spec in found if self._is_ours(spec) and not spec.get("suspended"))
        return frozenset(druid_specs.mark_of(spec).get("stream", "") for spec in ours)

    def leaves_out(self, event: Mapping[str, Any]) -> RejectedError | None:
        return None if isinstance(event.get("$schema"), str) else SchemaMissingError(pointer="/$schema")

    def reset(self, reading: Reading, offsets: Mapping[TopicPartition, int]) -> None:
        datasource = self.datasource(reading.stream)
        found = self._druid.supervisor(datasource)
        spec = self._spec(reading, datasource, found)
        if found is None or not found.get("suspended"):
            self._druid.put_supervisor({**spec, "suspended": True})
        if druid_progress.is_busy(self._druid.status(datasource)):
            raise StillPublishingError(stream=reading.stream)
        pattern = druid_specs.topic_pattern(reading.topics)
        self._druid.reset_offsets(datasource, pattern, druid_progress.named(offsets))

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        own = OwnPositions(self.around.database_url, self._connector)
        with closing(own):
            own.open()
            return own.canary_written(stream, event_id)

    def expire(self, stream: str, *, before: datetime) -> int:
        """Whole segments alone: a row goes once all of its segment's interval is older."""
        end = before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._druid.drop(self.datasource(stream), f"{_BEGINNING_OF_TIME}/{end}")

    def datasource(self, stream: str) -> str:
        """The datasource of a stream; all of its topics go there."""
        return self._options.datasource_prefix + stream

    def spec(self, reading: Reading) -> dict[str, Any]:
        """The supervisor's spec as it would be made anew.

        Raises:
            FatalError: Druid can't do what is wished.
        """
        _refuse(reading.stream, reading.steering)
        return druid_specs.supervisor(reading, self.datasource(reading.stream), self._wishes())

    @property
    def _druid(self) -> druid_api.Druid:
        if self._client is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._client

    def _spec(self, reading: Reading, datasource: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
        """The spec that should be there; under `columns: freeze` made of the versions that it was made of before."""
        if found is not None and not self._is_ours(found):
            owner = druid_specs.mark_of(found).get("connector")
            raise DatasourceTakenError(datasource=datasource, owner=f"the connector {owner}" if owner else "somebody else")
        if found is not None and reading.steering.columns == "freeze":
            frozen = druid_specs.mark_of(found).get("schemas", ())
            reading = replace(reading, schemas={name: one for name, one in reading.schemas.items() if name in frozen})
        return self.spec(reading)

    def _is_ours(self, spec: Mapping[str, Any]) -> bool:
        return druid_specs.mark_of(spec).get("connector") == self._connector

    def _wishes(self) -> druid_specs.Wishes:
        chosen = self._options
        return druid_specs.Wishes(
            connector=self._connector,
            consumer=self._consumer(),
            time_field=_path(chosen.time_field),
            segment_granularity=chosen.segment_granularity,
            query_granularity=chosen.query_granularity,
            tasks=chosen.tasks,
            replicas=chosen.replicas,
            publish_minutes=chosen.publish_minutes,
            rows_per_segment=chosen.rows_per_segment,
            starts_at=chosen.starts_at,
        )

    def _consumer(self) -> dict[str, Any]:
        """How Druid's consumers reach Kafka; secrets stand in the environment of its machines, never in a spec."""
        log = urlsplit(self.around.event_log_url)
        if log.scheme != "kafka":
            raise NeedsKafkaError
        consumer: dict[str, Any] = {"bootstrap.servers": self._target.kafka_servers or log.netloc.rpartition("@")[2]}
        consumer |= self._target.kafka_properties
        if self._target.kafka_environment:
            variables = dict(self._target.kafka_environment)
            consumer["druid.dynamic.config.provider"] = {"type": "environment", "variables": variables}
        return consumer


def _refuse(stream: str, steering: Steering) -> None:
    """Say at once what Druid's own reader can't do."""
    if steering.is_upsert:
        raise UpsertUnsupportedError(stream=stream, reason="Druid appends rows and never replaces one")
    rules = {
        "columns": steering.columns if steering.columns == "discard_row" else "",
        "types": steering.types if steering.types in {"freeze", "discard_row"} else "",
        "records_per_second": steering.records_per_second or "",
    }
    for name, value in rules.items():
        if value:
            raise RuleUnsupportedError(rule=f"{name}: {value}")


def _digest(spec: Mapping[str, Any]) -> str:
    return str(druid_specs.mark_of(spec).get("digest", ""))


def _path(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
