"""Pages of saved questions: the list, one with its history, and the forms that make and change them."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from eventplatform import charts
from eventplatform.core.errors import PlatformError
from monitoring.realtime import asked, lookups, services
from monitoring.realtime.asking import Question
from monitoring.realtime.forms import PairForm, SavedForm, fields_of
from monitoring.realtime.models import SavedQuery
from monitoring.realtime.tables import record_link

_BADGES = {"met": "ok", "broken": "fail", "unanswered": "warn", "incomplete": "unknown", "new": "unknown"}
_ADD, _CHANGE, _DELETE = (f"monitoring.{verb}_savedquery" for verb in ("add", "change", "delete"))
_DRAWN = 50


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All saved questions, those that do not hold first."""
    rows = [(row, _BADGES[row.state]) for row in lookups.saved()]
    context = {"rows": rows, "may_add": request.user.has_perm(_ADD)}
    return render(request, "monitoring/realtime/saved.html", context)


@require_safe
def one(request: HttpRequest, number: int) -> HttpResponse:
    """One of them: what it asks, what it expects, how that went."""
    query = get_object_or_404(SavedQuery.objects.select_related("owner"), pk=number)
    history = lookups.history(query)
    context = {
        "query": query,
        "badge": _BADGES[query.state],
        "history": [(row, _BADGES[row.verdict], [_place(sample) for sample in row.samples]) for row in history],
        "chart": _chart([row.number if query.expects == "number" else row.rows for row in reversed(history)], query),
        "link": f"{reverse('sql')}?{_address(query)}",
        "may_change": _may(request, query, _CHANGE),
        "may_delete": _may(request, query, _DELETE),
    }
    return render(request, "monitoring/realtime/saved_one.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Keep the question of the address."""
    if request.method == "POST":
        return _save(request, SavedQuery(owner=request.user if request.user.is_authenticated else None), _ADD)
    found = asked.read(request).question
    given = {name: request.GET[name] for name in ("name", "expects") if request.GET.get(name)}
    initial = {"sql": found.sql, "streams": found.streams, "minutes": found.minutes, "with_canaries": found.with_canaries}
    return _form(request, SavedForm(initial={**initial, **given}), None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """Change one; by its owner, or by whoever may change all."""
    query = get_object_or_404(SavedQuery, pk=number)
    if request.method == "POST":
        return _save(request, query, _CHANGE)
    return _form(request, SavedForm(instance=query), query)


@require_POST
def delete(request: HttpRequest, number: int) -> HttpResponse:
    """Forget one."""
    query = get_object_or_404(SavedQuery, pk=number)
    if not _may(request, query, _DELETE):
        raise PermissionDenied
    services.delete(query)
    messages.success(request, f"Deleted {query.name}.")
    return redirect("sql-saved")


@require_safe
def pair(request: HttpRequest) -> HttpResponse:
    """The ready form: every event of one stream has its counterpart in another."""
    is_given = bool(request.GET.get("first"))
    form = PairForm(request.GET if is_given and request.GET.get("within_minutes") else None, initial=request.GET.dict())
    if form.is_bound and form.is_valid():
        chosen = form.pair()
        given = {
            "name": chosen.name,
            "sql": chosen.sql(),
            "minutes": chosen.minutes(every_minutes=5, of_last=3),
            "expects": SavedQuery.Expects.NO_ROWS,
        }
        return redirect(f"{reverse('sql-new')}?{urlencode(given)}")
    names = [form["first"].value(), form["second"].value()]
    known = {name for name, _ in form.fields["first"].choices}  # type: ignore[attr-defined]  # a choice field
    fields = [fields_of(name) if name in known else [] for name in names]
    return render(request, "monitoring/realtime/pair.html", {"form": form, "fields": fields})


def _save(request: HttpRequest, query: SavedQuery, permission: str) -> HttpResponse:
    if not _may(request, query, permission):
        raise PermissionDenied
    known = query if query.pk else None
    form = SavedForm(request.POST, instance=query)
    if form.is_valid() and _holds(request, form):
        saved = services.save(form.instance, changed=form.changed_data)
        messages.success(request, f"Saved {saved.name}.")
        return redirect(saved)
    return _form(request, form, known, status=400)


def _holds(request: HttpRequest, form: SavedForm) -> bool:
    """Whether the question can be answered for whoever saves it: what can't now won't later."""
    given = form.cleaned_data
    question = Question(given["sql"], tuple(given["streams"]), given["minutes"], given["with_canaries"], max_rows=1)
    try:
        asked.answered(request, question)
    except PlatformError as error:
        form.add_error("sql", f"{error} {error.hint}")
        return False
    return True


def _form(request: HttpRequest, form: SavedForm, query: SavedQuery | None, status: int = 200) -> HttpResponse:
    may = _may(request, query, _CHANGE) if query else request.user.has_perm(_ADD)
    context = {"form": form, "query": query, "may_save": may}
    return render(request, "monitoring/realtime/saved_form.html", context, status=status)


def _may(request: HttpRequest, query: SavedQuery | None, permission: str) -> bool:
    is_owner = query is not None and query.pk is not None and query.owner_id is not None and query.owner_id == request.user.pk
    return is_owner or request.user.has_perm(permission)


def _address(query: SavedQuery) -> str:
    question = Question(query.sql, tuple(query.streams), query.minutes, query.with_canaries)
    return asked.Asked(question, "auto").link()


def _place(sample: dict[str, Any]) -> tuple[str, str]:
    """Where a row lies: the page of its record, and its name."""
    topic, partition, offset = (sample.get(name) for name in ("_topic", "_partition", "_offset"))
    link = record_link(topic, partition, offset)
    return link, f"{topic}/{partition} at {offset}" if link else ", ".join(f"{name} {one}" for name, one in sample.items())


def _chart(told: list[Any], query: SavedQuery) -> charts.Chart | None:
    values = [value if value is not None and math.isfinite(value) else None for value in told]
    if len([value for value in values if value is not None]) < 2 or any(value is not None and value < 0 for value in values):  # noqa: PLR2004  # as in answers
        return None
    label = f"{query.name}: its last {len(values)} evaluations"
    unit = "" if query.expects == "number" else " rows"
    return charts.area(charts.Series(values), label=label, unit=unit, x_ticks=("oldest", "newest"), height=110)
