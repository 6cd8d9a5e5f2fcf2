from __future__ import annotations

from monitoring.volumes import intake_totals

SCRAPE = """\
# HELP eventplatform_intake_events_total Events taken in.
# TYPE eventplatform_intake_events_total counter
eventplatform_intake_events_total{outcome="accepted",reason="",stream="test.event"} 12.0
eventplatform_intake_events_total{outcome="invalid",reason="event.invalid",stream="test.event"} 2.0
# HELP eventplatform_log_records_total Records.
# TYPE eventplatform_log_records_total counter
eventplatform_log_records_total{topic="test.event"} 12.0
"""


def test_intake_totals__scrape__only_the_counter_of_events() -> None:
    assert intake_totals(SCRAPE) == {("test.event", "accepted", ""): 12, ("test.event", "invalid", "event.invalid"): 2}


def test_intake_totals__nothing_counted_yet__nothing() -> None:
    assert intake_totals("") == {}
