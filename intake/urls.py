"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from intake.views import EventsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/events", EventsView.as_view(), name="events"),
    path("v1/events/", EventsView.as_view(schema=None)),  # as EventGate takes it; documented once
    path("<str:service>/v1/events", EventsView.as_view(schema=None)),
    path("<str:service>/v1/events/", EventsView.as_view(schema=None)),
]
