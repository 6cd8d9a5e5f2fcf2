"""Change requests and revisions as `/api/v1/` shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from streamconfig.configuration.changes import KINDS
from streamconfig.models import ChangeRequest, Comment, RequestStep, Revision, Verdict


class FieldSerializer(serializers.Serializer[Any]):
    """A setting that differs; a side that is absent was, or will be, not there, which is not the same as null."""

    path = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField())
    was = serializers.JSONField(required=False)
    becomes = serializers.JSONField(required=False)


class DifferenceSerializer(serializers.Serializer[Any]):
    """How one item of a section differs."""

    section = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    fields = FieldSerializer(many=True)  # type: ignore[assignment]  # the change's own word for it, which DRF's property hides


class EffectSerializer(serializers.Serializer[Any]):
    """What a change means, in words."""

    code = serializers.CharField()
    section = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()


class RequirementSerializer(serializers.Serializer[Any]):
    """What a policy wants, and what of it was given."""

    policy = serializers.CharField()
    title = serializers.CharField()
    approvals = serializers.IntegerField()
    by = serializers.ListField(child=serializers.CharField())
    given_by = serializers.ListField(child=serializers.CharField())
    missing = serializers.IntegerField()


class ConflictSerializer(serializers.Serializer[Any]):
    """Where somebody else changed the same meanwhile."""

    section = serializers.CharField()
    name = serializers.CharField()
    path = serializers.CharField()
    was = serializers.JSONField(allow_null=True)
    found = serializers.JSONField(allow_null=True)
    becomes = serializers.JSONField(allow_null=True)


class VerdictSerializer(serializers.ModelSerializer[Verdict]):
    """What somebody decided; it counts only for the content that it names."""

    class Meta:
        model = Verdict
        fields = ("name", "kind", "content_hash", "comment", "at")


class CommentSerializer(serializers.ModelSerializer[Comment]):
    """A remark."""

    class Meta:
        model = Comment
        fields = ("name", "text", "at")


class StepSerializer(serializers.ModelSerializer[RequestStep]):
    """Something that happened to the request."""

    class Meta:
        model = RequestStep
        fields = ("at", "who", "what", "note")


class ChangeSerializer(serializers.ModelSerializer[ChangeRequest]):
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


class ChangeAnswerSerializer(ChangeSerializer):
    """A change request with all that is known of it."""

    changes = DifferenceSerializer(many=True)
    effects = EffectSerializer(many=True)
    requirements = RequirementSerializer(many=True)
    conflicts = ConflictSerializer(many=True)
    is_applicable = serializers.BooleanField()
    verdicts = VerdictSerializer(many=True)
    comments = CommentSerializer(many=True)
    steps = StepSerializer(many=True)

    class Meta(ChangeSerializer.Meta):
        fields = (
            *ChangeSerializer.Meta.fields,
            "changes",
            "effects",
            "requirements",
            "conflicts",
            "is_applicable",
            "verdicts",
            "comments",
            "steps",
        )


class ChangeListSerializer(serializers.Serializer[Any]):
    """Change requests, the newest first."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = ChangeSerializer(many=True)


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

    changes = DifferenceSerializer(many=True)

    class Meta(RevisionSerializer.Meta):
        fields = (*RevisionSerializer.Meta.fields, "changes")


class RevisionListSerializer(serializers.Serializer[Any]):
    """Revisions, the newest first."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    results = RevisionSerializer(many=True)
