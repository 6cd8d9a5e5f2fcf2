"""A connector as Kafka Connect's JSON, for sites that run that: what can be said there, and warnings for what can't."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from connectors.connect_converters import common_config, position_warning
from connectors.rules import Rules
from eventplatform.core.errors import RejectedError

Texts = dict[str, str]
Options = Mapping[str, Any]

_NO_SCHEMA = (
    "The JDBC sink needs records with a schema: our events are JSON without one. Run Connect with a converter that adds it "
    "(JSON Schema or Avro from a registry; a mirror of format avro makes such records)."
)


class NotForConnectError(RejectedError):
    """Kafka Connect has no sink for this kind of store."""

    code = "connector.not_for_connect"
    message = "Connectors of kind {kind} can't be Kafka Connect's: {reason}."
    remedy = "Let the platform run it; it reads the same topics."


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported: the connector as its rows say, options parsed to their defaults and without secrets."""

    name: str
    kind: str
    target: str
    topics: Sequence[str]
    target_options: Options
    options: Options
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class Export:
    """The document that Connect's `POST /connectors` takes, and what it doesn't say."""

    name: str
    config: Texts
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """With the warnings beside, where Connect doesn't look."""
        return {"connector": {"name": self.name, "config": self.config}, "warnings": list(self.warnings)}


def export(source: Source, *, secrets_folder: str = "/etc/kafka-connect/secrets") -> Export:
    """The connector for Connect; secrets are placeholders of its FileConfigProvider.

    Raises:
        NotForConnectError: no sink of Connect does what this kind does.
    """
    if source.kind in _NOT_FOR_CONNECT:
        raise NotForConnectError(kind=source.kind, reason=_NOT_FOR_CONNECT[source.kind])
    if source.kind not in _KINDS:
        raise NotForConnectError(kind=source.kind, reason="no sink of Connect is known for it")
    own, warnings = _KINDS[source.kind](source, _Secrets(f"{secrets_folder}/{source.target}.properties"))
    config = {"topics": ",".join(source.topics), "tasks.max": "1", **common_config(source.name, source.kind), **own}
    return Export(source.name, {name: value for name, value in config.items() if value != ""}, (*warnings, *_of_all(source)))


class _Secrets:
    """Placeholders for what is never exported."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, name: str) -> str:
        return f"${{file:{self._path}:{name}}}"


def _of_all(source: Source) -> list[str]:
    """What our connectors do and those of Connect don't."""
    rules = source.rules
    said = [
        "Canaries are data there: Connect has no marker for them.",
        position_warning(source.kind),
    ]
    if rules.privacy:
        said.append("Privacy rules are not expressed: personal data arrives as it is in the topic.")
    if rules.ttl_seconds:
        said.append("ttl_seconds is not expressed.")
    if rules.records_per_second:
        said.append("records_per_second is not expressed; Kafka's own quotas bound a client.")
    if rules.columns != "evolve" or rules.types != "evolve":
        said.append("The policies for columns and types are expressed in part at best.")
    return said


def _jdbc(source: Source, url: str, user: str, secret: _Secrets) -> tuple[Texts, list[str]]:
    rules = source.rules
    is_upsert = rules.mode == "upsert"
    keys = ",".join(pointer.strip("/").replace("/", "__") for pointer in rules.key)
    config = {
        "connector.class": "io.debezium.connector.jdbc.JdbcSinkConnector",
        "connection.url": url,
        "connection.username": user,
        "connection.password": secret("password"),
        "insert.mode": "upsert" if is_upsert else "insert",
        "primary.key.mode": "record_value" if is_upsert else "kafka",
        "primary.key.fields": keys,
        "delete.enabled": "false",
        "schema.evolution": "basic" if rules.columns == "evolve" else "none",
        "batch.size": str(source.options.get("batch_rows", "")),
        "transforms": "flatten",
        "transforms.flatten.type": "org.apache.kafka.connect.transforms.Flatten$Value",
        "transforms.flatten.delimiter": "__",
    }
    said = [_NO_SCHEMA]
    if is_upsert:
        said.append("Tombstones don't delete: with fields of the value as key, the JDBC sink has nothing to delete by.")
    else:
        said.append(
            "At least once only: in insert mode rows since the last commit are doubled after a crash, or refused by the key."
        )
    return config, said


