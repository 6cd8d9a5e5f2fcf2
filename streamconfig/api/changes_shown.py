"""A change request, and what it would do, as the writes answer them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from streamconfig.api.changes_bodies import ChangeSerializer
from streamconfig.api.problems import PlaceSerializer, conflict_as_json, place_of
from streamconfig.change_control import approvals
from streamconfig.change_control.approvals import Requirement
from streamconfig.change_control.examining import Examination
from streamconfig.configuration import effects
from streamconfig.models import ChangeRequest


class RequirementSerializer(serializers.Serializer[Any]):
    """What one policy wants, with what was given."""

    policy = serializers.CharField()
    title = serializers.CharField()
    approvals = serializers.IntegerField()
    by = serializers.ListField(child=serializers.CharField())
    outside_team = serializers.BooleanField()
    given_by = serializers.ListField(child=serializers.CharField())
    missing = serializers.IntegerField()


class RequestSerializer(serializers.Serializer[Any]):
    """A change request after a write. Send `edit` back with what you decide on it."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ChangeRequest.State.choices)
    edit = serializers.IntegerField()
    title = serializers.CharField()
    reason = serializers.CharField()
    author = serializers.CharField()
    effective_at = serializers.DateTimeField(allow_null=True)
    is_emergency = serializers.BooleanField()
    revision = serializers.IntegerField(allow_null=True)
    problem = serializers.CharField()
    requirements = RequirementSerializer(many=True)
    changes = ChangeSerializer(many=True)
    url = serializers.CharField()


class EffectSerializer(serializers.Serializer[Any]):
    """One thing that a change does."""

    code = serializers.CharField()
    section = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()
    factor = serializers.FloatField(allow_null=True, help_text="How many times as much is collected; null where nothing says.")
    is_unbounded = serializers.BooleanField(help_text="From nothing, or of another unit: no factor says how much more.")
    is_personal = serializers.BooleanField()
    owner = serializers.CharField()


class TrialSerializer(serializers.Serializer[Any]):
    """What a change would do; nothing was written."""

    is_applicable = serializers.BooleanField()
    refusal = serializers.CharField()
    changes = ChangeSerializer(many=True)
    effects = EffectSerializer(many=True)
    requirements = RequirementSerializer(many=True)
    conflicts = serializers.ListField(child=serializers.DictField())
    problems = PlaceSerializer(many=True)
    overlaps = serializers.ListField(child=serializers.DictField())


def request_as_json(request: ChangeRequest) -> dict[str, Any]:
    """A request as it stands after a write."""
    return {
        "number": request.pk,
        "state": request.state,
        "edit": request.edit,
        "title": request.title,
        "reason": request.reason,
        "author": request.author_name,
        "effective_at": request.effective_at.isoformat() if request.effective_at else None,
        "is_emergency": request.is_emergency,
        "revision": request.applied_revision,
        "problem": request.problem,
        "requirements": _requirements(approvals.requirements(request)),
        "changes": [one.as_json() for one in request.changes],
        "url": request.get_absolute_url(),
    }


def trial_as_json(seen: Examination, *, refusal: str = "") -> dict[str, Any]:
    """What an examination found; `refusal` is why this person may not ask for it."""
    return {
        "is_applicable": seen.is_applicable and not refusal,
        "refusal": refusal or seen.refusal,
        "changes": [one.as_json() for one in seen.changes],
        "effects": [effects.as_json(one) for one in seen.effects],
        "requirements": _requirements(seen.requirements),
        "conflicts": [conflict_as_json(one) for one in seen.conflicts],
        "problems": [place_of(one) for one in seen.problems],
        "overlaps": [
            {**asdict(one), "effective_at": one.effective_at.isoformat(), "places": list(one.places)}
            for one in seen.scheduled_overlaps
        ],
    }


def _requirements(found: Iterable[Requirement]) -> list[dict[str, Any]]:
    return [
        {
            "policy": one.policy,
            "title": one.title,
            "approvals": one.approvals,
            "by": list(one.by),
            "outside_team": one.is_outside_team,
            "given_by": list(one.given_by),
            "missing": one.missing,
        }
        for one in found
    ]
