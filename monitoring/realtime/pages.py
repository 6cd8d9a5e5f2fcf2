"""The page of realtime SQL: a question, its answer as table and chart, and the same as CSV and JSON."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from eventplatform.core.spreadsheets import guarded
from monitoring import personal
from monitoring.realtime import asked, charting, examples, shapes, tables
from monitoring.realtime.asked import Asked, Outcome
from monitoring.realtime.asking import Answer, shape_of_stream
from monitoring.realtime.forms import stream_names
from streamconfig.lookups import snapshot

_COLUMNS_SHOWN = 200


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The question of the address, and what comes of it."""
    found = asked.read(request)
    outcome = asked.outcome(request, found.question)
    context = _form(found) | _columns(found) | _shown(request, found, outcome)
    return render(request, "monitoring/realtime/sql.html", context, status=outcome.status)


@never_cache
@require_safe
def answer(request: HttpRequest) -> HttpResponse:
    """The answer alone, for the page that waits for it."""
    found = asked.read(request)
    response = render(
        request, "monitoring/realtime/_answer.html", _shown(request, found, asked.outcome(request, found.question))
    )
    response["HX-Push-Url"] = f"{reverse('sql')}?{found.link()}"
    return response


@require_safe
def columns(request: HttpRequest) -> HttpResponse:
    """The columns of the chosen streams, and questions to begin with."""
    found = asked.read(request)
    return render(request, "monitoring/realtime/_columns.html", {"asked": found, **_columns(found)})


@never_cache
@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """The answer as a table for spreadsheets."""
    found = asked.read(request, max_rows=asked.ROWS_SENT)
    outcome = asked.outcome(request, found.question)
    if outcome.answer is None:
        return redirect(f"{reverse('sql')}?{found.link()}")  # which says why
    out = io.StringIO(newline="")
    sheet = csv.writer(out, lineterminator="\n")
    sheet.writerow([guarded(name) for name, _ in outcome.answer.columns])
    sheet.writerows([_csv_cell(value) for value in row] for row in outcome.answer.rows)
    return _file(out.getvalue().encode(), "text/csv; charset=utf-8", "answer.csv")


@never_cache
@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    """The answer as the API gives it."""
    found = asked.read(request, max_rows=asked.ROWS_SENT)
    outcome = asked.outcome(request, found.question)
    if outcome.answer is None:
        return redirect(f"{reverse('sql')}?{found.link()}")
    return _file(orjson.dumps(document(outcome.answer)), "application/json", "answer.json")


def document(found: Answer) -> dict[str, Any]:
    """An answer for programs."""
    return {
        "columns": [{"name": name, "type": kind} for name, kind in found.columns],
        "rows": found.rows,
        "is_cut": found.is_cut,
        "is_complete": found.is_complete,
        "read": asked.figures(found),
    }


def _form(found: Asked) -> dict[str, Any]:
    chosen = list(found.question.streams)
    return {
        "asked": found,
        "streams": stream_names(),
        "first": chosen[0] if chosen else "",
        "second": chosen[1] if len(chosen) > 1 else "",
        "more": chosen[2:],
        "minutes": asked.MINUTES,
        "sql": found.question.sql or (examples.newest(chosen[0]) if chosen else ""),
    }


def _columns(found: Asked) -> dict[str, Any]:
    config = snapshot()
    made = []
    for name in found.question.streams:
        shape = shape_of_stream(config.streams[name], config)
        listed = list(shapes.listed(shape))
        offered = [(one.title, found.link(sql=one.sql, stream=[name], chart="")) for one in examples.examples(name, shape)]
        made.append(
            {"stream": name, "fields": listed[:_COLUMNS_SHOWN], "left": len(listed[_COLUMNS_SHOWN:]), "examples": offered}
        )
    return {"tables": made, "meta_columns": shapes.META_COLUMNS}


def _shown(request: HttpRequest, found: Asked, outcome: Outcome) -> dict[str, Any]:
    shown: dict[str, Any] = {"asked": found, "error": outcome.error, "answer": outcome.answer, "query": found.link()}
    if outcome.answer is not None:
        drawing = charting.draw(outcome.answer.columns, outcome.answer.rows, found.chart)
        shown |= {
            "heads": tables.heads(outcome.answer),
            "rows": tables.cells(outcome.answer),
            "words": tables.read_words(outcome.answer),
            "since": tables.since_words(outcome.answer),
            "drawing": drawing,
            "can_draw": drawing or charting.draw(outcome.answer.columns, outcome.answer.rows),
            "charts": [(found.link(chart=kind), kind.capitalize(), kind == found.chart) for kind in charting.KINDS],
            "is_masked": not request.user.has_perm(personal.PERMISSION),
        }
    return shown


def _csv_cell(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return "" if value is None else value
    return guarded(value if isinstance(value, str) else orjson.dumps(value).decode())


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
