"""What bodies and answers hold, declared for OpenAPI too."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

STATES = ("running", "paused", "stopped")


class TargetSerializer(serializers.Serializer[Any]):
    """A store's connection. Secrets are written, and answered as a mask; a mask that is sent back leaves them."""

    name = serializers.CharField(max_length=100)
    kind = serializers.CharField(max_length=50)
    options = serializers.DictField(default=dict)


class TargetChangeSerializer(serializers.Serializer[Any]):
    """All options of a target (PUT), or those that change (PATCH; null takes one away)."""

    kind = serializers.CharField(max_length=50, required=False)
    options = serializers.DictField(default=dict)


class ConnectorConfigSerializer(serializers.Serializer[Any]):
    """A connector as configured; what PATCH leaves out stays."""

    target = serializers.CharField(max_length=100, required=False)
    streams = serializers.ListField(child=serializers.CharField(max_length=250), min_length=1, required=False)
    options = serializers.DictField(required=False)
    rules = serializers.DictField(required=False)


class ConnectorCreateSerializer(ConnectorConfigSerializer):
    """A new connector, and whether it runs at once."""

    name = serializers.CharField(max_length=100)
    target = serializers.CharField(max_length=100)
    initial_state = serializers.ChoiceField(choices=STATES, default="running")


class ConnectorAnswerSerializer(serializers.Serializer[Any]):
    """A connector as configured, and how it is doing as a whole."""

    name = serializers.CharField()
    kind = serializers.CharField()
    target = serializers.CharField()
    streams = serializers.ListField(child=serializers.CharField())
    options = serializers.DictField()
    rules = serializers.DictField()
    wanted_state = serializers.ChoiceField(choices=STATES)
    state = serializers.CharField()
    updated_at = serializers.DateTimeField()


class TaskSerializer(serializers.Serializer[Any]):
    """How one partition is doing."""

    stream = serializers.CharField()
    topic = serializers.CharField()
    partition = serializers.IntegerField()
    state = serializers.CharField()
    next_offset = serializers.IntegerField(allow_null=True)
    end_offset = serializers.IntegerField(allow_null=True)
    lag_records = serializers.IntegerField()
    lag_seconds = serializers.FloatField(allow_null=True)
    worker = serializers.CharField()
    tried_again_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()
    error_code = serializers.CharField()
    loses_records_at = serializers.DateTimeField(allow_null=True)


class StatusSerializer(serializers.Serializer[Any]):
    """How a connector is doing: its target's breaker, its store's preparation, each partition."""

    name = serializers.CharField()
    state = serializers.CharField()
    lag_records = serializers.IntegerField()
    lag_seconds = serializers.FloatField(allow_null=True)
    store_left_alone_until = serializers.DateTimeField(allow_null=True)
    store_error = serializers.CharField()
    preparation_error = serializers.CharField()
    tasks = TaskSerializer(many=True)


class OffsetSerializer(serializers.Serializer[Any]):
    """Where a partition goes on: an offset, or first, end, store (where the store stands), reached (where it once stood)."""

    topic = serializers.CharField(max_length=249)
    partition = serializers.IntegerField(min_value=0)
    offset = serializers.JSONField()


class OffsetsSerializer(serializers.Serializer[Any]):
    """Offsets by partition."""

    offsets = OffsetSerializer(many=True, allow_empty=False)


class ValidateSerializer(serializers.Serializer[Any]):
    """Values to be looked at; nothing is saved. `target` names a saved one whose options and secrets count then."""

    target = serializers.CharField(max_length=100, required=False)
    target_options = serializers.DictField(default=dict)
    options = serializers.DictField(default=dict)
    rules = serializers.DictField(default=dict)


class OptionErrorSerializer(serializers.Serializer[Any]):
    """What is wrong with an option."""

    code = serializers.CharField()
    pointer = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField()


class ValidationSerializer(serializers.Serializer[Any]):
    """Everything that is wrong."""

    error_count = serializers.IntegerField()
    found = OptionErrorSerializer(many=True)


class CheckSerializer(serializers.Serializer[Any]):
    """Whether the store let us in."""

    is_ok = serializers.BooleanField()
    message = serializers.CharField()
    remedy = serializers.CharField()
    code = serializers.CharField()
    seconds = serializers.FloatField()


class BackfillAskSerializer(serializers.Serializer[Any]):
    """Take a stream's records again, between two times, or two offsets of one partition; else as far as the log goes."""

    stream = serializers.CharField(max_length=249)
    begin_at = serializers.DateTimeField(required=False)
    end_at = serializers.DateTimeField(required=False)
    topic = serializers.CharField(max_length=249, required=False)
    partition = serializers.IntegerField(min_value=0, required=False)
    begin_offset = serializers.IntegerField(min_value=0, required=False)
    end_offset = serializers.IntegerField(min_value=0, required=False)


class BackfillSerializer(serializers.Serializer[Any]):
    """How far a back-fill is."""

    id = serializers.IntegerField()
    stream = serializers.CharField()
    state = serializers.CharField()
    records = serializers.IntegerField()
    done = serializers.IntegerField()
    ratio = serializers.FloatField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    error_code = serializers.CharField()
    last_error = serializers.CharField()


class MinuteSerializer(serializers.Serializer[Any]):
    """What a connector did in one minute."""

    at = serializers.DateTimeField()
    arrived = serializers.IntegerField()
    written = serializers.IntegerField()
    lag_records = serializers.IntegerField()
    lag_seconds = serializers.FloatField()
    set_aside = serializers.IntegerField()


class DeclaredOptionSerializer(serializers.Serializer[Any]):
    """One option of a kind."""

    name = serializers.CharField()
    type = serializers.CharField()
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # hides an attribute of DRF's that is not asked
    default = serializers.JSONField(allow_null=True)
    secret = serializers.BooleanField()
    choices = serializers.ListField(child=serializers.CharField())
    minimum = serializers.FloatField(allow_null=True)


class KindSerializer(serializers.Serializer[Any]):
    """A kind of store with what can be set; `unavailable` says why it can't be used here."""

    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    guarantee = serializers.CharField()
    unavailable = serializers.CharField()
    target_options = DeclaredOptionSerializer(many=True)
    options = DeclaredOptionSerializer(many=True)
