"""Bytes as events: what is none is told apart, and the place of a record stands in `meta` as the stream server writes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from eventclient.consuming.deliveries import Delivery
from eventclient.consuming.errors import Park

Event = dict[str, Any]

CANARY = "canary"


def decode(delivery: Delivery) -> Event:
    """The event, with `meta.topic`, `partition` and `offset` where the source knows them.

    Raises:
        Park: the bytes are no event.
    """
    try:
        event = orjson.loads(delivery.value or b"")
    except ValueError:
        raise Park("The record is no JSON.", code="consumer.not_json") from None
    if not isinstance(event, dict):
        raise Park("The record is JSON, but no object.", code="consumer.not_an_object")
    meta = event.get("meta")
    if delivery.offset >= 0 and isinstance(meta, dict):
        meta["topic"], meta["partition"], meta["offset"] = delivery.topic, delivery.partition, delivery.offset
    return event


def is_canary(event: Event) -> bool:
    """True for a synthetic event, which proves that a path is alive and is no data."""
    return _of_meta(event, "domain") == CANARY


def event_id(event: Event) -> str:
    """`meta.id`; empty where the event has none."""
    return _of_meta(event, "id")


def stream_of(event: Event, delivery: Delivery) -> str:
    """The stream that the event says it is of, else the one that its topic belongs to."""
    return _of_meta(event, "stream") or delivery.stream


def place_of(event: Event) -> tuple[str, int]:
    """Topic and partition, where `meta` has them."""
    meta = event.get("meta")
    if not isinstance(meta, dict):
        return "", -1
    topic, partition = meta.get("topic"), meta.get("partition")
    return topic if isinstance(topic, str) else "", partition if isinstance(partition, int) else -1


def located(delivery: Delivery) -> Delivery:
    """With its place, also where only the event itself says it, as over HTTP."""
    if delivery.topic:
        return delivery
    try:
        event = decode(delivery)
    except Park:
        return delivery
    offset = event["meta"].get("offset") if isinstance(event.get("meta"), dict) else -1
    topic, partition = place_of(event)
    return replace(delivery, topic=topic, partition=partition, offset=offset if isinstance(offset, int) else -1)


def _of_meta(event: Event, name: str) -> str:
    meta = event.get("meta")
    found = meta.get(name) if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""
