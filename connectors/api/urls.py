"""Addresses of the connectors' API."""

from __future__ import annotations

from django.urls import URLPattern, path

from connectors.api import connect, connectors, hours, kinds, targets, verbs

_ONE = "api/v1/connectors/<slug:name>"

urlpatterns: list[URLPattern] = [
    path("api/v1/hours", hours.HourList.as_view(), name="api-hours"),
    path("api/v1/connector-kinds", kinds.KindList.as_view(), name="api-connector-kinds"),
    path("api/v1/connector-kinds/<slug:kind>", kinds.KindDetail.as_view(), name="api-connector-kind"),
    path("api/v1/connector-kinds/<slug:kind>/validate", kinds.KindValidate.as_view(), name="api-connector-validate"),
    path("api/v1/targets", targets.TargetList.as_view(), name="api-targets"),
    path("api/v1/targets/<slug:name>", targets.TargetDetail.as_view(), name="api-target"),
    path("api/v1/targets/<slug:name>/test", targets.TargetTest.as_view(), name="api-target-test"),
    path("api/v1/connectors", connectors.ConnectorList.as_view(), name="api-connectors"),
    path(_ONE, connectors.ConnectorDetail.as_view(), name="api-connector"),
    path(f"{_ONE}/status", connectors.ConnectorStatus.as_view(), name="api-connector-status"),
    path(f"{_ONE}/history", connectors.ConnectorHistory.as_view(), name="api-connector-history"),
    path(f"{_ONE}/pause", verbs.ConnectorPause.as_view(), name="api-connector-pause"),
    path(f"{_ONE}/stop", verbs.ConnectorStop.as_view(), name="api-connector-stop"),
    path(f"{_ONE}/resume", verbs.ConnectorResume.as_view(), name="api-connector-resume"),
    path(f"{_ONE}/restart", verbs.ConnectorRestart.as_view(), name="api-connector-restart"),
    path(f"{_ONE}/kafka-connect", connect.ConnectExport.as_view(), name="api-connector-kafka-connect"),
    path(f"{_ONE}/offsets", verbs.ConnectorOffsets.as_view(), name="api-connector-offsets"),
    path(f"{_ONE}/backfills", verbs.BackfillList.as_view(), name="api-backfills"),
    path(f"{_ONE}/backfills/<int:number>/<slug:verb>", verbs.BackfillVerb.as_view(), name="api-backfill-verb"),
]
