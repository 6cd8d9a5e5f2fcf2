"""A schema's page: one version with its fields, history, references, users, text, and what produces its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from eventplatform import panels
from eventplatform.core import names
from registry import lookups
from registry.models import Repository, SchemaVersion
from registry.moments import one_moment
from registry.pages import (
    deprecation_notes,
    field_table,
    guideline_box,
    missing,
    raw_tab,
    reference_graph,
    types_tab,
    usage_tab,
    version_history,
    worked_out,
)
from registry.pages import links as page_links
from registry.snippets import programs

_TABS = {
    "fields": "Fields",
    "diff": "Diff",
    "changelog": "Changelog",
    "references": "References",
    "usage": "Used by",
    "try": "Try an event",
    "produce": "Example",
    "code": "Types",
    "raw": "Raw",
}
_OLD_NAMES = {"example": "produce"}  # addresses that were shared before
_HEAVY = ("raw_text", "field_paths")


@require_safe
@one_moment
def version(request: HttpRequest, title: str, version: str = "") -> HttpResponseBase:
    """One version, or the newest one of a title."""
    history = history_of(title)
    if not history and (known := lookups.schemas().latest(title)):
        return redirect("schema", names.split_schema_id(known.schema_id)[0])  # a title that only documents bear
    wanted = request.GET.get("version", "")
    if wanted and any(one.version == wanted for one in history):  # as the list of versions in the page's head sends it
        tab = urlencode({"tab": request.GET.get("tab", "")})
        return redirect(f"{reverse('schema-version', args=[title, wanted])}?{tab}")
    try:
        chosen = chosen_of(history, title, version)
    except Http404:
        return missing.answer(request, title, version, history)
    to = request.GET.get("to", "")
    if to and to != chosen.version and any(one.version == to for one in history):
        query = urlencode({"tab": "diff", "from": request.GET.get("from", "")})
        return redirect(f"{reverse('schema-version', args=[title, to])}?{query}")
    return render(request, "registry/version.html", page(request, chosen, history))


def history_of(title: str) -> list[SchemaVersion]:
    """All versions of a title, newest first.

    Raises:
        Http404: no title could be called so.
    """
    if "\0" in title:  # the one character that the database doesn't take
        raise Http404
    versions = SchemaVersion.objects.filter(title__name=title).select_related("title__repository")
    return list(versions.order_by("-major", "-minor", "-patch").defer(*_HEAVY))


def chosen_of(history: list[SchemaVersion], title: str, version: str) -> SchemaVersion:
    """The version that an address names, without one the newest.

    Raises:
        Http404: there is none.
    """
    chosen = next((one for one in history if not version or one.version == version), None)
    if chosen is None:
        raise Http404(f"No schema {title} {version} is known.")
    return chosen


def page(request: HttpRequest, chosen: SchemaVersion, history: list[SchemaVersion], tab: str = "") -> dict[str, Any]:
    """What the page shows around its tab, and in it."""
    wanted = tab or request.GET.get("tab", "")
    wanted = _OLD_NAMES.get(wanted, wanted)
    wanted = wanted if wanted in _TABS else "fields"
    return {
        "schema": chosen,
        "address": page_links.version_link(chosen.schema_id),
        "history": history,
        "latest": history[0],
        "before": version_history.before(history, chosen),
        "crumbs": page_links.crumbs(chosen.title.name),
        "tab": wanted,
        "tabs": _TABS.items(),
        "links": page_links.files(chosen),
        "deprecation": deprecation_notes.note_on(chosen),
        "streams": streams_of(chosen),
        "steps": version_history.steps(history, version_history.IN_LIST),
        "guidelines": guideline_box.box(chosen, history),
        "tab_counts": {"fields": len(worked_out.fields_of(chosen)), "usage": len(panels.uses(chosen.title.name))},
        "draft_link": page_links.optional("schema-draft-new") if _is_managed(chosen) else "",
        "repository_link": page_links.repository_link(chosen.title.repository.name),
        **produce_box(request, chosen),
        **_TAB_FACTS.get(wanted, _nothing)(request, chosen, history),
    }


def _is_managed(version: SchemaVersion) -> bool:
    return version.title.repository.kind == Repository.Kind.MANAGED


def streams_of(version: SchemaVersion) -> tuple[str, ...]:
    """The streams that carry the title."""
    return tuple(panels.call("streamconfig.streams_of_title", version.title.name, default=()))


def produce_box(request: HttpRequest, version: SchemaVersion) -> dict[str, Any]:
    """The example, and the programs that send it; none for fragments, which belong to no stream."""
    goal = target_of(version)
    example = programs.example_for(goal.document, goal.stream)
    is_event = example is not None and isinstance(example.get("meta"), dict) and not version.title.name.startswith("fragment/")
    box = programs.box(example, goal, request.GET.dict()) if example is not None and is_event else {}
    return {"example": example, **box}


def target_of(version: SchemaVersion) -> programs.Target:
    """Where the example of a version goes: to the first stream that carries its title, else to the intake's common address."""
    streams = streams_of(version)
    found = panels.call("streamconfig.snippet_target", streams[0]) if streams else None
    goal = found or programs.Target(platform=settings.PUBLIC_URL, events=f"{settings.INTAKE_URL}/v1/events", stream="")
    return replace(goal, document=worked_out.document_of(version))


_Facts = Callable[[HttpRequest, SchemaVersion, list[SchemaVersion]], Mapping[str, Any]]


def _nothing(_request: HttpRequest, _version: SchemaVersion, _history: list[SchemaVersion]) -> Mapping[str, Any]:
    return {}


def _fields(request: HttpRequest, version: SchemaVersion, history: list[SchemaVersion]) -> Mapping[str, Any]:
    before = version_history.before(history, version)
    comparison = worked_out.comparison(before, version) if before else None
    return field_table.table(worked_out.fields_of(version), comparison, request.GET)


_TAB_FACTS: Mapping[str, _Facts] = {
    "fields": _fields,
    "diff": lambda request, version, history: version_history.diff_tab(history, version, request.GET.get("from", "")),
    "changelog": lambda _, version, history: version_history.changelog_tab(history, version.title.changelog_text),
    "references": lambda _, version, __: reference_graph.tab(version),
    "usage": lambda _, version, __: usage_tab.tab(version.title.name),
    "code": lambda request, version, _: types_tab.tab(version, request.GET),
    "raw": lambda request, version, _: raw_tab.tab(version, request.GET),
}
