"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from connectors.pages import detail, editing, listing, moving, removing, stores, verbs

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("connectors.api.urls")),
    path("connectors", listing.index, name="connectors"),
    path("connectors/kinds", editing.catalogue, name="connector-kinds"),
    path("connectors/new", editing.new, name="connector-new"),
    path("connectors/stores/<slug:name>", stores.edit, name="connector-store"),
    path("connectors/rejected", RedirectView.as_view(pattern_name="rejected", query_string=True)),  # where they were before
    path("connectors/<slug:name>", detail.detail, name="connector"),
    path("connectors/<slug:name>/edit", editing.edit, name="connector-edit"),
    path("connectors/<slug:name>/delete", removing.remove, name="connector-delete"),
    path("connectors/<slug:name>/pause", verbs.pause, name="connector_pause"),
    path("connectors/<slug:name>/resume", verbs.resume, name="connector_resume"),
    path("connectors/<slug:name>/stop", verbs.stop, name="connector-stop"),
    path("connectors/<slug:name>/restart", verbs.restart, name="connector-restart"),
    path("connectors/<slug:name>/offsets", moving.offsets, name="connector-offsets"),
    path("connectors/<slug:name>/backfill", moving.take_again, name="connector-backfill"),
    path("connectors/<slug:name>/backfill/move", verbs.backfill_move, name="connector-backfill-move"),
    path("connectors/<slug:name>/reposition", verbs.reposition, name="connector_reposition"),
]
