"""Addresses of the web role: each app brings its own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from eventplatform import client_files

urlpatterns = [
    path("", include("monitoring.urls")),
    path("", include("registry.urls")),
    path("", include("connectors.explore.urls")),  # before the streams, whose names may hold slashes
    path("", include("streamconfig.urls")),
    path("", include("intake.urls")),
    path("", include("connectors.urls")),
    path("client/", client_files.client_index, name="client-files"),
    path("client/<path:name>", client_files.client_file, name="client-file"),
    path("api/schema", SpectacularAPIView.as_view(), name="openapi"),
    path("admin/", admin.site.urls),
]

handler500 = "eventplatform.outage.server_error"
