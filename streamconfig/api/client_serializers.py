"""The client's configuration as OpenAPI describes it; answers are made without it (`configuration.client_view`)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from streamconfig.api.serializers import AudienceSerializer, SamplingSerializer

_CHANGES = "What is known of the future, in its order, 32 at most: from `at` on its sample holds."
_OLDER = "By the ids of versions that have other fields: what may be filled in of an event that names one of them."
_FIELDS = "What the client may fill in where the event says nothing; the schema has all of them."


class SampleChangeSerializer(serializers.Serializer[Any]):
    """From when on which sample holds."""

    at = serializers.DateTimeField()
    sample = SamplingSerializer(allow_null=True)


class _FillingSerializer(serializers.Serializer[Any]):
    """Of what says which fields a client fills in."""

    def get_fields(self) -> dict[str, Any]:
        """`fields` is a serializer's own word, so it gets its name here."""
        return {("fields" if name == "fields_to_fill" else name): one for name, one in super().get_fields().items()}


class ClientStreamSerializer(_FillingSerializer):
    """What a client needs to send events of a stream."""

    schema = serializers.CharField(allow_null=True, help_text="The newest version's id; null: no schema of its title is there.")
    service = serializers.CharField(help_text="Whose intake takes the events; empty: the one for all.")
    sample = SamplingSerializer(
        allow_null=True, help_text="What holds now; null: everybody sends. The rate is 0 while it is off."
    )
    changes = SampleChangeSerializer(many=True, help_text=_CHANGES)
    heeds = serializers.ListField(
        child=serializers.ChoiceField(choices=["gpc", "dnt"]), help_text="Who has set one of these signals sends nothing."
    )
    fields_to_fill = serializers.ListField(child=serializers.CharField(), help_text=_FIELDS)
    older = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), help_text=_OLDER)
    curation = serializers.DictField(
        child=serializers.DictField(),
        allow_null=True,
        help_text="Attribute → operator → value: what must hold of the context; null: nothing.",
    )


class ClientInstrumentSerializer(_FillingSerializer):
    """What a client needs to send events of an instrument."""

    stream = serializers.CharField()
    sample = SamplingSerializer(help_text="In place of the stream's; the rate is 0 while either is off.")
    changes = SampleChangeSerializer(many=True, help_text=_CHANGES)
    audience = AudienceSerializer(allow_null=True, help_text="Whom the instrument asks; null: everybody.")
    fields_to_fill = serializers.ListField(child=serializers.CharField(), help_text="Beside those of its stream.")
    older = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), help_text=_OLDER)


class ClientConfigurationSerializer(serializers.Serializer[Any]):
    """The contract's document."""

    contract = serializers.IntegerField(help_text="Which version of the contract the document is of.")
    revision = serializers.IntegerField()
    refresh_seconds = serializers.IntegerField(help_text="How often a client asks again.")
    stream_url = serializers.URLField(help_text="Where events are given out, for consumers.")
    intakes = serializers.DictField(child=serializers.URLField(), help_text="Service → where its events are posted.")
    streams = serializers.DictField(child=ClientStreamSerializer())
    instruments = serializers.DictField(child=ClientInstrumentSerializer())
