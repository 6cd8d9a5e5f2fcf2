"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from streamconfig.api import action_api
from streamconfig.api import streams as api_streams
from streamconfig.pages import streams as pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("w/api.php", action_api.ActionApi.as_view(), name="streamconfigs"),
    path("api/v1/streams", api_streams.StreamList.as_view(), name="api-streams"),
    path("api/v1/streams/<path:name>", api_streams.StreamDetail.as_view(), name="api-stream"),
    path("streams", pages.index, name="streams"),
    path("streams/<path:name>", pages.detail, name="stream"),
    path("revisions/<int:number>", pages.revision, name="revision"),
]
