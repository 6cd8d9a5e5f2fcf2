"""Addresses of the app."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from monitoring import canary_pages, error_pages, pages, views
from monitoring.dashboard import pages as dashboard
from monitoring.dashboard import service_page, stream_list
from monitoring.dashboard.picture import pages as picture
from monitoring.hours import api as hours_api
from monitoring.hours import pages as hours
from monitoring.instruments import pages as instruments
from monitoring.instruments.api import InstrumentCheck, StreamCheck
from monitoring.live import pages as live
from monitoring.outcomes import pages as outcomes
from monitoring.rejected import pages as rejected
from monitoring.trace import pages as trace
from monitoring.trace.views import Trace
from monitoring.traffic import pages as traffic

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.start, name="start"),
    path("start/tail", pages.start_tail, name="start-tail"),
    path("start/side", pages.start_side, name="start-side"),
    path("overview", dashboard.index, name="overview"),
    path("overview/picture", picture.index, name="overview-picture"),
    path("overview/streams", stream_list.index, name="overview-streams"),
    path("overview/services/<path:name>", service_page.index, name="overview-service"),
    path("traffic", traffic.index, name="traffic"),
    path("streams/<path:name>/traffic", traffic.of_stream, name="stream-traffic"),
    path("records/<str:topic>/<int:partition>/<int:offset>", pages.record, name="record"),
    path("outcomes", outcomes.index, name="outcomes"),
    path("errors", error_pages.error_list, name="errors"),
    path("errors/<str:code>", error_pages.error_code, name="error"),
    path("canaries/<path:name>", canary_pages.history, name="canary-history"),
    path("hours", hours.index, name="hours"),
    path("hours/canary", hours.send, name="hours-canary"),
    path("api/v1/completeness", hours_api.Completeness.as_view(), name="api-completeness"),
    path("live", live.index, name="live"),
    path("live/events", live.events, name="live-events"),
    path("instruments/<str:key>/check", instruments.of_instrument, name="instrument-check"),
    path("check/stream/<path:name>", instruments.of_stream, name="stream-check"),
    path("api/v1/instruments/<str:key>/check", InstrumentCheck.as_view(), name="api-instrument-check"),
    path("api/v1/check/stream/<path:name>", StreamCheck.as_view(), name="api-stream-check"),
    path("", include("monitoring.alerts.urls")),
    path("", include("monitoring.realtime.urls")),
    path("rejected", rejected.index, name="rejected"),
    path("rejected/runs/<int:run_id>", rejected.run_state, name="rejected-run"),
    path("rejected/<slug:key>/dry-run", rejected.dry_run, name="rejected-dry-run"),
    path("rejected/<slug:key>/replay", rejected.replay, name="rejected-replay"),
    path("rejected/<slug:key>/delete", rejected.delete, name="rejected-delete"),
    path("rejected/<slug:key>/export", rejected.export, name="rejected-export"),
    path("trace", trace.index, name="trace"),
    path("trace/answer", trace.part, name="trace-answer"),
    path("api/v1/trace", Trace.as_view(), name="api-trace"),
    path("favicon.ico", RedirectView.as_view(url=static("favicon.svg"))),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
]
