"""Django's handle on the app; registers its panels at start."""

from __future__ import annotations

from django.apps import AppConfig

from eventplatform import exposition, panels


class MonitoringConfig(AppConfig):
    """Monitoring."""

    name = "monitoring"
    verbose_name = "Monitoring"

    def ready(self) -> None:
        """Put the app's parts on shared pages, and what it knows of streams within their reach."""
        from monitoring import of_streams, slow_answers, snippets, state_metrics, stream_panels
        from monitoring.alerts import shared as alerts
        from monitoring.hours import pages as hour_pages
        from monitoring.hours import troubles as hour_troubles
        from monitoring.outcomes import lookups as outcomes
        from monitoring.realtime import troubles as expectations
        from monitoring.rejected import shared_pages, through_intake
        from monitoring.streaming import life as streams_out
        from monitoring.streaming import shared_pages as streams_out_pages
        from monitoring.traffic import troubles as traffic

        stream_panels.register()
        alerts.register()
        exposition.add("web", state_metrics.families)
        panels.add("stream", panels.Panel("monitoring.hours", "monitoring/_stream_hours.html", hour_pages.panel, order=25))
        panels.add_troubles("monitoring.hours", hour_troubles.troubles)
        panels.add_replay("intake", panels.Replay(through_intake.check, through_intake.send))
        panels.add_troubles("monitoring.rejected", shared_pages.troubles)
        panels.add_troubles("monitoring.expectations", expectations.troubles)
        panels.add_troubles("monitoring.traffic", traffic.troubles)
        panels.add_troubles("monitoring.slow_answers", slow_answers.troubles)
        panels.add_troubles("monitoring.streaming", streams_out.troubles)
        streams_out_pages.register()
        panels.provide("monitoring.service_figures", outcomes.of_services)
        panels.provide("monitoring.service_curl", snippets.service_curl)
        panels.provide("monitoring.refused_shares", of_streams.refused_shares)
        panels.provide("monitoring.last_canaries", of_streams.last_canaries)
        panels.provide("monitoring.send_canary", of_streams.send_canary)
        panels.provide("monitoring.canary_stages", of_streams.canary_stages)
