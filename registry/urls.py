"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from registry.api import urls as http_urls
from registry.managed import urls as draft_urls
from registry.pages import catalogue as catalogue_pages
from registry.pages import guidelines as guideline_pages
from registry.pages import trying as try_pages
from registry.pages import version as version_pages
from registry.repositories import urls as repository_urls

_VERSION = r"\d+\.\d+\.\d+"

urlpatterns: list[URLPattern | URLResolver] = [
    *repository_urls.urlpatterns,
    *draft_urls.urlpatterns,
    *http_urls.urlpatterns,
    path("schemas", catalogue_pages.catalogue, name="schemas"),
    path("schemas/", RedirectView.as_view(pattern_name="schemas", query_string=True)),
    path("schemas/guidelines", guideline_pages.guidelines, name="schema-guidelines"),
    re_path(rf"^schemas/(?P<title>[^\s]+?)/(?P<version>{_VERSION})/try$", try_pages.try_event, name="schema-try"),
    re_path(rf"^schemas/(?P<title>[^\s]+?)/(?P<version>{_VERSION})$", version_pages.version, name="schema-version"),
    path("schemas/<path:title>", version_pages.version, name="schema"),
]
