"""The box "Try an event": judges a text by a schema version as the intake would; nothing is sent, nothing is kept."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from registry import lookups
from registry.models import SchemaVersion
from registry.moments import one_moment
from registry.pages import links as page_links
from registry.pages import version as version_pages
from registry.pages.trial import Trial, tried
from registry.schema.compiled import Schema


@require_http_methods(["GET", "HEAD", "POST"])
@one_moment
def try_event(request: HttpRequest, title: str, version: str) -> HttpResponseBase:
    """The verdict on the posted event: as a part for HTMX, else as the whole page."""
    history = version_pages.history_of(title)
    chosen = version_pages.chosen_of(history, title, version)
    if request.method != "POST":
        return redirect(f"{page_links.version_link(chosen.schema_id)}?tab=try")
    text = request.POST.get("event", "")
    trial = _trial(text, chosen)
    if request.headers.get("HX-Request"):
        return render(request, "registry/_trial.html", {"trial": trial})
    context = version_pages.page(request, chosen, history, tab="try")
    return render(request, "registry/version.html", {**context, "trial": trial, "event_text": text})


def _trial(text: str, version: SchemaVersion) -> Trial:
    # A version that this process doesn't serve yet is compiled for this once.
    schema = lookups.schemas().get(version.schema_id) or Schema(version.document, repository=version.title.repository.name)
    return tried(text, schema, version_pages.streams_of(version))
