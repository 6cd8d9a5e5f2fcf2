"""good(), bad(), reset(): what a client's test learns of the events that it marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from eventplatform.broker.base import LogUnavailableError
from intake.trying import inquiries
from tests.intake.trying.trials import TakesKeys, Trial, event


@pytest.fixture
def trial() -> Iterator[Trial]:
    made = Trial()
    yield made
    made.close()


def counts(told: dict[str, Any]) -> tuple[int, int, int]:
    return told["total"], told["good"], told["bad"]


def test_debug__good_bad_reset__as_a_test_uses_them(trial: Trial) -> None:
    trial.post(event(), event(test=7))

    assert counts(trial.told("all")) == (2, 1, 1)
    [good], [bad] = trial.told("good")["events"], trial.told("bad")["events"]
    assert (good["result"], good["stream"], good["index"]) == ("accepted", "test.event", 0)
    assert good["received"] == event()
    assert set(good["written"]["meta"]) == {"stream", "id", "dt", "request_id"}
    assert (bad["code"], bad["pointer"], bad["index"], bad["written"]) == ("event.invalid", "/test", 1, None)
    assert bad["doc"] == "https://p.example/errors/event.invalid"
    assert bad["received"] == event(test=7)

    answer = trial.ask("POST", "/v1/_debug/me/reset")
    assert (answer.status_code, answer.json()["total"]) == (200, 0)
    assert counts(trial.told("all")) == (0, 0, 0)


def test_debug__events__in_the_order_of_their_coming(trial: Trial) -> None:
    for word in ("one", "two", "three"):
        trial.post(event(test=word))

    assert [one["received"]["test"] for one in trial.told()["events"]] == ["one", "two", "three"]


def test_debug__another_id_or_none__not_among_them(trial: Trial) -> None:
    trial.post(event(), debug_id="somebody-else")
    trial.post(event(), debug_id="")
    trial.post(event(), debug_id="not an id!")

    assert counts(trial.told()) == (0, 0, 0)
    assert counts(trial.told(debug_id="somebody-else")) == (1, 1, 0)


def test_debug__beacon__names_its_id_in_the_address(trial: Trial) -> None:
    trial.post(event(), path="/v1/events?debug_id=beacon&hasty=true", debug_id="")

    assert trial.told(debug_id="beacon")["events"][0]["result"] == "hasty"


def test_debug__body_that_is_no_events__told_with_its_text(trial: Trial) -> None:
    trial.ask("POST", "/v1/events", b'{"meta": ', x_debug_id="me")

    [bad] = trial.told("bad")["events"]
    assert (bad["index"], bad["received"], bad["code"]) == (None, '{"meta": ', "json.invalid")


def test_debug__stream_unknown__told_though_nobody_configured_it(trial: Trial) -> None:
    trial.post(event(meta={"stream": "nowhere"}))

    assert trial.told("bad")["events"][0]["code"] == "stream.unknown"


def test_debug__log_away__failed_is_bad(trial: Trial) -> None:
    trial.producer.error = LogUnavailableError(reason="gone")

    trial.post(event())

    [bad] = trial.told("bad")["events"]
    assert (bad["result"], bad["written"]) == ("failed", None)


def test_debug__personal_data__cleaned_before_and_after(trial: Trial) -> None:
    trial.post(event(anything={"client_ip": "192.0.2.77", "password": "hunter2"}), event(test=7, password="hunter2"))

    text = str(trial.told())
    assert "hunter2" not in str([one["received"] for one in trial.told()["events"]])
    assert "192.0.2.0" in text


def test_debug__large_event__cut_and_says_so(trial: Trial) -> None:
    trial.post(event(test="x" * 20_000))

    [one] = trial.told()["events"]
    assert one["is_cut"]
    assert len(one["received"]) == len(one["written"]) == 8192


def test_wait__events_there_at_once__answers_at_once(trial: Trial) -> None:
    trial.post(event())

    assert counts(trial.told("good", query="?wait=1&seconds=20")) == (1, 1, 0)


def test_wait__nothing_comes__answers_when_the_time_is_up(trial: Trial) -> None:
    assert counts(trial.told("good", query="?wait=3&seconds=0")) == (0, 0, 0)


def test_wait__too_many_at_once__503(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiries, "_MOST_WAITING", 0)

    answer = trial.ask("GET", "/v1/_debug/me/good?wait=1")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "debug.busy", "2")


def test_too_many__of_one_id__skipped_and_counted(trial: Trial) -> None:
    trial.post(*[event() for _ in range(150)])
    trial.post(*[event() for _ in range(150)])

    told = trial.told()
    assert told["total"] == 100  # as many as are kept
    trial.ask("POST", "/v1/_debug/me/reset")
    assert trial.told()["total"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/_debug/a%20b/good", 400),
        ("GET", "/v1/_debug//good", 400),
        ("GET", f"/v1/_debug/{'x' * 65}/good", 400),
        ("GET", "/v1/_debug/me/nothing", 404),
        ("GET", "/v1/_debug/me/reset", 404),
        ("POST", "/v1/_debug/me/good", 404),
        ("GET", "/v1/_debug/me/all?wait=x&seconds=-1", 200),
        ("GET", "/main/v1/_debug/me/all", 200),
    ],
)
def test_address__hostile_or_wrong__refused(trial: Trial, method: str, path: str, status: int) -> None:
    assert trial.ask(method, path).status_code == status


def test_off__nothing_is_noted_and_questions_are_told_so() -> None:
    trial = Trial(openness="off")
    trial.post(event())

    answer = trial.ask("GET", "/v1/_debug/me/all")

    assert (answer.status_code, answer.json()["code"]) == (404, "debug.off")
    assert trial.noting.notes("id:me") == []
    trial.close()


def test_keys__only_whoever_shows_one__is_noted_and_answered() -> None:
    trial = Trial(openness="keys", guard=TakesKeys())
    trial.post(event(), x_producer_key="wrong")
    trial.post(event(), x_producer_key="ours")

    answer = trial.ask("GET", "/v1/_debug/me/all", x_producer_key="wrong")
    assert (answer.status_code, answer.json()["code"]) == (401, "debug.needs_key")
    assert trial.told(x_producer_key="ours")["total"] == 1
    assert trial.told(x_producer_key="theirs")["total"] == 0  # the same id, but another's
    trial.close()


def test_page_of_another_origin__may_send_the_header(trial: Trial) -> None:
    answer = trial.ask("OPTIONS", "/v1/events", origin="https://app.example", access_control_request_headers="x-debug-id")

    assert "x-debug-id" in answer.headers["access-control-allow-headers"]


def test_row_32_tenant_leak__two_keys_with_the_same_id__neither_reads_nor_forgets_the_others() -> None:
    trial = Trial(openness="keys", guard=TakesKeys())
    trial.post(event(test="of ours"), event(test=7), x_producer_key="ours")
    trial.ask("POST", "/v1/events", b'{"of ours": ', x_debug_id="me", x_producer_key="ours")

    for kind in ("good", "bad", "all"):
        assert trial.told(kind, x_producer_key="theirs")["events"] == []
        for spelling in ("me", "ours:me", "ours%3Ame", "../ours:me", "*"):
            said = trial.ask("GET", f"/v1/_debug/{spelling}/{kind}", x_producer_key="theirs").text
            assert "of ours" not in said
    trial.ask("POST", "/v1/_debug/me/reset", x_producer_key="theirs")

    assert counts(trial.told("all", x_producer_key="ours")) == (3, 1, 2)
    trial.close()
