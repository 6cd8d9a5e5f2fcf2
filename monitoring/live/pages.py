"""The page of live events, and its part that asks for itself again twice a second.

A question costs one read of Redis and ends at once: nobody holds a connection or a thread, however many look.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from intake.trying import lookups
from monitoring import personal
from monitoring.live.shown import Shown, shown
from streamconfig.lookups import snapshot
from streamconfig.reading.lookups import may_read

_SHOWN = 25
_READY_SECONDS = 2  # until every process of the intake has asked who watches what; `begun` is whole seconds
_GOES_ON_SECONDS = 15 * 60  # then somebody must say that they still look
_KINDS = ("", "good", "bad")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks at."""

    stream: str
    debug_id: str
    kind: str
    with_canaries: bool
    begun: int  # when, in seconds since 1970

    @property
    def is_over(self) -> bool:
        """The page has asked for itself long enough."""
        return time.time() - self.begun > _GOES_ON_SECONDS

    @property
    def is_early(self) -> bool:
        """What is sent now may pass unseen: a process that doesn't know yet that somebody looks notes nothing of a stream."""
        return bool(self.stream) and not self.debug_id and time.time() - self.begun < _READY_SECONDS

    def query(self, **changes: Any) -> str:
        """The address of the same, or nearly the same, look."""
        canaries = "1" if self.with_canaries else ""
        pairs = {"stream": self.stream, "id": self.debug_id, "kind": self.kind, "canaries": canaries, **changes}
        return urlencode({name: value for name, value in pairs.items() if value})


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Choose a stream or a debug id, and see its events."""
    asked = _asked(request, begun=int(time.time()))
    context = {
        "asked": asked,
        "streams": sorted(snapshot().streams),
        "debug_ids": lookups.debug_ids()[:10],
        "kinds": [(asked.query(kind=key), word, key) for key, word in zip(_KINDS, ("All", "Accepted", "Refused"), strict=True)],
        "canaries_link": asked.query(canaries="" if asked.with_canaries else "1"),
        "intake_url": settings.INTAKE_URL,
        "heeds_ids": settings.INTAKE_DEBUG,
    }
    return render(request, "monitoring/live.html", context | _found(request, asked))


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """The part that goes on; nothing to swap where nothing came."""
    begun = request.GET.get("begun", "")
    asked = _asked(request, begun=int(begun) if begun.isdecimal() and len(begun) < 12 else 0)  # noqa: PLR2004  # digits of a time
    found = _found(request, asked)
    if found["state"] == request.GET.get("state") and not asked.is_over:
        return HttpResponse(status=204)
    return render(request, "monitoring/_live.html", {"asked": asked, **found})


def _asked(request: HttpRequest, *, begun: int) -> Asked:
    stream, debug_id = request.GET.get("stream", "").strip(), request.GET.get("id", "").strip()
    if not may_read(request.user, stream):
        raise PermissionDenied
    kind = request.GET.get("kind", "")
    return Asked(
        stream=stream if stream in snapshot().streams else "",  # only what exists is ever watched
        # One with the name of a producer key before it is found only where there are notes of it.
        debug_id=debug_id if lookups.is_debug_id(debug_id) or (":" in debug_id and debug_id in lookups.debug_ids()) else "",
        kind=kind if kind in _KINDS else "",
        with_canaries=request.GET.get("canaries") == "1",
        begun=begun,
    )


def _found(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    try:
        notes = [note for note in _notes(asked) if may_read(request.user, str(note.result.get("stream") or ""))]
    except lookups.NotesAwayError:
        return {"is_away": True, "events": [], "state": "away", "skipped": 0, "more": 0}
    may_see = request.user.has_perm(personal.PERMISSION)
    made: list[Shown] = [shown(note, may_see=may_see) for note in notes[:_SHOWN]]
    return {
        "is_away": False,
        "events": made,
        "more": max(0, len(notes) - _SHOWN),
        "skipped": sum(note.skipped for note in notes),
        "may_see": may_see,
        "is_early": asked.is_early,
        "state": f"{made[0].key}{len(notes)}" if made else "early" if asked.is_early else "none",
    }


def _notes(asked: Asked) -> list[lookups.Note]:
    if asked.debug_id:
        found = lookups.notes_of_id(asked.debug_id)
        found = [note for note in found if not asked.stream or note.result.get("stream") == asked.stream]
    else:
        found = lookups.notes_of_stream(asked.stream) if asked.stream else []
    return [
        note
        for note in found
        if (asked.with_canaries or not note.is_canary) and asked.kind in ("", "good" if note.is_good else "bad")
    ]
