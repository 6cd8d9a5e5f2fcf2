"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from registry import draft_urls, http_urls, pages

_VERSION = r"\d+\.\d+\.\d+"

urlpatterns: list[URLPattern | URLResolver] = [
    *draft_urls.urlpatterns,
    *http_urls.urlpatterns,
    path("schemas", pages.catalogue, name="schemas"),
    re_path(rf"^schemas/(?P<title>[^\s]+?)/(?P<version>{_VERSION})$", pages.version, name="schema-version"),
    path("schemas/<path:title>", pages.version, name="schema"),
]
