"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from connectors import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("connectors", pages.index, name="connectors"),
    path("connectors/<slug:name>", pages.detail, name="connector"),
    path("connectors/<slug:name>/pause", pages.pause, name="connector_pause"),
    path("connectors/<slug:name>/resume", pages.resume, name="connector_resume"),
    path("connectors/<slug:name>/reposition", pages.reposition, name="connector_reposition"),
    path("rejected", pages.rejected, name="rejected"),
]
