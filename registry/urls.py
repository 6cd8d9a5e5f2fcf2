"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from registry import pages, views

_VERSION = r"\d+\.\d+\.\d+"

urlpatterns: list[URLPattern | URLResolver] = [
    path("repositories/", views.repositories, name="repositories"),
    path("repositories/<slug:repository>/", views.repository_root, name="repository"),
    path("repositories/<slug:repository>/jsonschema/", views.file_or_folder, {"path": ""}),
    path("repositories/<slug:repository>/jsonschema/<path:path>", views.file_or_folder, name="repository-path"),
    path("api/v1/schemas", views.SchemaList.as_view(), name="api-schemas"),
    path("schemas", pages.catalogue, name="schemas"),
    re_path(rf"^schemas/(?P<title>[^\s]+?)/(?P<version>{_VERSION})$", pages.version, name="schema-version"),
    path("schemas/<path:title>", pages.version, name="schema"),
]
