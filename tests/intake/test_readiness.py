"""An intake is ready for as long as it can promise events: with the log away, the spool away, or both, as real processes."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.postgres.schema import install
from eventplatform.embedded.postgres import Postgres
from intake.readiness import LogProbe, obstacle
from tests.intake.serving import serving
from tests.intake.test_life import EVENT, client, wait_for

pytest_plugins = ["tests.intake.test_life"]


def away() -> str:
    return "nobody answers"


def never_asked() -> str:
    raise AssertionError


@pytest.mark.parametrize("state", ["empty", "spooling", "draining", "nearly full"])
def test_obstacle__spool_that_takes_records__there_is_none(state: str) -> None:
    assert obstacle(has_configuration=True, spool={"state": state}, log_trouble=never_asked) == ""


def test_obstacle__log_of_this_process__there_is_none() -> None:
    assert obstacle(has_configuration=True, spool=None, log_trouble=never_asked) == ""


def test_obstacle__no_configuration__is_told() -> None:
    assert "configuration" in obstacle(has_configuration=False, spool={"state": "empty"}, log_trouble=never_asked)


def test_obstacle__spool_full__is_told() -> None:
    assert "spool is full" in obstacle(has_configuration=True, spool={"state": "full"}, log_trouble=never_asked)


def test_obstacle__spool_unusable__depends_on_the_log() -> None:
    spool = {"state": "unusable"}

    assert obstacle(has_configuration=True, spool=spool, log_trouble=lambda: "") == ""
    assert "nobody answers" in obstacle(has_configuration=True, spool=spool, log_trouble=away)


def test_probe__log_goes_and_comes__each_known_after_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    now, is_away, asked = [0.0], [True], threading.Semaphore(0)

    def ask() -> None:
        asked.release()
        if is_away[0]:
            raise LogUnavailableError(reason="cut")

    probe = LogProbe(ask, clock=lambda: now[0])

    assert probe.trouble() == ""
    wait_for(probe.trouble, seconds=5)
    is_away[0] = False
    assert "cut" in probe.trouble()
    now[0] = 10.0
    wait_for(lambda: not probe.trouble(), seconds=5)
    assert [asked.acquire(blocking=False) for _ in range(3)] == [True, True, False]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_probe__asking_breaks__is_no_answer() -> None:
    def ask() -> None:
        raise ValueError

    probe = LogProbe(ask, clock=lambda: 0.0)  # it asks once

    probe.trouble()
    wait_for(probe.trouble, seconds=5)
    for thread in threading.enumerate():
        if thread.name == "log-probe":
            thread.join()  # what it raises is told at its end, and not in another test
    assert "nobody foresaw" in probe.trouble()


@pytest.mark.slow
def test_intake__log_away_and_spool_unusable__not_ready_and_says_why_until_the_log_is_back(
    configured: dict[str, str], own_postgres: Postgres
) -> None:
    own_postgres.start()
    own_postgres.ensure_database("log")
    install(own_postgres.url("log"))
    environment = {**configured, "EVENT_LOG_URL": own_postgres.url("log"), "SPOOL_DIR": "/dev/null/spool"}

    with serving("eventplatform.asgi:application", "asgi", environment) as port, client(port) as intake:

        def ready() -> tuple[int, dict[str, Any]]:
            answer = intake.get("/readyz")
            return answer.status_code, answer.json()

        assert ready()[0] == 200
        own_postgres.stop()
        wait_for(lambda: ready()[0] == 503, seconds=20)
        status, told = ready()
        refused = intake.post("/v1/events", json=EVENT)
        own_postgres.start()
        wait_for(lambda: ready()[0] == 200, seconds=20)

    assert (status, told["status"]) == (503, "unavailable")
    assert "spool can't be used, and the event log does not answer" in told["reason"]
    assert refused.status_code == 503


@pytest.mark.slow
def test_both_roles__log_away__stay_ready_and_say_so(configured: dict[str, str], tmp_path: Any) -> None:
    """T373192: readiness that went red with Kafka took every instance out at once."""
    environment = {**configured, "EVENT_LOG_URL": "kafka://127.0.0.1:9", "SPOOL_DIR": str(tmp_path / "spool")}
    environment["INTAKE_ACK_TIMEOUT_SECONDS"] = "1"

    with (
        serving("eventplatform.asgi:application", "asgi", environment) as intake_port,
        serving("eventplatform.wsgi:application", "wsgi", environment) as web_port,
        client(intake_port) as intake,
        client(web_port) as web,
    ):
        answer = intake.post("/v1/events", json=EVENT)
        readies = intake.get("/readyz"), web.get("/readyz")

    assert answer.status_code == 202
    assert [one.status_code for one in readies] == [200, 200]
    assert readies[0].json()["spool"]["state"] == "spooling"
    assert readies[0].json()["log"].startswith("away")
