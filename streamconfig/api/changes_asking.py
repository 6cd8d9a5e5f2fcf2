"""Asking for changes over HTTP: draft and submit, edit, and the dry run that writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from eventplatform.core.errors import RejectedError
from streamconfig import lookups
from streamconfig.api.changes import ChangeDetail, ChangeList
from streamconfig.api.changes_bodies import AskSerializer, EditSerializer, WishSerializer, changes_of, has_wish
from streamconfig.api.changes_shown import RequestSerializer, TrialSerializer, request_as_json, trial_as_json
from streamconfig.api.problems import ProblemSerializer, place_of
from streamconfig.api.writing import WriteView, Writing, actor_of, body_of
from streamconfig.change_control import approvals, ledger, requests
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.examining import preview
from streamconfig.configuration.document import DocumentInvalidError
from streamconfig.models import ChangeRequest

_REFUSED = dict.fromkeys((400, 401, 403, 409), ProblemSerializer)
_API = ChangeRequest.Source.API


class Changes(Writing, ChangeList):
    """Change requests: read them, or ask for one."""

    @extend_schema(
        operation_id="changes_create", request=AskSerializer, responses={201: RequestSerializer, **_REFUSED}, tags=["changes"]
    )
    def post(self, request: Request) -> Response:
        """Draft a change and submit it; published at once where the policies want no approval."""
        body, by = body_of(request, AskSerializer), actor_of(request)
        with transaction.atomic():
            made = _drafted(body, by)
            if body["submit"]:
                made = requests.submit(made.pk, by=by, seen=made.edit).request
        headers = {"Location": f"/api/v1/changes/{made.pk}"}
        return Response(request_as_json(made), status=HTTPStatus.CREATED, headers=headers)


class OneChange(Writing, ChangeDetail):
    """A change request: read it, or say something else."""

    @extend_schema(
        operation_id="changes_update",
        request=EditSerializer,
        responses={200: RequestSerializer, 404: ProblemSerializer, **_REFUSED},
        tags=["changes"],
    )
    def patch(self, request: Request, number: int) -> Response:
        """What the body leaves out stays as it is. Approvals of what it said before don't count any more."""
        body, by = body_of(request, EditSerializer), actor_of(request)
        found = ledger.found(number)
        edited = requests.edit(
            number,
            by=by,
            seen=body["edit"],
            title=body.get("title", found.title),
            reason=body.get("reason", found.reason),
            changes=changes_of(body) if has_wish(body) else found.changes,
            effective_at=body.get("effective_at", found.effective_at),
            base_revision=_base(body),
            source=_API,
        )
        return Response(request_as_json(edited))


class DryRun(WriteView):
    """Look at what a change would do."""

    @extend_schema(
        operation_id="changes_dry_run",
        request=WishSerializer,
        responses={200: TrialSerializer, 400: ProblemSerializer, 401: ProblemSerializer},
        tags=["changes"],
    )
    def post(self, request: Request) -> Response:
        """Changes, effects, needed approvals, conflicts and problems; 200 also where it could not be published."""
        body, by = body_of(request, WishSerializer), actor_of(request)
        try:
            wanted = changes_of(body)
        except DocumentInvalidError as error:
            return Response(_unusable(error))
        seen = preview(wanted, source=_API, base_revision=body.get("base_revision") or 0)
        try:
            approvals.require_authorship(wanted, by)
        except RejectedError as error:
            return Response(trial_as_json(seen, refusal=f"{error} {error.hint}"))
        return Response(trial_as_json(seen))


def _base(body: Mapping[str, Any]) -> int | None:
    """The revision that the changes are seen from: a new wish is laid over the newest one, where none is named."""
    return body.get("base_revision") or (lookups.newest_revision() if has_wish(body) else None)


def _drafted(body: Mapping[str, Any], by: Actor) -> ChangeRequest:
    return requests.draft(
        by=by,
        changes=changes_of(body),
        title=body["title"],
        reason=body["reason"],
        source=_API,
        base_revision=body.get("base_revision") or 0,
        effective_at=body["effective_at"],
    )


def _unusable(error: DocumentInvalidError) -> dict[str, Any]:
    """The trial of a document that holds what can't be used: nothing is known of its effects."""
    nothing: dict[str, Any] = dict.fromkeys(("changes", "effects", "requirements", "conflicts", "overlaps"), ())
    return {
        "is_applicable": False,
        "refusal": str(error),
        **nothing,
        "problems": [place_of(one) for one in error.problems],
    }
