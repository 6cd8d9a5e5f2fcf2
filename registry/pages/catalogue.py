"""The catalogue of schemas: search, filters, and what was found where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from eventplatform import panels
from registry.models import Repository, SchemaTitle, SchemaVersion
from registry.moments import one_moment
from registry.pages import deprecation_notes
from registry.pages import links as page_links
from registry.schema import fields
from registry.search import deprecated, matching_fields, ranked, search, with_personal_data, words_of

_PAGE = 50
_HEAVY = ("search_text", "current_text", "changelog_text", "latest__raw_text", "latest__field_paths")
_NAMES = ("q", "repository", "role", "deprecated", "pii")
_PAGES = {"repositories": "schema-repositories", "guidelines": "schema-guidelines", "drafts": "schema-drafts"}


@dataclass(frozen=True, slots=True)
class FoundField:
    """A field that the search found, with the address of its row."""

    field: fields.Field
    link: str


@require_safe
@one_moment
def catalogue(request: HttpRequest) -> HttpResponse:
    """All titles, narrowed by words and filters."""
    wanted = {name: request.GET.get(name, "").replace("\0", "").strip()[:200] for name in _NAMES}
    titles = search(_narrowed(SchemaTitle.objects.all(), wanted), wanted["q"])
    counts = titles.aggregate(
        all=Count("pk"),
        deprecated=Count("pk", filter=deprecated()),
        pii=Count("pk", filter=Q(pk__in=with_personal_data(titles).values("pk"))),
    )
    marked = titles.filter(deprecated()) if wanted["deprecated"] == "yes" else titles
    marked = marked.exclude(deprecated()) if wanted["deprecated"] == "no" else marked
    page = Paginator(_rows(marked, wanted["q"]), _PAGE).get_page(request.GET.get("page"))
    repositories = list(Repository.objects.annotate(title_count=Count("titles")))
    context = {
        "page": page,
        "titles": [_shown(title, words_of(wanted["q"])) for title in page],
        "wanted": wanted,
        "is_narrowed": any(wanted.values()),
        "counts": counts,
        "repositories": repositories,
        "roles": Repository.Role.choices,
        "failing": [one for one in repositories if one.failed_at],
        "chips": {name: _query(wanted, **{name: "" if wanted[name] == "yes" else "yes"}) for name in ("deprecated", "pii")},
        "before": _query(wanted, page=page.previous_page_number()) if page.has_previous() else "",
        "after": _query(wanted, page=page.next_page_number()) if page.has_next() else "",
        "links": {name: page_links.optional(view) for name, view in _PAGES.items()},
    }
    response = render(request, "registry/catalogue.html", context)
    if request.headers.get("HX-Request"):
        response["HX-Push-Url"] = _query(wanted)  # without the filters that were left empty: an address to share
    return response


def _narrowed(titles: QuerySet[SchemaTitle], wanted: Mapping[str, str]) -> QuerySet[SchemaTitle]:
    if wanted["repository"]:
        titles = titles.filter(repository__name=wanted["repository"])
    if wanted["role"]:
        titles = titles.filter(repository__role=wanted["role"])
    return with_personal_data(titles) if wanted["pii"] == "yes" else titles


def _rows(titles: QuerySet[SchemaTitle], words: str) -> QuerySet[SchemaTitle]:
    """The titles with what a row shows; documents are read only where the fields that were found are shown."""
    versions = SchemaVersion.objects.filter(title=OuterRef("pk")).order_by().values("title")
    count = Coalesce(Subquery(versions.annotate(count=Count("pk")).values("count")), 0)
    heavy = _HEAVY if words else (*_HEAVY, "latest__document_packed")
    return ranked(titles.select_related("repository", "latest").annotate(version_count=count).defer(*heavy), words)


def _shown(title: SchemaTitle, words: list[str]) -> dict[str, Any]:
    page = reverse("schema", args=[title.name])
    found = matching_fields(title.latest, words)
    return {
        "title": title,
        "link": page,
        "fields": [FoundField(field, page_links.field_link(field.path, page)) for field in found],
        "deprecation": deprecation_notes.note_on(title),
        "streams": panels.call("streamconfig.streams_of_title", title.name, default=()),
    }


def _query(wanted: Mapping[str, str], **changed: str | int) -> str:
    kept = {name: value for name, value in {**wanted, **changed}.items() if value}
    return f"?{urlencode(kept)}" if kept else reverse("schemas")
