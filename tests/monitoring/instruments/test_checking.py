"""What the check finds of clients that obey, that don't, and of none."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.instruments import lookups
from monitoring.instruments.checking import Check
from monitoring.instruments.evidence.deciding import Client
from tests import configuring
from tests.monitoring.instruments.conftest import KEY, SCHEMA, STREAM, World

pytestmark = pytest.mark.slow


def codes(found: Check) -> list[str]:
    return [one.code for one in found.verdict.findings]


def test_check__clients_that_obey__live_and_correct(world: World) -> None:
    world.clicks(60)

    found = world.check()

    assert found.verdict.headline == "Live and correct"
    assert (found.verdict.is_live, found.verdict.is_correct, found.facts.tally.events) == (True, True, 60)
    assert [one.estimate.kind for one in found.facts.judged] == ["as_intended"]
    assert found.facts.judged[0].sample == ("session", 0.2)
    assert found.decision(Client()).outcome == "depends"
    assert found.decision(Client()).rate == 0.2
    assert sum(found.facts.tally.by_minute) == 60


def test_check__no_event__says_how_to_send_one(world: World) -> None:
    world.send({**world.click(), "instrument_name": "another"})

    found = world.check()

    assert codes(found) == ["nothing"]
    assert found.verdict.next.to == "force"
    assert (found.verdict.is_live, found.facts.tally.others) == (False, 1)


def test_check__unknown_instrument__make_it(world: World) -> None:
    found = world.check("nobody")

    assert (codes(found), found.verdict.state, found.verdict.next.to) == (["unconfigured"], "fail", "make")


def test_check__switched_off__says_so_and_what_to_do(world: World) -> None:
    world.clicks(1)
    world.configure(is_enabled=False)

    found = world.check()

    assert codes(found)[0] == "off"
    assert "It is switched off." in found.verdict.next.words
    assert not found.verdict.is_live
    assert found.decision(Client()).outcome == "closed"


def test_check__outside_of_its_window__names_when_it_opens(world: World) -> None:
    begin = datetime.now(UTC) + timedelta(days=1)
    world.configure(windows=[{"from": begin.isoformat(timespec="seconds")}])

    found = world.check()

    assert codes(found)[0] == "off"
    assert begin.strftime("%Y-%m-%dT%H") in found.verdict.next.step


def test_check__all_refused__rule_and_how_to_mend(world: World) -> None:
    world.refuse()
    world.refuse()
    world.refuse(world.click(instrument_name="another"))
    world.refuse(b"no json")

    found = world.check()

    assert found.verdict.headline == "Every event is refused"
    assert found.verdict.next.step == "Send small letters."
    assert (found.facts.refusals.number, found.facts.refusals.unnamed) == (2, 1)
    assert found.facts.refusals.groups[0].example["button_name"] == "Save!"


def test_check__client_that_does_not_sample__named_by_version_and_revision(world: World) -> None:
    world.clicks(30)
    world.clicks(5, browser={"session_id": "f0" * 10}, **{"$schema": "/ui/button_click/1.1.0"})

    found = world.check()

    assert codes(found)[0] == "rate_more"
    assert found.verdict.headline == "Live, but not correct: clients send that are not in sample"
    assert f"/ui/button_click/1.1.0 of revision {world.revision}" in found.verdict.next.words
    assert found.facts.judged[0].estimate.above == 1  # of distinct ones


def test_check__events_that_were_forced__are_no_evidence(world: World) -> None:
    forced = {"unit": "forced", "rate": 1, "revision": world.revision}
    world.clicks(3, sample=forced, browser={"session_id": "f0" * 10})

    found = world.check()

    assert found.facts.tally.forced == 3
    assert found.facts.judged == []
    assert found.verdict.is_correct


def test_check__rate_just_changed__events_of_before_are_not_judged_by_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_STEP", timedelta(milliseconds=1))
    world.send(*(world.click(browser={"session_id": f"{value:08x}" * 2}) for value in range(0, 0x33333333, 0x1000000)))
    world.configure(sample={"unit": "session", "rate": 0.1})

    found = world.check()

    assert "rate_more" not in codes(found)
    assert found.facts.tally.settling > 0
    assert "settling" in codes(found)


def test_check__another_rate_stated__warns(world: World) -> None:
    world.clicks(25, sample={"unit": "session", "rate": 0.5, "revision": 1})

    found = world.check()

    assert codes(found)[0] == "stated"
    assert "session 0.5" in found.verdict.next.words
    assert found.facts.tally.revisions["1"] == 25


def test_check__contextual_attribute_never_filled__first_of_the_fields(world: World) -> None:
    world.configure(contextual_attributes=["browser_language"])
    world.clicks(25)

    found = world.check()

    assert codes(found)[0] == "attributes_empty"
    assert "browser.language" in found.verdict.next.words
    assert next(iter(found.facts.fields)) == ("browser", "language")


@pytest.mark.parametrize(("field", "value"), [("button_name", "save"), ("position", "header")])
def test_check__always_alike__only_optional_fields_are_told(world: World, field: str, value: str) -> None:
    world.clicks(25, **{field: value})

    told = world.check().facts.fields

    assert (("button_name",) in told, len(told["position",].values)) == (False, 1 if field == "position" else 2)


@pytest.mark.parametrize(("number", "is_correct"), [(1, True), (20, False)])
def test_check__events_without_the_identifier_of_the_sample__told_and_wrong_where_many(
    world: World, number: int, *, is_correct: bool
) -> None:
    world.clicks(40)
    world.clicks(number, browser={"page_path": "/a"})

    found = world.check()

    assert "rate_unidentified" in codes(found)
    assert (found.verdict.state == "ok") is is_correct


def test_check__identifiers_that_are_none__said_instead_of_missing(world: World) -> None:
    world.clicks(1, browser={"session_id": "not-hexadecimal"})

    few = next(one for one in world.check().verdict.findings if one.code == "rate_few")

    assert few.words == "None of 1 identifiers of the session begins with hexadecimal digits."


def test_check__clock_and_duplicates__told(world: World) -> None:
    late = datetime.now(UTC) - timedelta(hours=1)
    one = world.click(dt=late.isoformat(timespec="milliseconds"))
    world.send(one, one, one)

    found = world.check()

    assert found.facts.tally.repeated == 2
    assert found.facts.clock
    assert found.facts.clock[0] == pytest.approx(3600, abs=30)
    assert "clock" in codes(found)
    assert any("say in dt a time 59 min or more before" in one.words for one in found.verdict.findings)


def test_check__identifiers_hashed_at_the_door__said_and_not_judged(world: World) -> None:
    configuring.configure({"services": {"analytics-external": {"title": "x", "privacy": {"clears_at_door": True}}}})
    world.clicks(25, browser={"session_id": "f" * 32})

    found = world.check()

    assert "rate_hidden" in codes(found)
    assert found.verdict.is_correct


def test_check__stream__its_own_rate_by_site_and_its_instruments_apart(world: World) -> None:
    plain = world.click()
    del plain["instrument_name"], plain["sample"]
    elsewhere = {**plain, "meta": {**plain["meta"], "domain": "de.example.org"}}
    world.send(plain, elsewhere, world.click())

    found = world.check("")

    assert {one.sample for one in found.facts.judged} == {("session", 0.1), ("session", 0.5)}
    assert found.facts.tally.of_instruments == {KEY: 1}
    assert found.facts.tally.events == 3


@pytest.mark.parametrize(
    ("client", "outcome"),
    [
        (Client(identifier="00000000"), "in"),
        (Client(identifier="ffffffff"), "unsampled"),
        (Client(has_consent=False), "consent"),
        (Client(signals=frozenset({"gpc"})), "privacy"),
    ],
)
def test_check__client_described__decided_as_the_contract_says(world: World, client: Client, outcome: str) -> None:
    assert world.check().decision(client).outcome == outcome


def test_check__log_away__says_that_nobody_knows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from eventplatform.broker.base import LogUnavailableError

    def away(*_: Any, **__: Any) -> None:
        raise LogUnavailableError(reason="gone")

    monkeypatch.setattr("monitoring.realtime.reading.read", away)

    found = world.check()

    assert (found.verdict.state, codes(found)) == ("unknown", ["log_away"])


def test_check__many_events__bounded_and_says_what_was_looked_at(world: World) -> None:
    value = b'{"instrument_name":"another"}'
    world.send(*([value] * 60_000), seconds_ago=30)
    world.clicks(3)

    begun = time.process_time()
    found = world.check()

    assert time.process_time() - begun < 1
    assert found.facts.looked.records <= 10_000
    assert found.facts.looked.left_out >= 50_000
    assert found.facts.tally.events == 3


def test_check__hostile_records__counted_and_survived(world: World) -> None:
    odd: list[Any] = [
        b"\xff", b"[]", b"null", b'"text"', f'"{KEY}'.encode(), f'["{KEY}"]'.encode(),
        {"instrument_name": KEY},
        {"instrument_name": KEY, "meta": [], "sample": [], "browser": "x", "dt": 7, "$schema": {}},
        {"instrument_name": KEY, "meta": {"id": [], "domain": 7}, "sample": {"rate": "x", "unit": [], "revision": True}},
        {"instrument_name": [KEY]},
        {**world.click(), "sample": {"unit": "session", "rate": 1e300}},
        {**world.click(), "browser": {"session_id": ["x"]}, "dt": "9999-99-99"},
    ]  # fmt: skip
    world.send(*odd)

    found = world.check()

    assert found.facts.tally.events == 5
    assert found.facts.tally.unreadable == 2


def test_constants__of_the_sample__exist(world: World) -> None:
    assert world.check().facts.version == SCHEMA
    assert world.check().facts.subject.stream == STREAM
