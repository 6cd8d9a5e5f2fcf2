"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from registry import catalogue_pages, draft_urls, guideline_pages, http_urls, repository_urls, try_pages, version_pages

_VERSION = r"\d+\.\d+\.\d+"

urlpatterns: list[URLPattern | URLResolver] = [
    *repository_urls.urlpatterns,
    *draft_urls.urlpatterns,
    *http_urls.urlpatterns,
    path("schemas", catalogue_pages.catalogue, name="schemas"),
    path("schemas/guidelines", guideline_pages.guidelines, name="schema-guidelines"),
    re_path(rf"^schemas/(?P<title>[^\s]+?)/(?P<version>{_VERSION})/try$", try_pages.try_event, name="schema-try"),
    re_path(rf"^schemas/(?P<title>[^\s]+?)/(?P<version>{_VERSION})$", version_pages.version, name="schema-version"),
    path("schemas/<path:title>", version_pages.version, name="schema"),
]
