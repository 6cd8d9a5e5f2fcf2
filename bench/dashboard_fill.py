"""Rows of a large site for `dashboard_bench`: 250 streams in two datacenters, 30 days of volumes, a day of canaries."""

from __future__ import annotations

from pathlib import Path

from django.core.management import call_command
from django.db import connection

from connectors.models import Connector, Target
from streamconfig import services
from streamconfig.change_control.actors import of_command

SERVICES = {"main": 70, "analytics": 15, "analytics-external": 155, "logging-external": 10}
CONNECTORS = 27
PREFIXES = ("eqiad.", "codfw.")
_ROWS = Path(__file__).with_suffix(".sql")
_TITLE = "sample/test_event"


def fill(days: int) -> None:
    """Everything that the dashboard reads, as the ticks would have left it."""
    call_command("migrate", verbosity=0)
    names = _streams()
    _connectors(names)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE s AS SELECT name, row_number() OVER () AS n FROM unnest(%s::text[]) AS name", [names])
        cursor.execute("CREATE TEMP TABLE p AS SELECT prefix FROM unnest(%s::text[]) AS prefix", [list(PREFIXES)])
        cursor.execute("CREATE TEMP TABLE d AS SELECT %s::int AS days", [days])
        for statement in _ROWS.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement)


def _streams() -> list[str]:
    found = {}
    for service, number in SERVICES.items():
        for count in range(number):
            name = f"{service.replace('-', '_')}.area{count % 12}.action_{count:03}"
            found[name] = {"schema_title": _TITLE, "destination_event_service": service}
    document = {"defaults": {"topic_prefixes": list(PREFIXES), "canary_events_enabled": True}, "streams": found}
    services.propose(services.with_document(document), by=of_command("bench"), title="Streams to measure with")
    return list(found)


def _connectors(names: list[str]) -> None:
    targets = [Target.objects.create(name=f"store-{number}", kind="postgres") for number in range(5)]
    for number in range(CONNECTORS):
        streams = ["*"] if not number else names[number :: CONNECTORS // 2]
        Connector.objects.create(name=f"to-store-{number:02}", target=targets[number % 5], streams=streams)
