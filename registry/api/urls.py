"""Addresses that machines ask: files under /repositories/, the API, the façade for Confluent's clients."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path, register_converter

from registry.api import checks as api_checks
from registry.api import code_views as api_code_views
from registry.api import file_views as views
from registry.api import schema_views as api_views
from registry.api import title_views as api_title_views
from registry.api.converters import TitleConverter, VersionConverter
from registry.confluent import urls as confluent_urls

register_converter(TitleConverter, "title")
register_converter(VersionConverter, "version")

_FILES: list[URLPattern | URLResolver] = [
    path("repositories", views.without_slash),
    path("repositories/", views.repositories, name="repositories"),
    path("repositories/<slug:repository>", views.without_slash),
    path("repositories/<slug:repository>/", views.repository_root, name="repository"),
    path("repositories/<slug:repository>/jsonschema", views.without_slash),
    path("repositories/<slug:repository>/jsonschema/", views.file_or_folder, {"path": ""}),
    path("repositories/<slug:repository>/jsonschema/<path:path>", views.file_or_folder, name="repository-path"),
    re_path(r"^repositories/(?P<place>(?![^/]+\.git(?:/|$))(?s:.*))$", views.nothing),  # but what git clones
]

_TITLE = "api/v1/schemas/<title:title>"
_VERSION = f"{_TITLE}/<version:version>"

_API: list[URLPattern | URLResolver] = [
    path("api/v1/schemas", api_views.SchemaList.as_view(), name="api-schemas"),
    path("api/v1/schemas/validate", api_checks.ValidateEvent.as_view(), name="api-validate"),
    path("api/v1/schemas/check", api_checks.CheckFiles.as_view(), name="api-check"),
    path(f"{_VERSION}/code/<slug:language>", api_code_views.SchemaCode.as_view(), name="api-schema-code"),
    path(f"{_VERSION}/diff", api_title_views.SchemaDiff.as_view(schema=None)),
    path(f"{_VERSION}/usage", api_title_views.SchemaUsage.as_view(schema=None)),
    path(f"{_VERSION}/findings", api_title_views.SchemaFindings.as_view(schema=None)),
    path(f"{_TITLE}/diff", api_title_views.SchemaDiff.as_view(), name="api-schema-diff"),
    path(f"{_TITLE}/usage", api_title_views.SchemaUsage.as_view(), name="api-schema-usage"),
    path(f"{_TITLE}/findings", api_title_views.SchemaFindings.as_view(), name="api-schema-findings"),
    path(_VERSION, api_views.SchemaDocument.as_view(), name="api-schema-version"),
    path(_TITLE, api_views.SchemaDetail.as_view(), name="api-schema"),
    path("api/v1/schemas/", api_views.NoSuchAddress.as_view()),
    path("api/v1/schemas/<path:rest>", api_views.NoSuchAddress.as_view()),
]

urlpatterns = [*_FILES, *_API, *confluent_urls.urlpatterns]
