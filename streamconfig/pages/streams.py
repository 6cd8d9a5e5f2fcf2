"""Pages about streams: the list with its filters in the address, a stream as it holds now, and a revision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from streamconfig import lookups
from streamconfig.api.filters import narrow
from streamconfig.configuration import changes
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.models import Revision, Stream
from streamconfig.pages import facts as stream_facts
from streamconfig.pages.facts import Facts

_PAGE = 100
_STATES = {"ok": "Receiving", "fail": "No schema", "unknown": "No events yet", "paused": "Switched off"}
_SORTS: Mapping[str, tuple[str, Callable[[Facts], Any]]] = {
    "": ("state, then volume", lambda one: one.rank),
    "name": ("name", lambda one: one.name),
    "volume": ("volume", lambda one: (-(one.events or 0), one.name)),
}
_SAMPLINGS: Mapping[str, tuple[str, Callable[[Facts], bool]]] = {
    "part": ("below 100 %", lambda one: _rate(one) < 1),
    "all": ("100 %", lambda one: _rate(one) == 1),
}


def _rate(one: Facts) -> float:
    sampling = one.configured.stream.sampling
    return sampling.rate if sampling else 1.0


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All streams, narrowed and sorted as the address says."""
    snapshot = lookups.snapshot()
    asked = {name: value for name, value in request.GET.dict().items() if value}
    try:
        entries = narrow(snapshot.stream_set.entries, asked)
    except ValidationError:
        entries = list(snapshot.stream_set.entries)  # a mistyped filter shows everything rather than an error page
    found = _chosen(stream_facts.facts_of(entries, snapshot.schemas), asked)
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "total": len(snapshot.stream_set),
        "asked": asked,
        "query": "&".join(f"{part}" for part in request.GET.urlencode().split("&") if not part.startswith("page=")),
        "problems": snapshot.stream_set.problems,
        "choices": _choices(snapshot.stream_set),
        "may_add": request.user.has_perm("streamconfig.wire_stream"),
    }
    return render(request, "streamconfig/index.html", context)


def _chosen(facts: Iterable[Facts], asked: Mapping[str, str]) -> list[Facts]:
    state, sampling = asked.get("state"), _SAMPLINGS.get(asked.get("sampling", ""))
    found = [one for one in facts if (state not in _STATES or one.state == state) and (sampling is None or sampling[1](one))]
    return sorted(found, key=_SORTS.get(asked.get("sort", ""), _SORTS[""])[1])


def _choices(streams: StreamSet) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The selects: parameter, label, and the values that occur."""
    services = sorted({one.stream.service for one in streams.entries if one.stream.service})
    owners = sorted({one.entry.about.owner for one in streams.entries if one.entry.about.owner})
    return [
        ("service", "Service", [(name, name) for name in services]),
        ("owner", "Team", [(name, name) for name in owners]),
        ("state", "State", list(_STATES.items())),
        ("sampling", "Sampling", [(name, label) for name, (label, _) in _SAMPLINGS.items()]),
        ("sort", "Sort", [(name, label) for name, (label, _) in _SORTS.items() if name]),
    ]


@require_safe
def detail(request: HttpRequest, name: str) -> HttpResponseBase:
    """What holds now for a stream, also for one that a pattern stands for."""
    snapshot = lookups.snapshot()
    one = snapshot.stream_set.configured(name)
    if one is None:
        raise Http404(f"There is no stream {name[:249]}.")
    stream = one.named(name)
    context = {
        "facts": stream_facts.facts_of([one], snapshot.schemas)[0],
        "entry": one.entry,
        "stream": stream,
        "is_under_pattern": name != one.entry.name,
        "sampling": stream_facts.sampling_words(stream.sampling),
        "row": Stream.objects.filter(name=one.entry.name).first(),
        "history": stream_facts.history_of(one.entry.name),
        "is_schema_known": snapshot.schemas.has_title(stream.schema_title),
        "settings": dict(stream.settings),
        "consumers": {consumer: facts.get("enabled", True) for consumer, facts in stream.consumers.items()},
        "revision": snapshot.revision,
    }
    return render(request, "streamconfig/stream.html", context)


@require_safe
def revision(request: HttpRequest, number: int) -> HttpResponseBase:
    """What a publish changed, who and why."""
    row = get_object_or_404(Revision.objects.defer("document_text"), number=number)
    found = [(one.name, one.kind, stream_facts.field_words(one.fields)) for one in changes.from_json(row.changes)]
    context = {"revision": row, "changes": found, "before": number - 1, "newest": lookups.snapshot().revision}
    return render(request, "streamconfig/revision.html", context)
