"""Change requests and revisions as `/api/v1/` shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from streamconfig.api.changes_bodies import ChangeSerializer
from streamconfig.api.changes_shown import EffectSerializer, RequirementSerializer
from streamconfig.api.problems import PlaceSerializer
from streamconfig.models import ChangeRequest, Comment, RequestStep, Revision, Verdict


class VerdictSerializer(serializers.ModelSerializer[Verdict]):
    """What somebody decided; it counts only for the content that it names."""

    class Meta:
        model = Verdict
        fields = ("name", "kind", "content_hash", "comment", "at")


class ChangeCommentSerializer(serializers.ModelSerializer[Comment]):
    """A remark."""

    class Meta:
        model = Comment
        fields = ("name", "text", "at")


class StepSerializer(serializers.ModelSerializer[RequestStep]):
    """Something that happened to the request."""

    class Meta:
        model = RequestStep
        fields = ("at", "who", "what", "note")


class ChangeRequestSerializer(serializers.ModelSerializer[ChangeRequest]):
    """A change request."""

    number = serializers.IntegerField(source="pk")
    author = serializers.CharField(source="author_name")
    page = serializers.CharField(source="get_absolute_url", help_text="Where people see it.")

    class Meta:
        model = ChangeRequest
        fields: tuple[str, ...] = (
            "number",
            "title",
            "reason",
            "state",
            "source",
            "author",
            "base_revision",
            "effective_at",
            "edit",
            "content_hash",
            "is_emergency",
            "problem",
            "applied_revision",
            "created_at",
            "submitted_at",
            "closed_at",
            "page",
        )


class ChangeRequestAnswerSerializer(ChangeRequestSerializer):
    """A change request with all that is known of it."""

    changes = ChangeSerializer(many=True)
    effects = EffectSerializer(many=True)
    requirements = RequirementSerializer(many=True)
    conflicts = serializers.ListField(child=serializers.DictField(), help_text="What others changed meanwhile.")
    problems = PlaceSerializer(many=True)
    overlaps = serializers.ListField(child=serializers.DictField(), help_text="Open requests that touch the same.")
    is_applicable = serializers.BooleanField()
    refusal = serializers.CharField()
    verdicts = VerdictSerializer(many=True)
    comments = ChangeCommentSerializer(many=True)
    steps = StepSerializer(many=True)

    class Meta(ChangeRequestSerializer.Meta):
        fields = (
            *ChangeRequestSerializer.Meta.fields,
            "changes",
            "effects",
            "requirements",
            "conflicts",
            "problems",
            "overlaps",
            "is_applicable",
            "refusal",
            "verdicts",
            "comments",
            "steps",
        )


class ChangeRequestListSerializer(serializers.Serializer[Any]):
    """Change requests, the newest first."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = ChangeRequestSerializer(many=True)


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    """One publish."""

    request = serializers.IntegerField(source="request_id", allow_null=True, help_text="The change request that it came by.")

    class Meta:
        model = Revision
        fields: tuple[str, ...] = (
            "number",
            "created_at",
            "effective_at",
            "author",
            "reason",
            "request",
            "previous_hash",
            "hash",
        )


class RevisionAnswerSerializer(RevisionSerializer):
    """One publish and what it changed."""

    changes = ChangeSerializer(many=True)

    class Meta(RevisionSerializer.Meta):
        fields = (*RevisionSerializer.Meta.fields, "changes")


class RevisionListSerializer(serializers.Serializer[Any]):
    """Revisions, the newest first."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = RevisionSerializer(many=True)
