"""`/api/v1/client`: the configuration as client libraries read it (docs/reference/client-contract.md), from the snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from streamconfig import client_schemas
from streamconfig.api.client_serializers import ClientConfigurationSerializer
from streamconfig.api.errors import ParameterInvalidError
from streamconfig.api.packed import Kept
from streamconfig.api.problems import ProblemSerializer
from streamconfig.api.public import UNCHANGED, parameter
from streamconfig.api.snapshot_view import READ_PARAMETERS, SnapshotView
from streamconfig.configuration import scopes
from streamconfig.configuration.client_samples import MAX_CHANGES, Future, State
from streamconfig.configuration.client_view import CONTRACT, Asked, ClientView
from streamconfig.configuration.scopes import scoped
from streamconfig.snapshots import Snapshot

# How far changes are told ahead, from the next boundary of time on. Who is offline for longer has no event left to send.
HORIZON = timedelta(days=7)
_MAX_NAMES, _MAX_TEXT, _MAX_SCOPE = 250, 8_000, 500
_MAX_KEPT_BYTES = 16 * 1024 * 1024  # ten thousand streams take 5 MB of it
_NAMES = frozenset({"streams", "instruments"})
_PARAMETERS = [
    parameter("streams", f"Names, separated by |, {_MAX_NAMES} at most; also such as only a pattern stands for."),
    parameter("instruments", "Keys, separated by |; their streams come with them."),
    *(one for one in READ_PARAMETERS if one.name in {"scope", "wait", "since"}),
]


class ClientConfiguration(SnapshotView):
    """Everything that a client needs to send well-formed, sampled events: by stream and by instrument."""

    parameter_names = _NAMES
    kept: ClassVar[Kept] = Kept(_MAX_KEPT_BYTES)

    @extend_schema(
        operation_id="client_configuration",
        parameters=_PARAMETERS,
        responses={
            200: ClientConfigurationSerializer,
            304: UNCHANGED,
            400: ProblemSerializer,
            503: ProblemSerializer,
        },
    )
    def get(self, request: Request, **names: str) -> HttpResponseBase:
        """What clients need to send well-formed, sampled events, now and as far as the future is known."""
        return super().get(request, **names)

    def state(self, snapshot: Snapshot) -> str:
        """Versions and fields come from the schemas."""
        return f"{snapshot.tag}-{snapshot.schemas.revision:x}"

    def make(self, request: Request, snapshot: Snapshot, names: Mapping[str, str]) -> Any:
        """The answer for this moment: what comes later is in it."""
        del names
        scope = _bounded(request, "scope", _MAX_SCOPE)
        asked = Asked(_asked(request, "streams"), _asked(request, "instruments"))
        states = tuple(_states(snapshot, scope))
        view = ClientView(
            found=snapshot.scoped(scopes.resolve(snapshot.document, scope) if scope else None),
            future=Future(states, _until(snapshot)),
            fields_of=partial(client_schemas.fields_of, snapshot.schemas),
            intake_url=settings.INTAKE_URL,
        )
        return {
            "contract": CONTRACT,
            "revision": snapshot.revision,
            "refresh_seconds": settings.CLIENT_REFRESH_SECONDS,
            "stream_url": settings.STREAM_URL,
            **view.answer(asked),
        }


def _states(snapshot: Snapshot, scope_text: str) -> Iterator[State]:
    """What is configured from now on, for one site."""
    timeline, now, until = snapshot.timeline, snapshot.taken_at, _until(snapshot)
    following = [at for at in timeline.boundaries if now < at <= until]
    for at in (now, *following[:MAX_CHANGES]):
        document = timeline.document_at(at)
        scope = scopes.resolve(document, scope_text) if scope_text else None
        yield State.of(at, scoped(document, scope, settings.ENVIRONMENT))


def _until(snapshot: Snapshot) -> datetime:
    """Counted from the end of this snapshot: its answers are kept until then, and alike in every process."""
    return (snapshot.valid_until or snapshot.taken_at) + HORIZON


def _asked(request: Request, name: str) -> tuple[str, ...] | None:
    text = _bounded(request, name, _MAX_TEXT)
    if not text:
        return None
    found = tuple(dict.fromkeys(one for one in text.split("|") if one))
    if len(found) > _MAX_NAMES:
        raise ParameterInvalidError(name=name, reason=f"it has more than {_MAX_NAMES} names.")
    return found


def _bounded(request: Request, name: str, most: int) -> str:
    text = request.query_params.get(name, "")
    if len(text) > most:
        raise ParameterInvalidError(name=name, reason=f"it is longer than {most} characters.")
    return text
