"""What is read of a scrape."""

from __future__ import annotations

from monitoring.outcomes.reading import totals

SCRAPE = """\
# TYPE eventplatform_intake_events_total counter
eventplatform_intake_events_total{service="main",outcome="accepted",reason="",stream="test.event"} 12.0
eventplatform_intake_events_total{service="main",outcome="invalid",reason="event.invalid",stream="test.event"} 2.0
# TYPE eventplatform_intake_received_total counter
eventplatform_intake_received_total{service=""} 15.0
# TYPE eventplatform_intake_bodies_refused_total counter
eventplatform_intake_bodies_refused_total{service="main",reason="body.not_json"} 1.0
# TYPE eventplatform_intake_request_seconds histogram
eventplatform_intake_request_seconds_bucket{door="lane",status="201",le="0.005"} 3.0
eventplatform_intake_request_seconds_bucket{door="lane",status="201",le="0.01"} 7.0
eventplatform_intake_request_seconds_bucket{door="lane",status="201",le="+Inf"} 8.0
eventplatform_intake_request_seconds_count{door="lane",status="201"} 8.0
eventplatform_intake_request_seconds_sum{door="lane",status="201"} 0.1
# TYPE eventplatform_log_records_total counter
eventplatform_log_records_total{topic="test.event"} 12.0
"""


def test_totals__scrape__the_intakes_counters_alone_and_answers_by_bucket() -> None:
    assert totals(SCRAPE) == {
        ("event", "main", "test.event", "accepted", ""): 12,
        ("event", "main", "test.event", "invalid", "event.invalid"): 2,
        ("received", ""): 15,
        ("body", "main", "body.not_json"): 1,
        ("answer", "lane 201", "0.005"): 3,
        ("answer", "lane 201", "0.01"): 4,
        ("answer", "lane 201", "+Inf"): 1,
    }


def test_totals__nothing_counted_yet__nothing() -> None:
    assert totals("") == {}
