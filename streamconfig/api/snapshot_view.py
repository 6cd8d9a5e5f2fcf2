"""What reads of the snapshot share: an answer is made once per state and question, and costs next to nothing after that.

`Snapshot.tag` names the state: it changes with every publish and schedule, and at every boundary of time; what depends on
more says so in `state`. So the ETag of an answer is that state and a digest of the question (address, parameters that count,
scope, moment), strong, and another one for the packed form. Who has it gets 304, before DRF begins; who hasn't, but asks what
was asked before, gets the kept bytes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from eventplatform.core.accepting import takes_gzip
from streamconfig import lookups
from streamconfig.api import waiting
from streamconfig.api.errors import MomentInvalidError, ParameterInvalidError
from streamconfig.api.packed import Kept, Packed, digest
from streamconfig.api.public import PublicView, parameter, say_if_stale, share
from streamconfig.configuration import scopes
from streamconfig.configuration.moments import moment
from streamconfig.configuration.scopes import Scope
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.snapshots import Snapshot, SnapshotMissingError

_MAX_TEXT = 500  # of a parameter

kept = Kept()

# Parameters of every read, for OpenAPI.
READ_PARAMETERS = [
    parameter("at", "A moment with its offset, such as 2026-12-01T00:00:00Z: what held then, or what will hold.", datetime),
    parameter("scope", "A site as `enwiki`, or with its tags `officewiki|private`: with what its overrides say."),
    parameter("fields", "Only these fields of each result, separated by commas."),
    parameter(
        "wait",
        "Seconds, 60 at most: while nothing changed since the ETag of If-None-Match or `since`, wait so long with the answer. "
        "Few may wait at once; who can't is answered 304 at once, with Retry-After.",
        int,
    ),
    parameter("since", "An ETag, for clients that can't set If-None-Match."),
]
_EVERYWHERE = frozenset({"at", "scope", "fields"})


class SnapshotView(PublicView):
    """A read of the snapshot."""

    renderer_classes = [JSONRenderer]
    parameter_names: ClassVar[frozenset[str]] = frozenset()  # what the answer depends on, beside those of every read
    kept: ClassVar[Kept] = kept  # it holds one state's answers: who has a state of its own keeps its own

    def dispatch(self, request: HttpRequest, *args: Any, **names: Any) -> Any:
        """What is known already without DRF; all else, and everything that goes wrong, by DRF."""
        if request.method in {"GET", "HEAD"}:
            try:
                known = self._known(request, names)
            except (SnapshotMissingError, ParameterInvalidError):
                known = None  # told by `get`, in DRF's way
            if known is not None:
                return known
        return super().dispatch(request, *args, **names)

    def get(self, request: Request, **names: str) -> HttpResponseBase:
        """The full answer, made anew."""
        plain: HttpRequest = request._request  # noqa: SLF001  # Django's functions need Django's request
        _wait_seconds(plain)  # refused also where nobody needs to wait
        snapshot, question = lookups.snapshot(), self._question(plain, names)
        state = self.state(snapshot)
        answer = self.kept.get_or_make(state, question, partial(self.make, request, snapshot, names))
        return _response(plain, snapshot, _etag(plain, state, question), answer)

    def state(self, snapshot: Snapshot) -> str:
        """Names everything that answers depend on."""
        return snapshot.tag

    @abstractmethod
    def answer(self, request: Request, found: StreamSet, **names: str) -> Any:
        """The full answer as a JSON document."""

    def _known(self, request: HttpRequest, names: Mapping[str, str]) -> HttpResponse | None:
        snapshot, question = lookups.snapshot(), self._question(request, names)
        refused = False
        seconds = _wait_seconds(request)
        if seconds and _has(request, _etag(request, self.state(snapshot), question)):
            refused = not waiting.until_changed(lambda: self.state(lookups.snapshot()), self.state(snapshot), seconds)
            snapshot = lookups.snapshot()
        state = self.state(snapshot)
        etag = _etag(request, state, question)
        if _has(request, etag):
            response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
            del response["Content-Type"]
            if refused:
                response["Retry-After"] = "1"
            return _headed(response, snapshot, etag)
        answer = self.kept.get(state, question)
        return _response(request, snapshot, etag, answer) if answer else None

    def _question(self, request: HttpRequest, names: Mapping[str, str]) -> Hashable:
        """Address and parameters that count; trackers and caches may add any others."""
        counting = self.parameter_names | _EVERYWHERE
        asked = tuple(sorted((name, value) for name, value in request.GET.items() if name in counting and value))
        return (type(self).__name__, tuple(names.values()), asked)

    def make(self, request: Request, snapshot: Snapshot, names: Mapping[str, str]) -> Any:
        """The full answer from the snapshot, for the moment and the site that are asked for."""
        for name, value in request.query_params.items():
            if name in self.parameter_names | _EVERYWHERE and len(value) > _MAX_TEXT:
                raise ParameterInvalidError(name=name, reason=f"it is longer than {_MAX_TEXT} characters.")
        found, revision = _stream_set(request, snapshot)
        return {**self.answer(request, found, **names), "revision": revision}


def _stream_set(request: Request, snapshot: Snapshot) -> tuple[StreamSet, int]:
    """The streams and instruments at the moment and in the scope that are asked for."""
    text = request.query_params.get("scope", "")
    scope: Scope | None = scopes.resolve(snapshot.document, text) if text else None
    at = _moment(request.query_params.get("at", ""))
    if at is None:
        return snapshot.scoped(scope), snapshot.revision
    return lookups.stream_set(at=at, scope=scope)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    found = moment(text)
    if found is None:
        is_naive = moment(f"{text}Z") is not None
        raise MomentInvalidError(text=text[:100], why=" with its offset from UTC" if is_naive else "")
    return found


def _wait_seconds(request: HttpRequest) -> int:
    text = request.GET.get("wait", "")
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or int(text[:9]) > waiting.MAX_SECONDS:
        raise ParameterInvalidError(name="wait", reason=f"write whole seconds, {waiting.MAX_SECONDS} at most.")
    return int(text)


def _has(request: HttpRequest, etag: str) -> bool:
    """True where the client has this answer already, in the form in which it would be sent."""
    since = request.GET.get("since", "")
    if since:
        return since.removeprefix("W/").strip('"').removesuffix("-gz") == etag.strip('"').removesuffix("-gz")
    known = get_conditional_response(request, etag=etag)
    return known is not None and known.status_code == HTTPStatus.NOT_MODIFIED


def _etag(request: HttpRequest, state: str, question: Hashable) -> str:
    return f'"{state}-{digest(question)}{"-gz" if _takes_gzip(request) else ""}"'


def _takes_gzip(request: HttpRequest) -> bool:
    return takes_gzip(request.META.get("HTTP_ACCEPT_ENCODING", ""))


def _response(request: HttpRequest, snapshot: Snapshot, etag: str, answer: Packed) -> HttpResponse:
    is_packed = _takes_gzip(request)
    response = HttpResponse(answer.gzipped if is_packed else answer.plain, content_type="application/json")
    if is_packed:
        response["Content-Encoding"] = "gzip"
    return _headed(response, snapshot, etag)


def _headed(response: HttpResponse, snapshot: Snapshot, etag: str) -> HttpResponse:
    """The headers of both, the full answer and 304."""
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Accept-Encoding"
    response["X-Config-Revision"] = str(snapshot.revision)
    response["X-Config-Age"] = str(int(lookups.age_seconds()))
    say_if_stale(response)
    share(response)
    return response
