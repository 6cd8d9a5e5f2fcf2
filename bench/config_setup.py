"""Publishes as many streams as it is told, into the database of its environment: for `config_bench`."""

from __future__ import annotations

import logging
import sys
from typing import Any

import django

from eventplatform import env

env.use_settings()
django.setup()

from django.core.management import call_command  # noqa: E402  # Django is set up first

from streamconfig import services  # noqa: E402  # likewise
from streamconfig.change_control.actors import of_command  # noqa: E402  # likewise


def document(count: int) -> dict[str, Any]:
    """Streams as large as those of production: some 600 characters each, merged."""
    defaults = {
        "topic_prefixes": ["eqiad.", "codfw."],
        "canary_events_enabled": True,
        "producers": {"eventgate": {"enrich_fields_from_http_headers": {"meta.request_id": "x-request-id"}}},
        "consumers": {
            "analytics_hadoop_ingestion": {"job_name": "event_default", "enabled": True},
            "analytics_hive_ingestion": {"enabled": True},
        },
    }
    return {
        "defaults": defaults,
        "streams": {f"product.area{number % 40}.action{number}": _stream(number) for number in range(count)},
    }


def _stream(number: int) -> dict[str, Any]:
    return {
        "schema_title": f"analytics/product_metrics/web/base{number % 170}",
        "destination_event_service": "eventgate-analytics-external",
        "sample": {"unit": "session", "rate": round((number % 100 + 1) / 100, 2)},
        "about": {"owner": f"team{number % 30}", "purpose": f"Counts how often action {number} is taken"},
    }


def main() -> None:
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)
    outcome = services.propose(
        services.with_document(document(int(sys.argv[1]))), by=of_command("bench"), title="Streams to measure with"
    )
    if outcome is None or outcome.published is None:
        sys.exit("nothing was published")


if __name__ == "__main__":
    main()
