from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitoring.canary_troubles import of_producer, troubles
from monitoring.causes import Cause
from monitoring.producer import Producer
from monitoring.stages import Path, Stage

SINCE = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
CAUSE = Cause("Nobody listens.", "Start it.")


def broken(stream: str, name: str, *, prefix: str = "", cause: Cause = CAUSE) -> Path:
    before = [Stage(one, "ok") for one in ("intake", "topic") if name not in {"intake", one}]
    stage = Stage(name, "fail", SINCE, detail="told", link="/connectors/files" if name == "files" else "", cause=cause)
    return Path(stream, "main", (*before, stage), prefix=prefix)


def test_troubles__many_streams_at_one_stage__one_line_with_cause_and_remedy() -> None:
    found = troubles([broken(f"s{number}", "files") for number in range(5)], told=())

    assert [(one.kind, one.subject, one.link) for one in found] == [("canary.store", "files", "/connectors/files")]
    assert found[0].what == "Canary of s0, s1, s2 and 2 more not seen at files"
    assert found[0].why == "Nobody listens. Start it."
    assert found[0].began_at == SINCE


def test_troubles__one_datacenter_of_two__names_it() -> None:
    found = troubles([broken("s", "intake", prefix="eqiad."), Path("s", "main", (Stage("intake", "ok"),), prefix="codfw.")], ())

    assert [(one.kind, one.subject) for one in found] == [("canary.intake", "eqiad.main")]
    assert found[0].what == "Canary of s refused or not sent through eqiad."


def test_troubles__connector_tells_itself_what_ails_it__no_second_line() -> None:
    assert troubles([broken("s", "files")], told={"files"}) == []


def test_troubles__subject__stays_the_same_when_more_streams_break() -> None:
    first, second = troubles([broken("a", "topic")], ()), troubles([broken("a", "topic"), broken("b", "topic")], ())

    assert [one.key for one in first] == [one.key for one in second] == ["canary.topic:topic"]


@pytest.mark.parametrize(("hangs", "why"), [(True, "none ends"), (False, "does not come")])
def test_of_producer__silent__an_alarm_of_its_own(*, hangs: bool, why: str) -> None:
    found = of_producer(Producer(sender_silent_since=SINCE, sender_hangs=hangs))

    assert [(one.kind, one.subject, one.began_at) for one in found] == [("canary.producer", "sender", SINCE)]
    assert why in found[0].why


def test_of_producer__nobody_looks__told_apart() -> None:
    assert [one.subject for one in of_producer(Producer(observer_silent_since=SINCE))] == ["observer"]


def test_troubles__an_intake_hangs__one_line_whatever_its_services() -> None:
    hangs = Cause("It hangs.", "Restart it.", is_whole=True)
    paths = [Path(name, name, (Stage("intake", "fail", cause=hangs),), prefix="eqiad.") for name in ("main", "analytics")]

    assert [(one.kind, one.subject) for one in troubles(paths, told=())] == [("canary.intake", "eqiad.")]
