"""Addresses of the app."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from streamconfig.pages import account, changes, changes_detail, changes_edit, changes_verbs, exchange, kill_switch, revisions

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("streamconfig.api.urls")),
    path("streams/import", exchange.take_in, name="import"),
    path("streams/export", exchange.give_out, name="export"),
    path("", include("streamconfig.pages.stream_urls")),
    path("account", account.page, name="account"),
    path("changes", changes.index, name="changes"),
    path("changes/inbox", changes.inbox, name="inbox"),
    path("changes/<int:number>", changes_detail.detail, name="change"),
    path("changes/<int:number>/edit", changes_edit.edit, name="change-edit"),
    path("changes/<int:number>/<slug:verb>", changes_verbs.act, name="change-act"),
    path("kill", kill_switch.page, name="kill"),
    path("revisions", revisions.index, name="revisions"),
    path("revisions/<int:number>", revisions.detail, name="revision"),
    path("revisions/<int:number>/<slug:verb>", revisions.act, name="revision-act"),
]
