"""The page "Where is my event?", and its part that goes on by itself until something is found or nothing is left."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import Record
from eventplatform.core.schemas import Violation
from eventplatform.error_codes import error_codes
from eventplatform.eventlog import event_log
from eventplatform.figures import thin
from monitoring import lookups, personal
from monitoring.rejected.samples import lines_of_event
from monitoring.stages import Path
from monitoring.trace import answering, asked
from monitoring.trace.answering import Answer
from monitoring.trace.asked import Asked
from monitoring.trace.matching import meta_of
from monitoring.trace.scanning import MOST_FOUND
from monitoring.trace.ways import Way
from streamconfig.lookups import snapshot
from streamconfig.reading.lookups import may_read

_KINDS = (("id", "Event id"), ("request", "Request id"), ("key", "Key, e.g. enwiki/1093"))
_RANGES = (("", "By the id's time, else 24 h"), ("1h", "1 h"), ("24h", "24 h"), ("7d", "7 d"))
_KEPT = {"lines": (), "key": "", "is_closed": True}  # what a stream that is kept to teams shows everybody else
_OPTIONS = {"request": "--request-id", "key": "--key"}


@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """The form, and the answer to what is asked."""
    wanted = asked.read(request.GET.dict())
    context = {
        "asked": wanted,
        "streams": sorted(snapshot().streams),
        "kinds": [(key, title, wanted.query(by=key, go_on="", place="") or f"by={key}") for key, title in _KINDS],
        "by": wanted.by if wanted.text else asked.read({"q": "x", "by": request.GET.get("by", "")}).by,
        "ranges": _RANGES,
        **_answered(request, wanted),
    }
    return render(request, "monitoring/trace/index.html", context, status=context["status"])


@require_safe
@never_cache
def part(request: HttpRequest) -> HttpResponse:
    """The answer alone."""
    wanted = asked.read(request.GET.dict())
    context = {"asked": wanted, "is_part": True, **_answered(request, wanted)}
    return render(request, "monitoring/trace/_answer.html", context)


def _answered(request: HttpRequest, wanted: Asked) -> dict[str, Any]:
    if not wanted.text:
        return {"answer": None, "status": HTTPStatus.OK}
    try:
        found = answering.answer(event_log(), wanted.question(), at=wanted.at(), go_on=wanted.go_on)
    except PlatformError as error:
        is_ours = error.http_status < HTTPStatus.INTERNAL_SERVER_ERROR
        return {"answer": None, "problem": error, "status": error.http_status if is_ours else HTTPStatus.SERVICE_UNAVAILABLE}
    may_see = request.user.has_perm(personal.PERMISSION)
    is_closed = found.way is not None and not may_read(request.user, found.way.stream)
    return {"status": HTTPStatus.OK, **_shown(found, wanted, may_see=may_see), **(_KEPT if is_closed else {})}


def _shown(found: Answer, wanted: Asked, *, may_see: bool) -> dict[str, Any]:
    way, looked, wider = found.way, found.looked, _wider(found, wanted)
    goes_on = bool(looked and looked.cursor) and (found.state == "searching" or _wants_more(found))
    return {
        "answer": found,
        "way": way,
        "looked": looked,
        "goes_on": goes_on,
        "next": wanted.query(go_on=looked.cursor) if looked and looked.cursor else "",
        "wider": wanted.query(span=wider, go_on="") if wider else "",
        "wider_words": wider.replace("h", " h").replace("d", " d"),
        "seen": [(one, _link(wanted, one), _is_shown(one, way)) for one in sorted(found.seen, key=_newest, reverse=True)],
        "every": wanted.query(stream="", go_on=""),
        "search": wanted.query(place="", go_on="") if found.question.by == "id" and wanted.place else "",
        "kind_words": {"id": "id", "request": "request id", "key": "key"}[wanted.by],
        "command": _command(wanted),
        "may_see": may_see,
        **(_of_way(way, wanted, may_see=may_see) if way else {}),
    }


def _wider(found: Answer, wanted: Asked) -> str:
    """The next wider range; none where the window was given."""
    if wanted.since or wanted.until:
        return ""
    is_narrow = not wanted.span and (found.question.told_at is not None or bool(wanted.around))
    return "24h" if is_narrow or wanted.span == "1h" else "" if wanted.span == "7d" else "7d"


def _wants_more(found: Answer) -> bool:
    """Of a request or a key there may be many; of an id there is one, and a duplicate only where somebody goes on."""
    return found.question.by != "id" and len(found.seen) < MOST_FOUND


def _of_way(way: Way, wanted: Asked, *, may_see: bool) -> dict[str, Any]:
    red = way.verdict.red
    content = way.content if may_see else personal.masked_content(way.content)
    return {
        "steps": [(step, step is red) for step in way.steps],
        "stores": sum(step.is_store for step in way.steps),
        "has_page": red is not None and red.code in error_codes(),
        "has_stream": snapshot().find_stream(way.stream) is not None,
        "share": wanted.query(go_on=""),
        "lines": () if way.content is None else lines_of_event(content, _places(way.letter)),
        "key": way.key if may_see else personal.masked_content(way.key),
        "day": way.steps[0].at,
        "near": [(*_near(record), asked.query_of(record)) for record in (*way.near.before, *way.near.after)],
        "canaries": [] if way.is_canary else _canaries(way.stream),
    }


def _near(record: Record) -> tuple[datetime, str]:
    return record.moment, str(meta_of(record).get("id") or f"offset {thin(record.offset)}")


def _places(letter: DeadLetter | None) -> Sequence[Violation]:
    if letter is None:
        return ()
    return letter.violations or ([Violation(letter.pointer, "", letter.message)] if letter.pointer else [])


def _newest(one: answering.Seen) -> tuple[datetime, int]:
    return one.at, one.offset


def _is_shown(one: answering.Seen, way: Way | None) -> bool:
    record = way.record if way else None
    return record is not None and (*one.where, one.offset) == (record.topic, record.partition, record.offset)


def _link(wanted: Asked, one: answering.Seen) -> str:
    """The address of one of several records."""
    place = f"{one.where.topic}/{one.where.partition}/{one.offset}"
    if wanted.by == "id" or not one.event_id:
        return wanted.query(place=place, go_on="")
    return Asked("id", one.event_id, place=place).query()


def _command(wanted: Asked) -> str:
    """The same question for a shell."""
    named = {_OPTIONS.get(wanted.by, ""): wanted.text, "--stream": wanted.stream, "--since": wanted.since}
    named["--until"] = wanted.until
    words = [f"{name} {shlex.quote(text)}".strip() for name, text in named.items() if text]
    return " ".join(["manage.py trace", *words])


def _canaries(stream: str) -> list[Path]:
    return [path for path in lookups.canary_paths_of(stream) if path.stages]