def _mysql(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    target = source.target_options
    return _jdbc(source, f"jdbc:mysql://{target['host']}:{target['port']}/{target['database']}", str(target["user"]), secret)


def _postgres(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    url = urlsplit(str(source.target_options["url"]))
    if not url.hostname:
        raise NotForConnectError(kind="postgres", reason="its database is the platform's own and has no address of its own")
    place = f"jdbc:postgresql://{url.hostname}:{url.port or 5432}{url.path}?currentSchema={source.options['schema']}"
    return _jdbc(source, place, url.username or "", secret)


def _s3(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    target, given = source.target_options, source.options
    is_parquet = given["format"] == "parquet"
    config = {
        "connector.class": "io.aiven.kafka.connect.s3.AivenKafkaConnectS3SinkConnector",
        "aws.s3.bucket.name": str(target["bucket"]),
        "aws.s3.prefix": str(target["prefix"]),
        "aws.s3.endpoint": str(target["endpoint_url"]),
        "aws.s3.region": str(target["region"]),
        "aws.access.key.id": str(target["access_key_id"]),
        "aws.secret.access.key": secret("secret_access_key"),
        "format.output.type": "parquet" if is_parquet else "jsonl",
        "format.output.fields": "value",
        "format.output.envelope": "false",
        "file.compression.type": "none" if is_parquet else "gzip",
        "file.name.template": "{{topic}}/year={{timestamp:unit=yyyy}}/month={{timestamp:unit=MM}}/day={{timestamp:unit=dd}}/"
        "hour={{timestamp:unit=HH}}/{{topic}}.{{partition}}.{{start_offset}}",
        "file.max.records": str(given["flush_rows"]),
    }
    said = [
        "Hours go by the record's time, not the event's; none is said to be complete, and files are not merged.",
        "Confluent's sink is io.confluent.connect.s3.S3SinkConnector, with other words for the same.",
    ]
    if is_parquet:
        said.append("Parquet needs records with a schema there: a converter with a registry.")
    return config, said


def _opensearch(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    target = source.target_options
    config = {
        "connector.class": "io.aiven.kafka.connect.opensearch.OpensearchSinkConnector",
        "connection.url": str(target["url"]),
        "connection.username": str(target["user"]),
        "connection.password": secret("password") if target["user"] else "",
        "key.ignore": "false" if source.rules.mode == "upsert" else "true",
        "schema.ignore": "true",
        "behavior.on.null.values": "delete" if source.rules.mode == "upsert" else "ignore",
        "batch.size": str(source.options.get("batch_rows", "")),
    }
    return config, ["Indices are named by topic there, without our prefix and period; templates from the schema are not made."]


def _clickhouse(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    target, where = source.target_options, urlsplit(str(source.target_options["url"]))
    config = {
        "connector.class": "com.clickhouse.kafka.connect.ClickHouseSinkConnector",
        "hostname": where.hostname or "",
        "port": str(where.port or (8443 if where.scheme == "https" else 8123)),
        "ssl": str(where.scheme == "https").lower(),
        "database": str(source.options["database"]),
        "username": str(target["user"]),
        "password": secret("password") if target["user"] else "",
    }
    return config, ["Tables must be there, named as their topics or by topic2TableMap; columns are not added."]


def _redis(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    url = str(source.target_options["url"])
    config = {
        "connector.class": "com.redis.kafka.connect.RedisSinkConnector",
        "redis.uri": url,
        "redis.password": secret("password"),
        "redis.command": _REDIS_COMMANDS.get(str(source.options["type"]), "XADD"),
        "redis.key": str(source.options["key"]) or "${topic}",
    }
    return config, ["Appending commands (XADD, LPUSH) are at least once there: entries are doubled after a crash."]


def _http(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    config = {
        "connector.class": "io.aiven.kafka.connect.http.HttpSinkConnector",
        "http.url": str(source.target_options["url"]),
        "http.authorization.type": "static",
        "http.headers.authorization": secret("authorization"),
        "batching.enabled": "true",
        "batch.max.size": str(source.options["batch_rows"]),
    }
    return config, ["Requests are not signed there, carry no key to tell repeated ones by, and may go to inner networks."]


def _cassandra(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    target = source.target_options
    hosts = target["hosts"]
    config = {
        "connector.class": "com.datastax.oss.kafka.sink.CassandraSinkConnector",
        "contactPoints": hosts if isinstance(hosts, str) else ",".join(hosts),
        "port": str(target["port"]),
        "loadBalancing.localDc": str(target["local_dc"]),
        "auth.username": str(target["user"]),
        "auth.password": secret("password") if target["user"] else "",
    }
    return config, [
        "Tables are not made from schemas there: add them, and topic.<topic>.<keyspace>.<table>.mapping for each topic."
    ]


def _hdfs(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:  # noqa: ARG001  # every kind's signature
    config = {
        "connector.class": "io.confluent.connect.hdfs3.Hdfs3SinkConnector",
        "hdfs.url": str(source.target_options["url"]),
        "topics.dir": str(source.target_options["root"]),
        "flush.size": str(source.options["flush_rows"]),
        "format.class": "io.confluent.connect.hdfs3.json.JsonFormat",
        "partitioner.class": "io.confluent.connect.storage.partitioner.HourlyPartitioner",
        "locale": "en",
        "timezone": "UTC",
    }
    return config, ["Confluent's sink has a licence of its own. No flag says that an hour is complete."]


def _kafka(source: Source, secret: _Secrets) -> tuple[Texts, list[str]]:
    target = source.target_options
    account = f'username="{target["username"]}" password="{secret("password")}"'
    config = {
        "connector.class": "org.apache.kafka.connect.mirror.MirrorSourceConnector",
        "source.cluster.alias": "platform",
        "target.cluster.alias": source.target,
        "target.cluster.bootstrap.servers": str(target["servers"]),
        "target.cluster.security.protocol": str(target["security_protocol"]),
        "target.cluster.sasl.mechanism": str(target["sasl_mechanism"]),
        "target.cluster.sasl.jaas.config": _jaas(str(target["sasl_mechanism"]), account),
        "replication.policy.class": "org.apache.kafka.connect.mirror.IdentityReplicationPolicy",
    }
    said = [
        "MirrorMaker names topics by its own policy, not by our template, and copies bytes only.",
        "source.cluster.bootstrap.servers, and how the source is reached, must be added.",
    ]
    return config, said


def _jaas(mechanism: str, account: str) -> str:
    if mechanism == "PLAIN":
        return f"org.apache.kafka.common.security.plain.PlainLoginModule required {account};"
    if mechanism.startswith("SCRAM"):
        return f"org.apache.kafka.common.security.scram.ScramLoginModule required {account};"
    return ""


_REDIS_COMMANDS = {
    "stream": "XADD",
    "list": "RPUSH",
    "zset": "ZADD",
    "hash": "HSET",
    "json": "JSONSET",
    "string": "SET",
    "timeseries": "TSADD",
}
_KINDS: dict[str, Callable[[Source, _Secrets], tuple[Texts, list[str]]]] = {
    "mysql": _mysql,
    "postgres": _postgres,
    "s3": _s3,
    "opensearch": _opensearch,
    "clickhouse": _clickhouse,
    "redis": _redis,
    "http": _http,
    "cassandra": _cassandra,
    "hdfs": _hdfs,
    "kafka": _kafka,
}
_NOT_FOR_CONNECT = {
    "druid": "Druid reads Kafka by itself; its supervisor's specification is what to take along",
    "files": "its sink for files writes one file without end, and is for trying out only",
    "prometheus": "nothing there counts events",
}
