"""Where things lie in a lake: folders of streams and hours, the lake's own folders, names of data files."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from connectors.sinks.base import RecordRefusedError
from connectors.stores.lake_blobs import BlobStore
from eventplatform.core.names import is_topic_name
from eventplatform.core.records import TopicPartition

MANIFESTS = "_offsets"
CANARIES = "_canaries"
STAGING = ".staging"
TABLES = "~iceberg"  # what Iceberg writes about its tables
# No topic's name has this sign, so what holds it collides with none.
_NO_TOPIC = "~"
OWNER = f"{MANIFESTS}/{_NO_TOPIC}connector"
FORMER_OWNER = f"{MANIFESTS}/connector"  # a topic may have this name
_HOURS = f"{MANIFESTS}/{_NO_TOPIC}hours"
_SCHEMAS = f"{MANIFESTS}/{_NO_TOPIC}schemas"
_OWN_FOLDERS = (MANIFESTS, CANARIES, STAGING)
_MAX_STEM = 200  # of the 255 bytes of a file's name, which has partition, manifest and ending too
_KEPT_STEM = 160
_PARTS = ("year", "month", "day", "hour")
_FIRST = (1, 1, 1, 0)


def stream_folder(stream: str) -> str:
    """The folder of a stream's data; a stream named like one of the lake's own folders gets a mark.

    Raises:
        RecordRefusedError: names that are no topic's could lead out of the root.
    """
    if not is_topic_name(stream):
        raise RecordRefusedError(reason=f"{stream!r} can't name a folder")
    return f"{_NO_TOPIC}{stream}" if stream in _OWN_FOLDERS else stream


def hour_folder(stream: str, hour: datetime) -> str:
    """The folder of a stream's hour, in the style that Hive and Spark take for partitions."""
    return f"{stream_folder(stream)}/year={hour.year:04d}/{hour:month=%m/day=%d/hour=%H}"


def hour_of(key: str) -> datetime | None:
    """The hour whose folder holds the data file of this key; None for any other key."""
    return _begins(key.split("/")[-5:-1])


def hours_folder(stream: str) -> str:
    """Where it is written down which of the stream's hours are complete."""
    return f"{_HOURS}/{stream_folder(stream)}"


def schemas_folder(stream: str) -> str:
    """Where the columns of a stream's Parquet files are written down."""
    return f"{_SCHEMAS}/{stream_folder(stream)}"


def merging_folder(stream: str) -> str:
    """Where merged files of the stream wait until it is decided that they count."""
    return f"{STAGING}/{_NO_TOPIC}merging/{stream_folder(stream)}"


def below(folder: str, where: TopicPartition) -> str:
    """A partition's place in one of the lake's own folders; names that are no topic's could lead out of the root."""
    if not is_topic_name(where.topic):
        raise RecordRefusedError(reason=f"{where.topic!r} can't name a folder")
    return f"{folder}/{where.topic}/{where.partition}"


def file_stem(topic: str) -> str:
    """The topic in a data file's name, cut where the name would get too long for the file system."""
    if len(topic) <= _MAX_STEM:
        return topic
    return f"{topic[:_KEPT_STEM]}{_NO_TOPIC}{hashlib.sha256(topic.encode()).hexdigest()[:16]}"


def canary_marker(stream: str, event_id: str) -> str:
    """Where a canary is marked as written."""
    safe_id = event_id if is_topic_name(event_id) else uuid.uuid5(uuid.NAMESPACE_URL, event_id).hex
    return f"{CANARIES}/{stream_folder(stream)}/{safe_id}.json"


def is_data(name: str) -> bool:
    """True for files of events: readers such as Hive and Spark ignore all others too."""
    return not name.startswith(("_", "."))


def hours(blobs: BlobStore, stream: str, *, until: datetime) -> Iterator[datetime]:
    """The stream's hours that have a folder and end no later than `until`; folders of later days are not looked into."""
    yield from _hours(blobs, stream_folder(stream), (), until)


def end_of(hour: datetime) -> datetime:
    return hour + timedelta(hours=1)


def _hours(blobs: BlobStore, folder: str, found: tuple[str, ...], until: datetime) -> Iterator[datetime]:
    if len(found) == len(_PARTS):
        hour = _begins(found)
        if hour is not None and end_of(hour) <= until:
            yield hour
        return
    for name in blobs.folders(folder):
        begins = _begins((*found, name)) if name.startswith(f"{_PARTS[len(found)]}=") else None
        if begins is not None and begins <= until:
            yield from _hours(blobs, f"{folder}/{name}", (*found, name), until)


def _begins(found: Sequence[str]) -> datetime | None:
    """The first moment of `year=2026`, or of `year=2026, month=11`, and so on; None where no such moment is."""
    try:
        values = [int(part.partition("=")[2]) for part in found]
        year, month, day, hour = (*values, *_FIRST[len(values) :])
        return datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:  # a folder that somebody else made
        return None
