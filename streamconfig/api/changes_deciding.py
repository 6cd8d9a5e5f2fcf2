"""Deciding on change requests over HTTP, one address for each verb; and the kill switch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from streamconfig.api.changes_shown import RequestSerializer, request_as_json
from streamconfig.api.problems import ProblemSerializer
from streamconfig.api.writing import WriteView, actor_of, body_of
from streamconfig.change_control import kill, ledger, requests
from streamconfig.change_control.actors import Actor
from streamconfig.models import ChangeRequest

_ANSWERS = dict.fromkeys((400, 401, 403, 404, 409), ProblemSerializer)
Body = Mapping[str, Any]


class SeenSerializer(serializers.Serializer[Any]):
    """`edit` as you saw it, so that nobody decides on what they did not see."""

    edit = serializers.IntegerField(min_value=1)
    comment = serializers.CharField(max_length=5000, allow_blank=True, default="")


class SaidSerializer(serializers.Serializer[Any]):
    """What is said."""

    text = serializers.CharField(max_length=5000)


class MergeSerializer(SeenSerializer):
    """For each place in conflict, `mine` (as the change wants it) or `theirs` (as it is)."""

    choices = serializers.DictField(child=serializers.ChoiceField(choices=("mine", "theirs")), default=dict)


class LookBackSerializer(serializers.Serializer[Any]):
    """What was seen afterwards."""

    comment = serializers.CharField(max_length=5000, allow_blank=True, default="")


class StopSerializer(serializers.Serializer[Any]):
    """What is to stop, and why."""

    streams = serializers.ListField(child=serializers.CharField(max_length=250), default=list)
    instruments = serializers.ListField(child=serializers.CharField(max_length=250), default=list)
    all_instruments = serializers.BooleanField(default=False)
    all_streams = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=5000)


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that can be done to a request: what its body holds, and who does it."""

    body: type[serializers.Serializer[Any]]
    do: Callable[[int, Actor, Body], Any]


def _seen(body: Body) -> dict[str, Any]:
    return {"seen": body["edit"], "comment": body["comment"]}


VERBS: Mapping[str, Verb] = {
    "submit": Verb(SeenSerializer, lambda number, by, body: requests.submit(number, by=by, seen=body["edit"])),
    "approve": Verb(SeenSerializer, lambda number, by, body: requests.approve(number, by=by, **_seen(body))),
    "reject": Verb(SeenSerializer, lambda number, by, body: requests.reject(number, by=by, **_seen(body))),
    "ask": Verb(SeenSerializer, lambda number, by, body: requests.ask_for_changes(number, by=by, **_seen(body))),
    "cancel": Verb(SeenSerializer, lambda number, by, body: requests.cancel(number, by=by, **_seen(body))),
    "retry": Verb(SeenSerializer, lambda number, by, body: requests.retry(number, by=by, seen=body["edit"])),
    "comment": Verb(SaidSerializer, lambda number, by, body: requests.comment(number, by=by, text=body["text"])),
    "merge": Verb(
        MergeSerializer,
        lambda number, by, body: requests.merge(number, by=by, seen=body["edit"], choices=body["choices"]),
    ),
    "look-back": Verb(LookBackSerializer, lambda number, by, body: kill.look_back(number, by=by, comment=body["comment"])),
}


class Deciding(WriteView):
    """One verb; subclasses name it."""

    verb: ClassVar[str]

    def post(self, request: Request, number: int) -> Response:
        """Do it as whoever asks, who must be allowed to."""
        verb, by = VERBS[self.verb], actor_of(request)
        verb.do(number, by, body_of(request, verb.body))
        return Response(request_as_json(ledger.found(number)))


def _view_of(name: str) -> type[Deciding]:
    words = name.replace("-", " ")
    described = extend_schema(
        operation_id=f"changes_{name.replace('-', '_')}",
        request=VERBS[name].body,
        responses={200: RequestSerializer, **_ANSWERS},
        tags=["changes"],
    )
    view = type(f"Deciding{words.title().replace(' ', '')}", (Deciding,), {"verb": name, "__doc__": f"{words}.".capitalize()})
    return extend_schema_view(post=described)(view)


VIEWS: Mapping[str, type[Deciding]] = {name: _view_of(name) for name in VERBS}


class Stopping(WriteView):
    """The kill switch."""

    @extend_schema(
        operation_id="kill",
        request=StopSerializer,
        responses={201: RequestSerializer, **_ANSWERS},
        tags=["changes"],
    )
    def post(self, request: Request) -> Response:
        """Stop streams and instruments at once, without approval; somebody looks at it afterwards."""
        body = body_of(request, StopSerializer)
        made: ChangeRequest = kill.stop(by=actor_of(request), **body).request
        return Response(request_as_json(made), status=HTTPStatus.CREATED)
