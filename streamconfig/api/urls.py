"""Addresses of the API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from streamconfig.api import action_api, changes_urls, client, revisions, sections, streams

urlpatterns: list[URLPattern | URLResolver] = [
    path("w/api.php", action_api.ActionApi.as_view(), name="streamconfigs"),
    path("api/v1/client", client.ClientConfiguration.as_view(), name="api-client"),
    path("api/v1/streams", streams.StreamList.as_view(), name="api-streams"),
    path("api/v1/streams/<path:name>", streams.StreamDetail.as_view(), name="api-stream"),
    path("api/v1/instruments", streams.InstrumentList.as_view(), name="api-instruments"),
    path("api/v1/instruments/<path:key>", streams.InstrumentDetail.as_view(), name="api-instrument"),
    *changes_urls.urlpatterns,
    path("api/v1/revisions", revisions.RevisionList.as_view(), name="api-revisions"),
    path("api/v1/revisions/<int:number>", revisions.RevisionDetail.as_view(), name="api-revision"),
    path("api/v1/revisions/<int:number>/document", revisions.RevisionDocument.as_view(), name="api-revision-document"),
    path("api/v1/findings", sections.FindingList.as_view(), name="api-findings"),
    *sections.addresses(),
]
