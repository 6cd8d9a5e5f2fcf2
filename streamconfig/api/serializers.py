"""Streams and instruments as `/api/v1/` shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from rest_framework import serializers

from eventplatform.core.streams import Sampling
from streamconfig.configuration.document import About, Entry
from streamconfig.configuration.instruments import Instrument
from streamconfig.configuration.own_keys import SENSITIVITIES
from streamconfig.configuration.setting_types import UNITS
from streamconfig.configuration.stream_set import Configured

_ABOUT = tuple(one.name for one in fields(About))


class SamplingSerializer(serializers.Serializer[Any]):
    """Which share of clients sends."""

    unit = serializers.ChoiceField(choices=UNITS)
    rate = serializers.FloatField(min_value=0, max_value=1)


class RampStepSerializer(serializers.Serializer[Any]):
    """From when on which rate holds."""

    at = serializers.CharField()
    rate = serializers.FloatField(min_value=0, max_value=1)


class AboutSerializer(serializers.Serializer[Any]):
    """What people say of a stream; empty where they don't."""

    description = serializers.CharField()
    owner = serializers.CharField()
    purpose = serializers.CharField()
    contact = serializers.CharField()
    task = serializers.CharField()
    sensitivity = serializers.ChoiceField(choices=["", *SENSITIVITIES])
    review_on = serializers.CharField(help_text="A day, such as 2027-06-30, or empty.")
    expires_on = serializers.CharField(help_text="A day, or empty.")


class StreamSerializer(serializers.Serializer[Any]):
    """A stream's facts, and `settings`: the merged configuration as the streamconfigs API answers it."""

    name = serializers.CharField()
    schema_title = serializers.CharField()
    service = serializers.CharField()
    topics = serializers.ListField(child=serializers.CharField())
    is_enabled = serializers.BooleanField()
    is_open = serializers.BooleanField(help_text="Within its windows.")
    is_pattern = serializers.BooleanField()
    canary_events_enabled = serializers.BooleanField()
    sampling = SamplingSerializer(allow_null=True, help_text="What holds while it is on and open; null: everything is sent.")
    message_key_fields = serializers.DictField(child=serializers.CharField())
    about = AboutSerializer()
    windows = serializers.ListField(child=serializers.DictField(), help_text="When it collects; empty: always.")
    ramp = RampStepSerializer(many=True)
    late = serializers.CharField(
        help_text="What becomes of events that arrive now: accept, flag, drop; empty: they aren't late."
    )
    stopped_instruments = serializers.ListField(child=serializers.CharField())
    partitions = serializers.IntegerField(allow_null=True)
    retention_hours = serializers.IntegerField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True, help_text="When a window or ramp changes this next.")
    settings = serializers.DictField()


class AudienceSerializer(serializers.Serializer[Any]):
    """Whom an instrument asks; empty and null: everybody."""

    sites = serializers.ListField(child=serializers.CharField())
    except_sites = serializers.ListField(child=serializers.CharField())
    platforms = serializers.ListField(child=serializers.CharField())
    is_logged_in = serializers.BooleanField(allow_null=True)


class InstrumentSerializer(serializers.Serializer[Any]):
    """What a product manager steers on top of a stream."""

    key = serializers.CharField()
    stream = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    owner = serializers.CharField()
    contact = serializers.CharField()
    purpose = serializers.CharField()
    task = serializers.CharField()
    is_enabled = serializers.BooleanField()
    is_open = serializers.BooleanField(help_text="Within its windows.")
    sampling = SamplingSerializer(help_text="What holds: rate 0 while it is off or outside its windows.")
    open_sampling = SamplingSerializer(help_text="What holds while it is on and open.")
    windows = serializers.ListField(child=serializers.DictField())
    ramp = RampStepSerializer(many=True)
    audience = AudienceSerializer()
    contextual_attributes = serializers.ListField(child=serializers.CharField())
    review_on = serializers.CharField()
    expires_on = serializers.CharField()
    valid_until = serializers.DateTimeField(allow_null=True, help_text="When a window or ramp changes this next.")


class _ListSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="How many fit, on all pages.")
    next = serializers.CharField(allow_null=True, help_text="The address of the next page.")


class StreamListSerializer(_ListSerializer):
    """The streams that fit, in the order of the configuration, and the revision that says so."""

    results = StreamSerializer(many=True)
    revision = serializers.IntegerField()


class InstrumentListSerializer(_ListSerializer):
    """The instruments that fit, and the revision that says so."""

    results = InstrumentSerializer(many=True)
    revision = serializers.IntegerField()


class StreamAnswerSerializer(StreamSerializer):
    """One stream, and the revision that says so."""

    revision = serializers.IntegerField()


class InstrumentAnswerSerializer(InstrumentSerializer):
    """One instrument, and the revision that says so."""

    revision = serializers.IntegerField()


def as_json(one: Configured, name: str) -> dict[str, Any]:
    """What `StreamSerializer` declares, of the stream `name` that falls under an entry."""
    stream, own = one.named(name), one.entry.own
    return {
        "name": stream.name,
        "schema_title": stream.schema_title,
        "service": stream.service,
        "topics": list(stream.topics),
        "is_enabled": stream.is_enabled,
        "is_open": stream.is_open,
        "is_pattern": one.pattern is not None and name == one.entry.name,
        "canary_events_enabled": stream.canary_events_enabled,
        "sampling": _sampling(stream.sampling) if stream.sampling else None,
        "message_key_fields": dict(stream.message_key_fields),
        "about": _about(one.entry),
        "windows": own.get("windows") or [],
        "ramp": own.get("ramp") or [],
        "late": stream.late,
        "stopped_instruments": sorted(stream.stopped_instruments),
        "partitions": stream.partitions,
        "retention_hours": stream.retention_hours,
        "valid_until": one.valid_until,
        "settings": dict(stream.settings),
    }


def instrument_as_json(one: Instrument) -> dict[str, Any]:
    """What `InstrumentSerializer` declares."""
    item: Mapping[str, Any] = one.item
    return {
        "key": one.key,
        "stream": one.stream,
        "title": one.title,
        "description": one.description,
        "owner": one.owner,
        "contact": one.contact,
        "purpose": one.purpose,
        "task": one.task,
        "is_enabled": one.is_enabled,
        "is_open": one.is_open,
        "sampling": _sampling(one.sampling),
        "open_sampling": _sampling(one.open_sampling),
        "windows": item.get("windows") or [],
        "ramp": item.get("ramp") or [],
        "audience": asdict(one.audience),
        "contextual_attributes": list(one.contextual_attributes),
        "review_on": one.review_on,
        "expires_on": one.expires_on,
        "valid_until": one.valid_until,
    }


def _sampling(sampling: Sampling) -> dict[str, Any]:
    return {"unit": sampling.unit, "rate": sampling.rate}


def _about(entry: Entry) -> dict[str, str]:
    about = entry.about
    return {name: getattr(about, name) for name in _ABOUT}
