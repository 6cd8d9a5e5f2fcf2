"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from streamconfig import pages, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("w/api.php", views.ActionApi.as_view(), name="streamconfigs"),
    path("api/v1/streams", views.StreamList.as_view(), name="api-streams"),
    path("api/v1/streams/<path:name>", views.StreamDetail.as_view(), name="api-stream"),
    path("streams", pages.index, name="streams"),
    path("streams/<path:name>", pages.detail, name="stream"),
    path("revisions/<int:number>", pages.revision, name="revision"),
]
