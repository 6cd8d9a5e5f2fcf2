"""Addresses of managed repositories: drafts and their review, and what git clones."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from registry.managed import clone_views
from registry.managed import pages as draft_pages

_CLONE = "repositories/<slug:repository>.git"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_CLONE, clone_views.address, name="clone"),
    path(f"{_CLONE}/", clone_views.address),
    path(f"{_CLONE}/info/refs", clone_views.info_refs),
    path(f"{_CLONE}/git-upload-pack", clone_views.upload_pack),
    path(f"{_CLONE}/git-receive-pack", clone_views.push),
    path(f"{_CLONE}/<path:rest>", clone_views.elsewhere),
    path("schemas/drafts", draft_pages.index, name="schema-drafts"),
    path("schemas/drafts/new", draft_pages.new, name="schema-draft-new"),
    path("schemas/drafts/<int:draft_id>", draft_pages.detail, name="schema-draft"),
    path("schemas/drafts/<int:draft_id>/check", draft_pages.check, name="schema-draft-check"),
    path("schemas/drafts/<int:draft_id>/<slug:verb>", draft_pages.act, name="schema-draft-act"),
]
