from __future__ import annotations

import pytest

from monitoring.causes import Reading, of_intake, of_store, of_topic

URL = "http://intake:8001"


@pytest.mark.parametrize(
    ("status", "code", "cause", "remedy"),
    [
        (None, "intake.unreachable", "Nobody takes connections", "Start the role intake"),
        (None, "intake.silent", "hangs or is overloaded", "Restart"),
        (None, "intake.not_tried", "several canaries in a row", "Restart"),
        (207, "", "answered 207: no", "/errors"),
        (400, "event.invalid", "first example", "EXAMPLE-CANARY"),
        (403, "", "producer key", "service"),
        (404, "", "no such address or stream", "CANARY_INTAKES"),
        (418, "", "answered 418", "example"),
        (429, "", "limit", "Raise"),
        (503, "", "log is away", "Bring the log back"),
        (505, "", "error of its own", "/readyz"),
        (507, "", "spool is full", "room"),
    ],
)
def test_of_intake__each_answer__its_likely_cause_and_remedy(status: int | None, code: str, cause: str, remedy: str) -> None:
    found = of_intake(status, code, "no", URL)

    assert cause in found.text
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("status", "trouble", "cause", "remedy"),
    [
        (201, "connection refused", "log is away: connection refused", "Bring the log back"),
        (202, "", "keeps events on its disk", "spool"),
        (201, "", "another topic or another log", "TOPIC_PREFIX with 'eqiad.'"),
    ],
)
def test_of_topic__each_case__its_likely_cause_and_remedy(status: int, trouble: str, cause: str, remedy: str) -> None:
    found = of_topic(status, "eqiad.x", "eqiad.", trouble)

    assert cause in found.text
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("reading", "cause", "remedy"),
    [
        (Reading(), "reads no partition", "watcher"),
        (Reading(1, "stopped", "x.y", "offset gone."), "stopped: offset gone.", "choose"),
        (Reading(1, "retrying", "x.y", "disk full."), "disk full.", "nothing is lost"),
        (Reading(1, lag_records=9, loses_records=True), "about to delete", "at once"),
        (Reading(1, lag_records=9), "9 records behind", "workers"),
        (Reading(1, lag_records=9, lag_seconds=45.0), "9 records behind", "workers"),
        (Reading(1, lag_records=1, lag_seconds=0.4), "read past the canary", "_canaries"),  # the next one, on its way
        (Reading(1), "read past the canary", "_canaries"),
    ],
)
def test_of_store__each_case__its_likely_cause_and_remedy(reading: Reading, cause: str, remedy: str) -> None:
    found = of_store(reading, "eqiad.x")

    assert cause in found.text
    assert remedy in found.remedy
