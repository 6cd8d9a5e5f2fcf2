"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from intake.pages import keys
from intake.views import EventsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("keys", keys.index, name="keys"),
    path("keys/make", keys.make, name="key_make"),
    path("keys/<int:number>", keys.detail, name="key"),
    path("keys/<int:number>/rotate", keys.rotate, name="key_rotate"),
    path("keys/<int:number>/revoke", keys.revoke, name="key_revoke"),
    path("v1/events", EventsView.as_view(), name="events"),
    path("v1/events/", EventsView.as_view(schema=None)),  # as EventGate takes it; documented once
    path("<str:service>/v1/events", EventsView.as_view(schema=None)),
    path("<str:service>/v1/events/", EventsView.as_view(schema=None)),
]
