"""A stream as `/api/v1/streams` shows it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from streamconfig.configuration.document import Entry
from streamconfig.configuration.setting_types import UNITS
from streamconfig.configuration.stream_set import Configured


class SamplingSerializer(serializers.Serializer[Any]):
    """Which share of clients sends."""

    unit = serializers.ChoiceField(choices=UNITS)
    rate = serializers.FloatField(min_value=0, max_value=1)


class AboutSerializer(serializers.Serializer[Any]):
    """What people say of a stream."""

    description = serializers.CharField()
    owner = serializers.CharField()
    purpose = serializers.CharField()
    contact = serializers.CharField()


class StreamSerializer(serializers.Serializer[Any]):
    """A stream's facts, and `settings`: the merged configuration as the streamconfigs API answers it."""

    name = serializers.CharField()
    schema_title = serializers.CharField()
    service = serializers.CharField()
    topics = serializers.ListField(child=serializers.CharField())
    is_enabled = serializers.BooleanField()
    is_pattern = serializers.BooleanField()
    canary_events_enabled = serializers.BooleanField()
    sampling = SamplingSerializer(allow_null=True)
    message_key_fields = serializers.DictField(child=serializers.CharField())
    about = AboutSerializer()
    settings = serializers.DictField()


class StreamListSerializer(serializers.Serializer[Any]):
    """The streams that fit, and the revision that says so."""

    revision = serializers.IntegerField()
    count = serializers.IntegerField()
    results = StreamSerializer(many=True)


def as_json(one: Configured, name: str) -> dict[str, Any]:
    """What `StreamSerializer` declares, of the stream `name` that falls under an entry."""
    stream = one.named(name)
    return {
        "name": stream.name,
        "schema_title": stream.schema_title,
        "service": stream.service,
        "topics": list(stream.topics),
        "is_enabled": stream.is_enabled,
        "is_pattern": one.pattern is not None and name == one.entry.name,
        "canary_events_enabled": stream.canary_events_enabled,
        "sampling": asdict(stream.sampling) if stream.sampling else None,
        "message_key_fields": dict(stream.message_key_fields),
        "about": _about(one.entry),
        "settings": dict(stream.settings),
    }


def _about(entry: Entry) -> dict[str, str]:
    return asdict(entry.about)
