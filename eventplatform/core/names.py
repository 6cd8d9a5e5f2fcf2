"""Names that several rooms must spell alike, and the rules that names obey."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Postgres channel on which a published change of configuration or schemas wakes every process.
SNAPSHOT_CHANNEL = "eventplatform_snapshot"

CANARY_DOMAIN = "canary"  # `meta.domain` of a synthetic event; consumers drop those

HEADER_RECEIVED_AT = "received-at"  # record header: when the intake took the event in, ISO 8601 in ms, UTC
HEADER_REQUEST_ID = "request-id"
HEADER_SERVICE = "service"
HEADER_PRODUCER_KEY = "producer-key"  # the name of the key that the client showed; absent where it showed none
HEADER_LATE = "late-window"  # true: the event came after the stream's window had closed, and the stream flags those
HEADER_REPLAYED = "replayed"  # what a person mended and sent again: the run of replays that did it
HEADER_REPLAYED_FOR = "replayed-for"  # the connector that refused it; the others have it already
# in a mirrored record, one for each mirror it passed: cluster/topic/incarnation/partition/offset of the one it was made from
HEADER_MIRRORED_FROM = "mirrored-from"

# Kafka's own rule for topics (org.apache.kafka.common.internals.Topic), which streams share.
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_INTERNAL = "__"  # __consumer_offsets, __transaction_state: whoever writes there breaks others' consumers
OWN_TOPICS = "eventplatform."  # what the platform's own topics begin with
# Only relative ids of a schema repository: no scheme, host, dot-dot, query or escape can be written with this.
_SCHEMA_ID = re.compile(r"/[a-zA-Z0-9_-][a-zA-Z0-9._-]*(?:/[a-zA-Z0-9_-][a-zA-Z0-9._-]*)+")
_MAX_SCHEMA_ID = 200
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def is_topic_name(name: str) -> bool:
    """True where Kafka would take `name` as a topic's name, and it is none of those that Kafka keeps for itself."""
    return bool(_TOPIC.fullmatch(name)) and name not in {".", ".."} and not name.startswith(_INTERNAL)


def is_schema_id(text: str) -> bool:
    """True for a relative schema id such as `/mediawiki/page/change/1.2.0`."""
    return len(text) <= _MAX_SCHEMA_ID and bool(_SCHEMA_ID.fullmatch(text))


def split_schema_id(schema_id: str) -> tuple[str, str]:
    """Title and version of a schema id: `/a/b/1.0.0` is (`a/b`, `1.0.0`)."""
    title, _, version = schema_id.lstrip("/").rpartition("/")
    return title, version


def document_title(document: Mapping[str, Any]) -> str:
    """The title that a schema's document gives itself, which may differ from its id's; empty where it has none."""
    title = document.get("title")
    return title if isinstance(title, str) else ""


def version_key(version: str) -> tuple[int, ...]:
    """Sorts versions as numbers: 1.10.0 after 1.9.0."""
    return tuple(int(part) for part in version.split("."))
