"""Addresses of the writes."""

from __future__ import annotations

from django.urls import URLPattern, path

from streamconfig.api import changes_asking, changes_deciding, changes_reverting

urlpatterns: list[URLPattern] = [
    path("api/v1/changes", changes_asking.Changes.as_view(), name="api-changes"),
    path("api/v1/changes/dry-run", changes_asking.DryRun.as_view(), name="api-changes-dry-run"),
    path("api/v1/changes/<int:number>", changes_asking.OneChange.as_view(), name="api-change"),
    *(
        path(f"api/v1/changes/<int:number>/{name}", view.as_view(), name=f"api-change-{name}")
        for name, view in changes_deciding.VIEWS.items()
    ),
    path("api/v1/revisions/<int:number>/roll-back", changes_reverting.RollingBack.as_view(), name="api-revision-roll-back"),
    path("api/v1/revisions/<int:number>/restore", changes_reverting.Restoring.as_view(), name="api-revision-restore"),
    path("api/v1/kill", changes_deciding.Stopping.as_view(), name="api-kill"),
]
