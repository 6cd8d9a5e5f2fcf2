"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from connectors import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("connectors", pages.index, name="connectors"),
    path("connectors/rejected", RedirectView.as_view(pattern_name="rejected", query_string=True)),  # where they were before
    path("connectors/<slug:name>", pages.detail, name="connector"),
    path("connectors/<slug:name>/pause", pages.pause, name="connector_pause"),
    path("connectors/<slug:name>/resume", pages.resume, name="connector_resume"),
    path("connectors/<slug:name>/reposition", pages.reposition, name="connector_reposition"),
]
