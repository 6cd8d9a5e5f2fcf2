"""The page of a stream that draws what its store holds, its table as CSV, and its dataset for Superset."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from connectors import following
from connectors.explore import choosing, questions
from connectors.explore.answers import Answer, ask
from connectors.explore.columns import Column, offered
from connectors.explore.drawing import draw
from connectors.explore.sources import Source
from connectors.explore.superset import archive
from connectors.explore.turns import turn
from connectors.models import Connector
from eventplatform.core.errors import PlatformError
from eventplatform.core.spreadsheets import guarded
from eventplatform.core.streams import Stream
from streamconfig import lookups as configuration
from streamconfig.reading.lookups import may_read

_SEE_PEOPLE = "monitoring.see_personal_data"
_SINGLE = ("store", "measure", "of", "split", "range", "from", "to", "grain")
_REPEATED = ("c", "o", "v")
_EMPTY_FILTERS = 2  # rows of the form that wait for another filter


@dataclass
class _Asked:
    """What came of an address: the columns and an answer, or why there is none."""

    columns: Sequence[Column] = ()
    answer: Answer | None = None
    error: PlatformError | None = None
    has_table: bool = True
    functions: Sequence[str] = field(default=questions.FUNCTIONS)

    @property
    def status(self) -> int:
        return 200 if self.error is None else self.error.http_status


@require_safe
def explore(request: HttpRequest, name: str) -> HttpResponseBase:
    """A measure over time, split and filtered; the address holds all of the question."""
    stream, connectors, chosen = _found(request, name)
    asked = _answered(request, stream, chosen)
    drawing = draw(asked.answer) if asked.answer else None
    context = {
        "stream": stream,
        "stores": connectors,
        "store": chosen,
        "asked": asked,
        "error": asked.error,
        "answer": asked.answer,
        "drawing": drawing,
        "has_shares": drawing is not None and len(drawing.lines) > 1 and drawing.lines[0].share is not None,
        "numbers": [one for one in asked.columns if one.is_number],
        "given": {name: request.GET.get(name, "") for name in _SINGLE},
        "filters": _form_filters(request),
        "ranges": list(questions.RANGES),
        "grains": list(questions.GRAINS),
        "operators": list(questions.OPERATORS.items()),
        "query": _query(request),
    }
    return render(request, "connectors/explore/explore.html", context, status=asked.status)


@require_safe
def as_csv(request: HttpRequest, name: str) -> HttpResponseBase:
    """The same as a table: an interval and a part in each row."""
    stream, _, chosen = _found(request, name)
    asked = _answered(request, stream, chosen)
    if asked.answer is None:
        return redirect(f"{reverse('explore', args=[name])}?{_query(request)}")
    out = io.StringIO(newline="")
    sheet = csv.writer(out, lineterminator="\n")
    sheet.writerow(["interval", "part", guarded(asked.answer.question.measure)])
    for part in asked.answer.parts:
        sheet.writerows(
            [slot.isoformat(), guarded(part.name), _figure(value)]
            for slot, value in zip(asked.answer.slots, part.values, strict=True)
        )
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="explore.csv"'
    return response


@require_safe
def as_superset(request: HttpRequest, name: str) -> HttpResponseBase:
    """The store's table as a dataset that Superset imports."""
    stream, _, chosen = _found(request, name)
    try:
        with choosing.opened(chosen, stream) as source:
            packed = _packed(request, stream, source)
    except PlatformError:
        return redirect(f"{reverse('explore', args=[name])}?{_query(request)}")  # which meets the same error, and says it
    response = HttpResponse(packed, content_type="application/zip")
    response["Content-Disposition"] = 'attachment; filename="superset-dataset.zip"'
    return response


def _packed(request: HttpRequest, stream: Stream, source: Source) -> bytes:
    if not source.table:
        raise Http404("Nothing of this stream is stored yet.")
    return archive(
        stream=stream.name,
        kind=source.kind,
        place=source.place,
        table=source.table,
        time_column=source.time_column,
        columns=_columns(request, stream, source),
        at=timezone.now(),
    )


def _found(request: HttpRequest, name: str) -> tuple[Stream, list[Connector], Connector]:
    """The stream, the connectors whose store can be asked, and the one that the address chooses."""
    stream = configuration.snapshot().find_stream(name)
    connectors = choosing.connectors_of(stream) if stream is not None else []
    if stream is None or not connectors:
        raise Http404(f"There is no stream {name[:249]} whose store can be asked.")
    if not may_read(request.user, name):
        raise PermissionDenied
    wanted = request.GET.get("store", "")
    chosen = next((one for one in connectors if one.name == wanted), connectors[0])
    return stream, connectors, chosen


def _answered(request: HttpRequest, stream: Stream, connector: Connector) -> _Asked:
    asked = _Asked()
    try:
        with turn(_person(request)), choosing.opened(connector, stream) as source:
            asked.has_table = bool(source.table)
            asked.functions = source.dialect.functions
            if asked.has_table:
                asked.columns = _columns(request, stream, source)
                asked.answer = ask(source, _question(request, asked))
    except PlatformError as error:
        asked.error = error
    return asked


def _question(request: HttpRequest, asked: _Asked) -> questions.Question:
    single = {name: request.GET.get(name, "") for name in _SINGLE}
    lists = {name: request.GET.getlist(name) for name in _REPEATED}
    found = questions.read(single, lists, asked.columns, timezone.now())
    if found.function not in asked.functions:
        raise questions.QuestionError(reason=f"This store knows no {found.function}.")
    return found


def _columns(request: HttpRequest, stream: Stream, source: Source) -> tuple[Column, ...]:
    documents = following.documents_of(stream).values()
    return offered(source.columns(), documents, may_see_people=request.user.has_perm(_SEE_PEOPLE))


def _person(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"address {request.META.get('REMOTE_ADDR', '')}"


def _form_filters(request: HttpRequest) -> list[dict[str, str]]:
    rows = zip(*(request.GET.getlist(name) for name in _REPEATED), strict=False)
    given = [dict(zip(_REPEATED, row, strict=True)) for row in rows if row[0]][: questions.MOST_FILTERS]
    more = min(_EMPTY_FILTERS, questions.MOST_FILTERS - len(given))
    return [*given, *({"c": "", "o": "is", "v": ""} for _ in range(more))]


def _query(request: HttpRequest) -> str:
    """The question's own parameters, for links that ask the same elsewhere."""
    kept: list[tuple[str, Any]] = [(name, request.GET[name]) for name in _SINGLE if request.GET.get(name)]
    for row in _form_filters(request):
        if row["c"]:
            kept += row.items()
    return urlencode(kept)


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value.is_integer() else repr(value)
