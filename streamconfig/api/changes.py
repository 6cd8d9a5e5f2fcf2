"""Reads of `/api/v1/changes`: requests with their state, and one with what it means and what it lacks."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponseBase
from django_filters import rest_framework as filters  # type: ignore[import-untyped]  # ships no types
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from streamconfig.api.changes_shown import trial_as_json
from streamconfig.api.filters import YesOrNo
from streamconfig.api.history_json import (
    ChangeCommentSerializer,
    ChangeRequestAnswerSerializer,
    ChangeRequestListSerializer,
    ChangeRequestSerializer,
    StepSerializer,
    VerdictSerializer,
)
from streamconfig.api.listing import PAGE_PARAMETERS, filter_parameters, page_of_rows
from streamconfig.api.private_view import READ_FAILURES, PrivateView, number_in_path
from streamconfig.change_control import examining
from streamconfig.change_control.errors import RequestMissingError
from streamconfig.models import ChangeRequest

_NUMBER = number_in_path("number", "Of the change request.")


class ChangeFilter(filters.FilterSet):  # type: ignore[misc]  # ships no types
    """Of `/api/v1/changes`."""

    q = filters.CharFilter(method="with_words", label="Words in title or reason.")
    state = filters.ChoiceFilter(choices=ChangeRequest.State.choices, label="In this state.")
    source = filters.ChoiceFilter(choices=ChangeRequest.Source.choices, label="Asked for this way.")
    author = filters.CharFilter(field_name="author_name", label="Asked for by this person or program.")
    is_emergency = YesOrNo(label="Published before any approval, or not.")

    class Meta:
        model = ChangeRequest
        fields: tuple[str, ...] = ()

    def with_words(self, rows: QuerySet[ChangeRequest], _name: str, words: str) -> QuerySet[ChangeRequest]:
        """Those that hold every word."""
        for word in words.replace("\0", " ").split():
            rows = rows.filter(Q(title__icontains=word) | Q(reason__icontains=word))
        return rows


class ChangeList(PrivateView):
    """Change requests, the newest first."""

    filterset_class = ChangeFilter

    @extend_schema(
        operation_id="changes_list",
        parameters=[*filter_parameters(ChangeFilter), *PAGE_PARAMETERS],
        responses={200: ChangeRequestListSerializer, **READ_FAILURES},
    )
    def get(self, request: Request) -> HttpResponseBase:
        rows = ChangeRequest.objects.defer("changes_text")
        return Response(page_of_rows(request, rows, ChangeFilter, ChangeRequestSerializer))


class ChangeDetail(PrivateView):
    """One change request: what it changes and means, what it lacks, what was said and done."""

    @extend_schema(
        operation_id="changes_read", parameters=[_NUMBER], responses={200: ChangeRequestAnswerSerializer, **READ_FAILURES}
    )
    def get(self, request: Request, number: int) -> HttpResponseBase:  # noqa: ARG002  # DRF's signature
        return Response(change_as_json(number))


def change_as_json(number: int) -> dict[str, Any]:
    """What `ChangeRequestAnswerSerializer` declares.

    Raises:
        RequestMissingError: there is no such request.
    """
    row = ChangeRequest.objects.filter(pk=number).first()
    if row is None:
        raise RequestMissingError(number=number)
    return {
        **ChangeRequestSerializer(row).data,
        **trial_as_json(examining.examine(row)),
        "changes": [one.as_json() for one in row.changes],
        "verdicts": VerdictSerializer(row.verdicts.all(), many=True).data,
        "comments": ChangeCommentSerializer(row.comments.all(), many=True).data,
        "steps": StepSerializer(row.steps.all(), many=True).data,
    }
