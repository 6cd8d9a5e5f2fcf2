"""Pages of what was published: the list of revisions, one of them, and what differs between any two."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from eventplatform.core.errors import RejectedError
from streamconfig import lookups
from streamconfig.change_control import rollback
from streamconfig.change_control.actors import of_user
from streamconfig.configuration import changes
from streamconfig.configuration.authorship import Level
from streamconfig.models import Revision
from streamconfig.pages.changes_detail import units
from streamconfig.pages.changes_words import told

_PAGE = 50


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """Every revision, newest first; of one item where the address names it."""
    rows = Revision.objects.defer("document_text").select_related("request")
    name, author = request.GET.get("name", ""), request.GET.get("author", "")
    if name:
        rows = rows.filter(changes__contains=[{"name": name[:249]}])
    if author:
        rows = rows.filter(author=author[:200])
    page = Paginator(rows, _PAGE).get_page(request.GET.get("page"))
    query = "&".join(part for part in request.GET.urlencode().split("&") if not part.startswith("page="))
    context = {"page": page, "name": name, "author": author, "query": query}
    return render(request, "streamconfig/changes/revisions.html", context)


@require_safe
def detail(request: HttpRequest, number: int) -> HttpResponseBase:
    """What a publish changed, who and why; with `?from=` what differs since an earlier one."""
    return _page(request, number)


def _page(request: HttpRequest, number: int, error: RejectedError | None = None) -> HttpResponseBase:
    row = get_object_or_404(Revision.objects.defer("document_text").select_related("request"), number=number)
    start = _number(request.GET.get("from", ""))
    if start is not None and not (0 <= start < number):
        raise Http404("Only an earlier revision can be compared with.")
    found = changes.from_json(row.changes) if start is None else _between(start, number)
    actor = of_user(request.user)
    context = {
        "revision": row,
        "told": told(found, units(found)),
        "start": start,
        "before": number - 1,
        "newest": lookups.newest_revision(),
        "may_ask": actor.level >= Level.EDITOR,
        "error": error,
    }
    return render(request, "streamconfig/changes/revision.html", context, status=error.http_status if error else 200)


@require_POST
def act(request: HttpRequest, number: int, verb: str) -> HttpResponseBase:
    """Draft what takes a revision back, or what restores it whole; the draft is submitted like any other."""
    done = {"roll-back": rollback.roll_back, "restore": rollback.restore}.get(verb)
    if done is None:
        raise Http404(verb)
    try:
        made = done(number, by=of_user(request.user))
    except RejectedError as error:
        return _page(request, number, error)
    messages.success(request, "This draft does it. Look at it, then submit it.")
    return redirect("change", made.pk)


def _between(start: int, end: int) -> list[changes.Change]:
    before, after = (lookups.document_of(number).as_json() for number in (start, end))
    return changes.changes_between(before, after)


def _number(text: str) -> int | None:
    """A revision's number; None where the address holds none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004  # what a bigint holds
