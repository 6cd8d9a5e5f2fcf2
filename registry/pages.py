"""Pages about schemas: the catalogue with its search, and a version with its fields, example, file and history."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from eventplatform import panels
from eventplatform.core import names
from registry import fields, lookups, rendering
from registry.models import Repository, SchemaTitle, SchemaVersion
from registry.search import matching_paths, search

_PAGE = 200
_TABS = ("fields", "example", "raw")
_SHOWN = {"required": "is_required", "pii": "pii"}


@require_safe
def catalogue(request: HttpRequest) -> HttpResponseBase:
    """All titles, narrowed by words and repository."""
    words = request.GET.get("q", "").strip()[:200]
    repository = request.GET.get("repository", "")
    titles = search(SchemaTitle.objects.select_related("repository", "latest"), words)
    if repository:
        titles = titles.filter(repository__name=repository)
    counted = titles.annotate(version_count=Count("versions")).defer("latest__document_packed", "latest__raw_text")
    page = Paginator(counted.order_by("name"), _PAGE).get_page(request.GET.get("page"))
    for title in page:
        title.matches = matching_paths(title.latest, words)  # type: ignore[attr-defined]  # for this template alone
    repositories = Repository.objects.all()
    context = {
        "page": page,
        "words": words,
        "chosen": repository,
        "repositories": repositories,
        "failing": [one for one in repositories if one.failed_at],
    }
    return render(request, "registry/catalogue.html", context)


@require_safe
def version(request: HttpRequest, title: str, version: str = "") -> HttpResponseBase:
    """One version, or the newest one of a title."""
    versions = SchemaVersion.objects.filter(title__name=title).select_related("title__repository")
    history = list(versions.order_by("-major", "-minor", "-patch").defer("raw_text", "document_packed", "field_paths"))
    chosen = versions.filter(schema_id=f"/{title}/{version or (history[0].version if history else '')}").first()
    if chosen is None and not history and (known := lookups.schemas().latest(title)):
        return redirect("schema", names.split_schema_id(known.schema_id)[0])  # a title that only documents bear
    if chosen is None:
        raise Http404(f"No schema {title} {version} is known.")
    tab = request.GET.get("tab", "")
    context = {
        "schema": chosen,
        "is_latest": chosen.pk == history[0].pk,
        "history": history,
        "crumbs": _crumbs(title),
        "tab": tab if tab in _TABS else "fields",
        "links": _links(chosen),
        **_table(request, chosen.document),
        **_example(chosen, request.GET.get("tab") == "raw"),
    }
    return render(request, "registry/version.html", context)


@dataclass(frozen=True, slots=True)
class Crumb:
    """A part of a title and the catalogue narrowed to it; the last part leads nowhere."""

    name: str
    link: str


def _crumbs(title: str) -> list[Crumb]:
    *folders, name = title.split("/")
    above = ["/".join(folders[: index + 1]) for index in range(len(folders))]
    links = [f"{reverse('schemas')}?{urlencode({'q': f'{folder}/'})}" for folder in above]
    return [*(Crumb(*both) for both in zip(folders, links, strict=True)), Crumb(name, "")]


def _links(version: SchemaVersion) -> dict[str, str]:
    """The files: this version's in both forms, and the address that always means the newest."""
    folder = reverse("repository-path", args=[version.title.repository.name, f"{version.title.name}/"])
    return {
        "yaml": f"{folder}{version.version}.yaml",
        "json": f"{folder}{version.version}.json",
        "latest": f"{folder}latest",
        "folder": folder,
    }


def _table(request: HttpRequest, document: Mapping[str, Any]) -> dict[str, Any]:
    """The field table, narrowed by the chip and the words in the address."""
    every = fields.fields_of(document)
    show, words = request.GET.get("show", ""), request.GET.get("field", "").strip().lower()[:200]
    shown = [field for field in every if show not in _SHOWN or getattr(field, _SHOWN[show])]
    shown = [field for field in shown if words in f"{field.path} {field.description}".lower()]
    counts = {name: sum(1 for field in every if getattr(field, attribute)) for name, attribute in _SHOWN.items()}
    return {"fields": shown, "field_total": len(every), "counts": counts, "show": show, "field_words": words}


def _example(version: SchemaVersion, is_raw: bool) -> dict[str, Any]:  # noqa: FBT001  # a private helper of one caller
    document = version.document
    examples = document.get("examples")
    example = examples[0] if isinstance(examples, list) and examples and isinstance(examples[0], dict) else None
    raw = (
        {"raw": version.raw_text, "resolved": "" if version.is_self_contained else rendering.as_yaml(document)}
        if is_raw
        else {}
    )
    return {"example": example, "curl": _curl(version.title.name, example), "intake": settings.INTAKE_URL, **raw}


def _curl(title: str, example: Mapping[str, Any] | None) -> str:
    """A command on one line that sends the example; nothing for fragments, which belong to no stream."""
    meta = example.get("meta") if example else None
    if example is None or not isinstance(meta, dict) or title.startswith("fragment/"):
        return ""
    streams = panels.call("streamconfig.streams_of_title", title, default=())
    stream = next(iter(streams), meta.get("stream"))
    event = json.dumps({**example, "meta": {**meta, "stream": stream}}, ensure_ascii=False)
    return f"curl {settings.INTAKE_URL}/v1/events -H 'Content-Type: application/json' -d {shlex.quote(event)}"
