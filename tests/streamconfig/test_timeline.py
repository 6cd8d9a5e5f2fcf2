"""What holds at a moment: windows, ramps, late events, switched-off instruments, scheduled changes. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eventplatform.core.streams import Sampling, Stream
from streamconfig.configuration import document as documents
from streamconfig.configuration.applying import applied
from streamconfig.configuration.changes import apply, changes_between
from streamconfig.configuration.document import Document
from streamconfig.configuration.scopes import Scope
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.configuration.timeline import Scheduled, Timeline

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
MORNING = {"days": ["mon"], "start": "09:00", "end": "12:00", "time_zone": "UTC"}


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return MONDAY.replace(hour=hour, minute=minute, second=second)


def read(streams: Mapping[str, Any], **sections: Any) -> Document:
    found = documents.read({"streams": streams, **sections})
    assert found.problems == ()
    return found


def stream(moment: datetime, **entry: Any) -> Stream:
    found = StreamSet(read({"s": entry}), at=moment).find("s")
    assert found is not None
    return found


def shown(streams: StreamSet, name: str = "s") -> Any:
    return streams.select([name])[name].get("sample")


def test_window__closed__has_rate_0_and_keeps_its_unit() -> None:
    document = read(
        {"s": {"sample": {"unit": "pageview", "rate": 0.5, "extra": 1}, "windows": [MORNING]}, "t": {"windows": [MORNING]}}
    )

    closed, opened = StreamSet(document, at=at(8)), StreamSet(document, at=at(9))

    assert shown(closed) == {"unit": "pageview", "rate": 0, "extra": 1}
    assert shown(closed, "t") == {"unit": "session", "rate": 0}
    assert (shown(opened), shown(opened, "t")) == ({"unit": "pageview", "rate": 0.5, "extra": 1}, None)
    assert (closed.valid_until, opened.valid_until) == (at(9), at(12))
    assert [one.streams["s"].is_open for one in (closed, opened)] == [False, True]
    assert closed.streams["s"].sampling == Sampling("pageview", 0.5)  # what holds while it is open


def test_own_keys__never_shown() -> None:
    own = {"windows": [MORNING], "ramp": [], "late_events": {"action": "drop"}, "log": {"partitions": 3}, "is_enabled": False}

    assert shown_keys(stream(at(9), **own)) == {"stream", "sample", "topics"}


def shown_keys(found: Stream) -> set[str]:
    return set(found.settings)


@pytest.mark.parametrize(
    ("late_events", "moments"),
    [
        (None, {at(8): "accept", at(9): "", at(12): "", at(12, 9, 59): "", at(12, 10): "accept"}),
        ({"action": "drop"}, {at(8): "drop", at(11): "", at(12, 9, 59): "", at(12, 10): "drop", at(23): "drop"}),
        ({"action": "flag", "grace_seconds": 0}, {at(11, 59, 59): "", at(12): "flag"}),
        ({"grace_seconds": 3600}, {at(12, 59, 59): "", at(13): "accept"}),
    ],
)
def test_late_events__after_the_grace__as_the_stream_says(late_events: Any, moments: dict[datetime, str]) -> None:
    window = {**MORNING, "from": "2026-11-30T00:00:00Z"}  # nothing was open before
    entry = {"windows": [window], **({"late_events": late_events} if late_events else {})}

    assert {moment: stream(moment, **entry).late for moment in moments} == moments


def test_grace__is_a_boundary_of_its_own() -> None:
    document = read({"s": {"windows": [MORNING]}})

    assert StreamSet(document, at=at(12)).valid_until == at(12, 10)
    assert StreamSet(document, at=at(12, 10)).valid_until == at(9) + timedelta(days=7)


def test_ramp__steps_are_the_rate_and_boundaries() -> None:
    ramp = [{"at": "2026-11-30T09:00:00Z", "rate": 0.5}, {"at": "2026-11-30T10:00:00Z", "rate": 1}]
    document = read({"s": {"sample": {"unit": "device", "rate": 0.1}, "ramp": ramp}, "bare": {"ramp": ramp}})

    sets = [StreamSet(document, at=at(hour)) for hour in (8, 9, 10)]

    assert [shown(one)["rate"] for one in sets] == [0.1, 0.5, 1]
    assert [shown(one, "bare") for one in sets] == [None, {"unit": "session", "rate": 0.5}, {"unit": "session", "rate": 1}]
    assert [one.valid_until for one in sets] == [at(9), at(10), None]
    assert [one.streams["s"].sampling for one in sets] == [Sampling("device", rate) for rate in (0.1, 0.5, 1.0)]


def test_switched_off__is_off_whatever_the_ramp_says() -> None:
    found = stream(at(9), is_enabled=False, ramp=[{"at": "2026-11-30T08:00:00Z", "rate": 0.5}])

    assert (found.is_enabled, found.settings["sample"]["rate"]) == (False, 0)


def test_log__wishes_for_topics() -> None:
    found = stream(at(9), log={"partitions": 3, "retention_hours": 24})

    assert (found.partitions, found.retention_hours) == (3, 24)
    assert (stream(at(9)).partitions, stream(at(9)).retention_hours) == (None, None)


INSTRUMENTS = {
    "on": {"stream": "s"},
    "off": {"stream": "s", "is_enabled": False},
    "of.pattern": {"stream": "/^job\\./", "is_enabled": False},
    "of.one": {"stream": "job.a", "is_enabled": False},
    "nowhere": {"stream": "gone", "is_enabled": False},
}


def test_instruments__switched_off__are_named_by_their_streams_also_below_patterns() -> None:
    streams = StreamSet(read({"s": {}, "/^job\\./": {}}, instruments=INSTRUMENTS), at=at(9))

    found = {name: one.stopped_instruments for name in ("s", "job.a", "job.b") if (one := streams.find(name))}

    assert found == {"s": {"off"}, "job.a": {"of.pattern", "of.one"}, "job.b": {"of.pattern"}}


def test_instrument__window_ramp_and_switch__make_its_sampling() -> None:
    item = {
        "stream": "s", "title": "Clicks", "sample": {"unit": "pageview", "rate": 0.25}, "windows": [MORNING],
        "ramp": [{"at": "2026-11-30T11:00:00Z", "rate": 0.75}], "audience": {"sites": ["enwiki"], "is_logged_in": True},
        "contextual_attributes": ["page_id"],
    }  # fmt: skip
    document = read({"s": {}}, instruments={"clicks": item, "off": {**item, "is_enabled": False}})

    sets = [StreamSet(document, at=at(hour)) for hour in (8, 9, 11, 12)]

    assert [one.instruments["clicks"].sampling for one in sets] == [Sampling("pageview", rate) for rate in (0, 0.25, 0.75, 0)]
    assert {one.instruments["off"].sampling.rate for one in sets} == {0}
    assert [one.valid_until for one in sets[:3]] == [at(9), at(11), at(12)]
    clicks = sets[0].instruments["clicks"]
    assert (clicks.title, clicks.is_open, clicks.audience.sites, clicks.audience.is_logged_in) == (
        "Clicks",
        False,
        ("enwiki",),
        True,
    )
    assert (clicks.contextual_attributes, clicks.audience.platforms, clicks.open_sampling.rate) == (("page_id",), (), 0.25)


def test_earlier__lends_what_did_not_change() -> None:
    document = read({"s": {"windows": [MORNING]}, "t": {}}, instruments={"i": {"stream": "t"}})
    before = StreamSet(document, at=at(8))

    after = StreamSet(document, at=at(9), earlier=before)

    assert (after.configured("t") is before.configured("t"), after.instruments["i"] is before.instruments["i"]) == (True, True)
    assert (before.streams["s"].is_open, after.streams["s"].is_open) == (False, True)


def test_earlier__of_a_later_moment_other_defaults_or_another_switch__lends_nothing_wrong() -> None:
    document = read({"s": {"ramp": [{"at": "2026-11-30T09:00:00Z", "rate": 0.5}]}})
    later = StreamSet(document, at=at(10))
    assert shown(StreamSet(document, at=at(8), earlier=later)) is None

    other = Document({"topic_prefixes": ["a."]}, document.entries)
    assert StreamSet(other, at=at(10), earlier=later).streams["s"].topics == ("a.s",)
    true, one = Document({"x": True}, document.entries), Document({"x": 1}, document.entries)
    assert StreamSet(one, at=at(10), earlier=StreamSet(true, at=at(10))).streams["s"].settings["x"] is not True

    off = Document(document.defaults, document.entries, sections={"instruments": {"i": {"stream": "s", "is_enabled": False}}})
    assert StreamSet(off, at=at(10), earlier=later).streams["s"].stopped_instruments == {"i"}
    assert StreamSet(document, at=at(10), earlier=StreamSet(off, at=at(10))).streams["s"].stopped_instruments == set()


def test_scope__overrides_hold_for_the_site() -> None:
    document = read({"s": {"sample": {"rate": 0.5}}}, overrides={"+enwiki": {"streams": {"s": {"sample": {"rate": 0.1}}}}})

    plain, enwiki = (StreamSet(document, at=at(9), scope=scope) for scope in (None, Scope("enwiki")))

    assert (shown(plain)["rate"], shown(enwiki)["rate"]) == (0.5, 0.1)


def scheduled(moment: datetime, before: Document, after: Document, number: int = 1) -> Scheduled:
    return Scheduled(moment, tuple(changes_between(before.as_json(), after.as_json())), number)


def rate(value: float, name: str = "s", **others: Any) -> Document:
    return read({name: {"sample": {"unit": "session", "rate": value}}, **others})


def test_timeline__scheduled_changes__hold_from_their_moment() -> None:
    first, second, third = rate(1), rate(0.5), rate(0.25)
    timeline = Timeline(first, [scheduled(at(10), second, third, 7), scheduled(at(9), first, second, 9)])

    found = [timeline.document_at(moment) for moment in (at(9) - SECOND, at(9), at(10) - SECOND, at(10))]

    assert found == [first, second, second, third]
    assert timeline.boundaries == (at(9), at(10))
    assert [timeline.next_boundary(moment) for moment in (at(8), at(9), at(10))] == [at(9), at(10), None]
    assert timeline.document_at(at(8)) is first
    assert timeline.document_at(at(9)) is timeline.document_at(at(9))


def test_timeline__conflict__is_left_out_whole_and_told() -> None:
    first = rate(1, t={})
    other = read({"s": {"sample": {"unit": "session", "rate": 0.5}}, "t": {"schema_title": "x"}})
    timeline = Timeline(
        first, [scheduled(at(9), rate(0.9, t={}), other, 3), scheduled(at(10), first, rate(1, t={"topics": ["x"]}), 4)]
    )

    assert timeline.document_at(at(9)) == first  # not even t, which fits
    [skipped] = timeline.conflicts_at(at(9))
    assert (skipped.scheduled.number, [one.place for one in skipped.conflicts]) == (3, ["streams s sample.rate"])
    assert timeline.conflicts_at(at(8)) == ()
    assert timeline.document_at(at(10)).get("t") == read({"t": {"topics": ["x"]}}).get("t")
    assert timeline.conflicts_at(at(10)) == (skipped,)


def test_timeline__change_that_can_not_be_used__is_left_out_and_told() -> None:
    first = rate(1)
    changes = changes_between(first.as_json(), {"streams": {"s": {"sample": {"unit": "session", "rate": 5}}}})
    timeline = Timeline(first, [Scheduled(at(9), tuple(changes), 1)])

    assert timeline.document_at(at(9)) == first
    assert [one.pointer for one in timeline.conflicts_at(at(9))[0].problems] == ["/sample/rate"]


DOCUMENTS: list[dict[str, Any]] = [
    {"defaults": {}, "streams": {"a": {}, "b": {"x": 1}, "c": {"about": {"owner": "o"}}}},
    {
        "defaults": {"d": 1},
        "streams": {"b": {"x": 1}, "c": {"about": {"owner": "p"}}, "new": {}},
        "teams": {"t": {"title": "T"}},
    },
    {"defaults": {}, "streams": {"c": {}, "a": {}, "b": {"x": 2}}, "instruments": {"i": {"stream": "a"}}},
    {"defaults": {}, "streams": {"n": {}, "a": {}, "m": {}, "b": {"x": 1}}},
    {"defaults": {}, "streams": {}},
]


@pytest.mark.parametrize("before", DOCUMENTS)
@pytest.mark.parametrize("after", DOCUMENTS)
def test_applied__reads_only_what_is_touched_and_finds_the_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    document, changes = documents.read(before), changes_between(before, after)

    made, conflicts, problems = applied(document, changes)

    assert (made, conflicts, problems) == (documents.read(apply(before, changes)[0]), (), ())
    assert list(made.as_json()["streams"]) == list(after["streams"])
    untouched = {entry.name: entry for entry in document.entries} if not changes else {}
    assert all(made.get(name) is entry for name, entry in untouched.items())


def test_applied__problems_that_were_there__stay_and_are_not_held_against_it() -> None:
    before = {"streams": {"bad": {"topics": 5}, "s": {}}}

    made, conflicts, problems = applied(
        documents.read(before), changes_between(before, {"streams": {**before["streams"], "s": {"x": 1}}})
    )

    assert ([entry.name for entry in made.entries], conflicts, problems) == (["s"], (), ())
    assert [one.stream for one in made.problems] == ["bad"]


@pytest.mark.slow
def test_boundary__of_one_stream_of_10_000__costs_little() -> None:
    many = {f"s{number}": {"schema_title": f"t/{number}", "sample": {"rate": 0.5}} for number in range(10_000)}
    document = read({**many, "timed": {"windows": [MORNING]}}, defaults={"topic_prefixes": ["a.", "b."]})
    changed = scheduled(at(10), document, read({**many, "timed": {}}, defaults={"topic_prefixes": ["a.", "b."]}))
    timeline, before = Timeline(document, [changed]), StreamSet(document, at=at(8))

    window = least_seconds(lambda: StreamSet(timeline.document_at(at(9)), at=at(9), earlier=before))
    change = least_seconds(lambda: StreamSet(Timeline(document, [changed]).document_at(at(10)), at=at(10), earlier=before))

    assert window < 0.02
    assert change < 0.04


def least_seconds(work: Any) -> float:
    """The least of several tries: the machine is shared."""
    taken = []
    for _ in range(7):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)
