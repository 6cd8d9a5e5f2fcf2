"""What the sinks' bench writes: page-change events like those of the reference's schema, the same on every machine."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord, TopicPartition

STREAM = "mediawiki.page_change.v1"
WHERE = TopicPartition(f"main.{STREAM}", 0)
SCHEMA_ID = "/mediawiki/page/change/1.2.0"
_CALL = 500
_WORDS = (
    *("the", "of", "and", "in", "to", "was", "is", "for", "as", "on", "with", "by", "he", "at", "from", "his", "an", "were"),
    *("are", "which", "this", "also", "be", "had", "it", "or", "first", "has"),
)
_STRING, _INTEGER, _BOOLEAN = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
_TIME = {"type": "string", "format": "date-time"}


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


# 34 leaves: what becomes a column, and `$schema`.
DOCUMENT: Mapping[str, Any] = _object(
    **{"$schema": _STRING},
    meta=_object(id=_STRING, dt=_TIME, domain=_STRING, stream=_STRING, request_id=_STRING, uri=_STRING),
    changelog_kind=_STRING,
    page_change_kind=_STRING,
    dt=_TIME,
    wiki_id=_STRING,
    comment=_STRING,
    page=_object(page_id=_INTEGER, page_title=_STRING, namespace_id=_INTEGER, is_redirect=_BOOLEAN, revision_count=_INTEGER),
    performer=_object(user_id=_INTEGER, user_text=_STRING, is_bot=_BOOLEAN, edit_count=_INTEGER),
    revision=_object(
        rev_id=_INTEGER,
        rev_parent_id=_INTEGER,
        rev_dt=_TIME,
        rev_sha1=_STRING,
        rev_size=_INTEGER,
        is_minor_edit=_BOOLEAN,
        is_comment_visible=_BOOLEAN,
        is_content_visible=_BOOLEAN,
        is_editor_visible=_BOOLEAN,
        slot_main=_object(content_format=_STRING, content_model=_STRING, content_sha1=_STRING, content_size=_INTEGER),
    ),
)


class Schema:
    """As a slice's snapshot has it; only its document is asked for."""

    document = DOCUMENT


def event(number: int) -> dict[str, Any]:
    """The event of that number: some 1,260 bytes of JSON."""
    chance = random.Random(number)  # noqa: S311  # to be the same everywhere
    second = number // 50
    moment = f"2026-11-{1 + second // 86400 % 28:02d}T{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    moment += f".{number % 50 * 20:03d}Z"
    wiki = chance.choice(("enwiki", "dewiki", "frwiki", "commonswiki", "wikidatawiki", "jawiki"))
    page = chance.randrange(1, 80_000_000)
    title = "_".join(word.capitalize() for word in chance.choices(_WORDS, k=4)) + f"_{page}"
    digest, size = hashlib.sha1(b"%d" % number).hexdigest(), chance.randrange(200, 90_000)  # noqa: S324  # looks like a revision's
    return {
        "$schema": SCHEMA_ID,
        "meta": {
            "id": _id(chance),
            "dt": moment,
            "domain": f"{wiki[:2]}.wikipedia.org",
            "stream": STREAM,
            "request_id": _id(chance),
            "uri": f"https://{wiki[:2]}.wikipedia.org/wiki/{title}",
        },
        "changelog_kind": "update",
        "page_change_kind": "edit",
        "dt": moment,
        "wiki_id": wiki,
        "comment": " ".join(chance.choices(_WORDS, k=50)),
        "page": {
            "page_id": page,
            "page_title": title,
            "namespace_id": 0,
            "is_redirect": False,
            "revision_count": chance.randrange(1, 5000),
        },
        "performer": {
            "user_id": chance.randrange(1, 50_000_000),
            "user_text": f"User {digest[:10]}",
            "is_bot": number % 5 == 0,
            "edit_count": chance.randrange(1, 200_000),
        },
        "revision": {
            "rev_id": 1_200_000_000 + number,
            "rev_parent_id": 1_199_999_999 + number,
            "rev_dt": moment,
            "rev_sha1": digest,
            "rev_size": size,
            "is_minor_edit": number % 3 == 0,
            "is_comment_visible": True,
            "is_content_visible": True,
            "is_editor_visible": True,
            "slot_main": {
                "content_format": "text/x-wiki",
                "content_model": "wikitext",
                "content_sha1": digest[::-1],
                "content_size": size,
            },
        },
    }


def flat(one: Mapping[str, Any]) -> list[Any]:
    """The 33 values of an event in the schema's order, `$schema` aside, as whoever knows this one shape would take them out."""
    meta, page, performer, revision = one["meta"], one["page"], one["performer"], one["revision"]
    return [
        *meta.values(),
        one["changelog_kind"],
        one["page_change_kind"],
        one["dt"],
        one["wiki_id"],
        one["comment"],
        *page.values(),
        *performer.values(),
        *list(revision.values())[:-1],
        *revision["slot_main"].values(),
    ]


def fill(log: Log, count: int) -> float:
    """Put so many events into the one partition; the mean bytes of their JSON."""
    log.create_topic(WHERE.topic)
    producer, size = log.producer(timeout_seconds=60.0), 0
    for first in range(0, count, _CALL):
        records = list(_records(range(first, min(first + _CALL, count))))
        size += sum(len(record.value or b"") for record in records)
        producer.produce(records, lambda _deliveries: None)
        producer.flush(60.0)
    producer.close()
    return size / count


def _records(numbers: range) -> Iterator[NewRecord]:
    for number in numbers:
        one = event(number)
        yield NewRecord(WHERE.topic, orjson.dumps(one), one["meta"]["id"].encode(), partition=WHERE.partition)


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
