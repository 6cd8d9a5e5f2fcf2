"""Back to what was, over HTTP: a draft that takes a revision back, or that restores one as a whole."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from streamconfig.api.changes_shown import RequestSerializer, request_as_json
from streamconfig.api.problems import ProblemSerializer
from streamconfig.api.writing import WriteView, actor_of, body_of
from streamconfig.change_control import rollback

_ANSWERS = {201: RequestSerializer, **dict.fromkeys((400, 401, 403, 404, 409), ProblemSerializer)}


class RevertSerializer(serializers.Serializer[Any]):
    """Why; where nothing is said, the draft says whose change it takes back."""

    reason = serializers.CharField(max_length=5000, allow_blank=True, default="")


class RollingBack(WriteView):
    """One revision taken back."""

    @extend_schema(operation_id="revisions_roll_back", request=RevertSerializer, responses=_ANSWERS, tags=["changes"])
    def post(self, request: Request, number: int) -> Response:
        """Draft what takes back the fields that this revision changed; submit it like any other request."""
        reason = body_of(request, RevertSerializer)["reason"]
        made = rollback.roll_back(number, by=actor_of(request), reason=reason)
        return Response(request_as_json(made), status=HTTPStatus.CREATED)


class Restoring(WriteView):
    """An earlier revision as a whole."""

    @extend_schema(operation_id="revisions_restore", request=RevertSerializer, responses=_ANSWERS, tags=["changes"])
    def post(self, request: Request, number: int) -> Response:
        """Draft what makes everything as that revision had it; submit it like any other request."""
        reason = body_of(request, RevertSerializer)["reason"]
        made = rollback.restore(number, by=actor_of(request), reason=reason)
        return Response(request_as_json(made), status=HTTPStatus.CREATED)
