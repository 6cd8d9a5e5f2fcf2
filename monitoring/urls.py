"""Addresses of the app."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from monitoring import pages, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.start, name="start"),
    path("start/tail", pages.start_tail, name="start-tail"),
    path("start/side", pages.start_side, name="start-side"),
    path("overview", pages.overview, name="overview"),
    path("records/<str:topic>/<int:partition>/<int:offset>", pages.record, name="record"),
    path("favicon.ico", RedirectView.as_view(url=static("favicon.svg"))),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]
