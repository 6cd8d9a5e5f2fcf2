"""Addresses of the explore pages; they stand before the stream's own page, whose name may hold slashes."""

from __future__ import annotations

from django.urls import URLPattern, path

from connectors.explore import pages

urlpatterns: list[URLPattern] = [
    path("streams/<path:name>/explore", pages.explore, name="explore"),
    path("streams/<path:name>/explore.csv", pages.as_csv, name="explore-csv"),
    path("streams/<path:name>/explore/superset.zip", pages.as_superset, name="explore-superset"),
]
