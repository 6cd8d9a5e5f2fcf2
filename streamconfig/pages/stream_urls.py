"""Addresses of the pages of streams, instruments and teams; fixed ones stand before the names, which may hold slashes."""

from __future__ import annotations

from django.urls import URLPattern, path

from streamconfig.pages import (
    findings,
    instruments,
    retire,
    services,
    stale,
    stream,
    streams,
    teams,
    topics,
    wizard,
    wizard_following,
)

urlpatterns: list[URLPattern] = [
    path("streams", streams.index, name="streams"),
    path("streams/stale", stale.index, name="stale"),
    path("streams/findings", findings.index, name="findings"),
    path("streams/topics", topics.index, name="topics"),
    path("streams/topics/<slug:verb>", topics.act, name="topics-act"),
    path("streams/new", wizard.start, name="stream-new"),
    path("streams/new/name", wizard.name_check, name="stream-new-name"),
    path("streams/new/restart", wizard.restart, name="stream-new-restart"),
    path("streams/new/review", wizard.review, name="stream-new-review"),
    path("streams/new/<int:number>", wizard_following.followed, name="stream-new-followed"),
    path("streams/new/<int:number>/test", wizard_following.send_test, name="stream-new-test"),
    path("streams/new/<slug:name>", wizard.step, name="stream-new-step"),
    path("retire/<path:name>", retire.retire, name="stream-retire"),
    path("test-events/<path:name>", stream.send_test, name="stream-test"),
    path("streams/<path:name>", stream.detail, name="stream"),
    path("instruments", instruments.index, name="instruments"),
    path("instruments/<str:key>", instruments.detail, name="instrument"),
    path("services", services.index, name="services"),
    path("services/<path:key>", services.detail, name="service"),
    path("teams", teams.index, name="teams"),
    path("teams/<path:key>", teams.detail, name="team"),
]
