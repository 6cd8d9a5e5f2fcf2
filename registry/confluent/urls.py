"""Addresses of the façade for Confluent's clients; slashes in subjects come encoded, and so decoded when they get here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from registry.confluent import views
from registry.confluent.views import resource

_SUBJECT = "confluent/subjects/<path:subject>"
_CHECK = "confluent/compatibility/subjects/<path:subject>/versions"
_ID = "confluent/schemas/ids/<int:schema_id>"

# Longer endings first: a subject may hold anything.
urlpatterns: list[URLPattern | URLResolver] = [
    path("confluent/", resource(get=views.root), name="confluent"),
    path("confluent/subjects", resource(get=views.subjects)),
    path(f"{_SUBJECT}/versions/<str:version>/schema", resource(get=views.version_schema)),
    path(f"{_SUBJECT}/versions/<str:version>/referencedby", resource(get=views.referenced_by)),
    path(f"{_SUBJECT}/versions/<str:version>", resource(get=views.version, is_written=True)),
    path(f"{_SUBJECT}/versions", resource(get=views.versions, post=views.register)),
    path(f"{_SUBJECT}/metadata", resource(get=views.with_metadata)),
    path(_SUBJECT, resource(post=views.look_up, is_written=True)),
    path("confluent/schemas", resource(get=views.schemas)),
    path("confluent/schemas/types", resource(get=views.types)),
    path(_ID, resource(get=views.by_id)),
    path(f"{_ID}/schema", resource(get=views.schema_of_id)),
    path(f"{_ID}/subjects", resource(get=views.subjects_of_id)),
    path(f"{_ID}/versions", resource(get=views.versions_of_id)),
    path("confluent/schemas/guids/<str:guid>", resource(get=views.by_guid)),
    path("confluent/config", resource(get=views.config, is_written=True)),
    path("confluent/config/<path:subject>", resource(get=views.config_of, is_written=True)),
    path("confluent/mode", resource(get=views.mode, is_written=True)),
    path("confluent/mode/<path:subject>", resource(get=views.mode_of, is_written=True)),
    path(f"{_CHECK}/<str:version>", resource(post=views.compatible)),
    path(_CHECK, resource(post=views.compatible)),
    path("confluent/contexts", resource(get=views.contexts)),
    path("confluent/v1/metadata/id", resource(get=views.metadata_id)),
    path("confluent/<path:rest>", resource(get=views.nothing, post=views.nothing, is_written=True)),
]
