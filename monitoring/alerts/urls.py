"""Addresses of alerts and runbooks."""

from __future__ import annotations

from django.urls import URLPattern, path

from monitoring.alerts import acts, api, pages

urlpatterns: list[URLPattern] = [
    path("alerts", pages.index, name="alerts"),
    path("alerts/receivers", acts.receiver_list, name="alert-receivers"),
    path("alerts/receivers/<int:receiver_id>/test", acts.test_receiver, name="alert-receiver-test"),
    path("alerts/silences/<int:silence_id>/end", acts.end_silence, name="alert-silence-end"),
    path("alerts/<int:alert_id>", pages.alert, name="alert"),
    path("alerts/<int:alert_id>/acknowledge", acts.acknowledge, name="alert-acknowledge"),
    path("alerts/<int:alert_id>/silence", acts.silence, name="alert-silence"),
    path("alerts/<int:alert_id>/resolve", acts.resolve, name="alert-resolve"),
    path("runbooks", pages.runbooks, name="runbooks"),
    path("runbooks/<str:kind>", pages.runbook, name="runbook"),
    path("api/v1/alerts", api.AlertList.as_view(), name="api-alerts"),
    path("api/v1/alerts/<int:number>", api.AlertDetail.as_view(), name="api-alert"),
    path("api/v1/alerts/<int:number>/acknowledge", api.AlertAcknowledge.as_view(), name="api-alert-acknowledge"),
    path("api/v1/alerts/<int:number>/silence", api.AlertSilenced.as_view(), name="api-alert-silence"),
    path("api/v1/alerts/<int:number>/resolve", api.AlertResolve.as_view(), name="api-alert-resolve"),
]
