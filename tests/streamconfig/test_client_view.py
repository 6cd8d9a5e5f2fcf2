"""The configuration as clients read it: samples in time, fields, audiences, intakes; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streamconfig.configuration import client_fields
from streamconfig.configuration.changes import changes_between
from streamconfig.configuration.client_samples import MAX_CHANGES, Future, State, sample_of_instrument, sample_of_stream
from streamconfig.configuration.client_view import Asked, ClientView, Fields
from streamconfig.configuration.document import read
from streamconfig.configuration.scopes import scoped
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.configuration.timeline import Scheduled, Timeline

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday
WEEK = NOW + timedelta(days=7)
HALF = {"unit": "session", "rate": 0.5}
OFF = {"unit": "session", "rate": 0}


def _fields_of(title: str, attributes: tuple[str, ...], *, is_of_stream: bool) -> Fields:
    return Fields(f"/{title}/1.0.0", [*attributes, *(["dt"] if is_of_stream else [])], {})


def answer(
    document: Mapping[str, Any],
    *,
    scheduled: Sequence[Scheduled] = (),
    asked: Asked | None = None,
    until: datetime = WEEK,
) -> dict[str, Any]:
    timeline = Timeline(read(document), scheduled)
    states = [State.of(at, scoped(timeline.document_at(at), None, "")) for at in (NOW, *timeline.boundaries)]
    view = ClientView(
        found=StreamSet(timeline.document_at(NOW), at=NOW),
        future=Future(states, until),
        fields_of=_fields_of,
        intake_url="http://intake.example",
    )
    return view.answer(asked or Asked())


def stream(**settings: Any) -> dict[str, Any]:
    return {"schema_title": "ui/click", "destination_event_service": "main", **settings}


def told(document: Mapping[str, Any], **given: Any) -> tuple[Any, list[Any]]:
    """The sample of the stream `a` now, and what is told of its future."""
    one = answer(document, **given)["streams"]["a"]
    return one["sample"], [(step["at"], step["sample"]) for step in one["changes"]]


@pytest.mark.parametrize(
    ("settings", "now", "changes"),
    [
        ({}, None, []),
        ({"sample": {}}, None, []),
        ({"sample": HALF}, HALF, []),
        ({"sample": {"rate": 0.5}}, HALF, []),
        ({"sample": HALF, "is_enabled": False}, OFF, []),
        ({"is_enabled": False}, OFF, []),
        ({"windows": [{"until": "2026-11-27T00:00:00Z"}]}, None, [("2026-11-27T00:00:00.000Z", OFF)]),
        (
            {"sample": HALF, "windows": [{"from": "2026-11-27T00:00:00Z", "until": "2026-11-28T00:00:00Z"}]},
            OFF,
            [("2026-11-27T00:00:00.000Z", HALF), ("2026-11-28T00:00:00.000Z", OFF)],
        ),
        ({"windows": [{"until": "2026-01-01T00:00:00Z"}]}, OFF, []),
        (
            {"ramp": [{"at": "2026-11-01T00:00:00Z", "rate": 0.5}, {"at": "2026-11-30T00:00:00Z", "rate": 1}]},
            HALF,
            [("2026-11-30T00:00:00.000Z", {"unit": "session", "rate": 1})],
        ),
        ({"ramp": [{"at": "2026-12-24T00:00:00Z", "rate": 0.5}]}, None, []),  # beyond the horizon
    ],
)
def test_stream__timed__sample_now_and_what_comes(settings: dict[str, Any], now: Any, changes: list[Any]) -> None:
    assert told({"streams": {"a": stream(**settings)}}) == (now, changes)


def test_stream__weekly_window__told_as_single_moments() -> None:
    weekly = {"days": ["fri", "mon"], "start": "09:00", "end": "17:00", "time_zone": "Europe/Berlin"}

    now, changes = told({"streams": {"a": stream(sample=HALF, windows=[weekly])}})

    assert now == OFF
    assert changes == [
        ("2026-11-27T08:00:00.000Z", HALF),
        ("2026-11-27T16:00:00.000Z", OFF),
        ("2026-11-30T08:00:00.000Z", HALF),
        ("2026-11-30T16:00:00.000Z", OFF),
    ]


def test_stream__many_steps__as_many_as_the_contract_allows() -> None:
    steps = [{"at": f"2026-11-27T00:{minute:02}:00Z", "rate": minute / 100} for minute in range(50)]

    _, changes = told({"streams": {"a": stream(ramp=steps)}})

    assert len(changes) == MAX_CHANGES
    assert changes[-1] == ("2026-11-27T00:31:00.000Z", {"unit": "session", "rate": 0.31})


def scheduled(at: str, old: Any, new: Any, *, name: str = "a", section: str = "streams") -> Scheduled:
    before, after = ({section: {} if item is None else {name: item}} for item in (old, new))
    return Scheduled(datetime.fromisoformat(at), tuple(changes_between(before, after)), 1)


def test_stream__change_scheduled__told_at_its_moment() -> None:
    before, after = stream(sample=HALF), stream(sample={"unit": "session", "rate": 0.25})

    now, changes = told({"streams": {"a": before}}, scheduled=[scheduled("2026-11-27T00:00:00Z", before, after)])

    assert now == HALF
    assert changes == [("2026-11-27T00:00:00.000Z", {"unit": "session", "rate": 0.25})]


def test_stream__change_scheduled_of_its_window__windows_before_and_after() -> None:
    before = stream(windows=[{"until": "2026-11-27T06:00:00Z"}])
    after = stream(windows=[{"until": "2026-11-28T00:00:00Z"}])

    _, changes = told({"streams": {"a": before}}, scheduled=[scheduled("2026-11-27T12:00:00Z", before, after)])

    assert changes == [
        ("2026-11-27T06:00:00.000Z", OFF),
        ("2026-11-27T12:00:00.000Z", None),
        ("2026-11-28T00:00:00.000Z", OFF),
    ]


def test_stream__removal_scheduled__off_from_then_on() -> None:
    before = stream(sample=HALF)

    _, changes = told({"streams": {"a": before}}, scheduled=[scheduled("2026-11-27T00:00:00Z", before, None)])

    assert changes == [("2026-11-27T00:00:00.000Z", OFF)]


def test_stream__schedule_of_another__nothing_told() -> None:
    before, after = stream(), stream(sample=HALF)

    document = {"streams": {"a": stream(), "b": before}}

    assert told(document, scheduled=[scheduled("2026-11-27T00:00:00Z", before, after, name="b")]) == (None, [])


TIMINGS: list[dict[str, Any]] = [
    {},
    {"is_enabled": False},
    {"windows": [{"from": "2026-11-27T00:00:00Z", "until": "2026-11-29T00:00:00Z"}, {"from": "2026-11-28T00:00:00Z"}]},
    {"windows": [{"days": ["thu", "fri", "sun"], "start": "22:00", "end": "02:00", "time_zone": "Asia/Tokyo"}]},
    {
        "windows": [
            {"days": ["mon"], "start": "00:00", "end": "24:00", "time_zone": "UTC"},
            {"days": ["tue"], "start": "00:00", "end": "08:00", "time_zone": "UTC"},
        ]
    },
    {"ramp": [{"at": "2026-11-20T00:00:00Z", "rate": 0.1}, {"at": "2026-11-28T00:00:00Z", "rate": 0.4}]},
    {"windows": [{"until": "2026-11-29T00:00:00Z"}], "ramp": [{"at": "2026-11-28T00:00:00Z", "rate": 0}]},
]


@pytest.mark.parametrize("before", range(len(TIMINGS)))
@pytest.mark.parametrize("after", range(len(TIMINGS)))
def test_future__told_to_clients__what_will_hold(before: int, after: int) -> None:
    sample = {"unit": "device", "rate": 0.3} if before % 2 else None
    one, two = ({**stream(**TIMINGS[number]), **({"sample": sample} if sample else {})} for number in (before, after))
    on = {"stream": "a", "sample": {"unit": "session", "rate": 0.9}, **TIMINGS[after]}
    document = {"streams": {"a": one}, "instruments": {"i": on}}
    timeline = Timeline(read(document), [scheduled("2026-11-28T12:00:00Z", one, two)] if one != two else [])

    found = answer(document, scheduled=timeline.scheduled)

    for hours in range(0, 7 * 24, 4):
        at = NOW + timedelta(hours=hours, seconds=1)
        then = StreamSet(timeline.document_at(at), at=at)
        stopped = {"unit": "session", "rate": 0}
        of_stream = sample_of_stream(then.streams["a"])
        of_instrument = sample_of_instrument(then.instruments["i"])
        told = [at_moment(found["streams"]["a"], at), at_moment(found["instruments"]["i"], at)]
        assert told == [of_stream, stopped if of_stream and of_stream["rate"] == 0 else of_instrument], at


def at_moment(entry: dict[str, Any], at: datetime) -> Any:
    due = [step["sample"] for step in entry["changes"] if datetime.fromisoformat(step["at"]) <= at]
    return due[-1] if due else entry["sample"]


def instrument_of(document: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer(document, **given)["instruments"]["i"]
    return found


@pytest.mark.parametrize(
    ("of_stream", "of_instrument", "now", "changes"),
    [
        ({}, {}, {"unit": "session", "rate": 1.0}, []),
        ({"sample": HALF}, {"sample": {"unit": "device", "rate": 0.9}}, {"unit": "device", "rate": 0.9}, []),
        ({"sample": HALF}, {"is_enabled": False, "sample": HALF}, OFF, []),
        ({"is_enabled": False}, {"sample": HALF}, OFF, []),
        ({"sample": {"unit": "session", "rate": 0}}, {"sample": HALF}, OFF, []),
        (
            {"windows": [{"until": "2026-11-28T00:00:00Z"}]},
            {"sample": HALF, "windows": [{"from": "2026-11-27T00:00:00Z", "until": "2026-11-29T00:00:00Z"}]},
            OFF,
            [("2026-11-27T00:00:00.000Z", HALF), ("2026-11-28T00:00:00.000Z", OFF)],
        ),
        (
            {"windows": [{"from": "2026-11-27T00:00:00Z"}]},
            {"sample": HALF, "ramp": [{"at": "2026-11-28T00:00:00Z", "rate": 1}]},
            OFF,
            [("2026-11-27T00:00:00.000Z", HALF), ("2026-11-28T00:00:00.000Z", {"unit": "session", "rate": 1})],
        ),
    ],
)
def test_instrument__sample_in_place_of_its_streams__but_not_while_that_is_off(
    of_stream: dict[str, Any], of_instrument: dict[str, Any], now: Any, changes: list[Any]
) -> None:
    one = instrument_of({"streams": {"a": stream(**of_stream)}, "instruments": {"i": {"stream": "a", **of_instrument}}})

    assert one["sample"] == now
    assert [(step["at"], step["sample"]) for step in one["changes"]] == changes


def test_instrument__change_scheduled__told_at_its_moment() -> None:
    before, after = {"stream": "a", "sample": HALF}, {"stream": "a", "sample": HALF, "is_enabled": False}
    document = {"streams": {"a": stream()}, "instruments": {"i": before}}

    one = instrument_of(document, scheduled=[scheduled("2026-11-27T00:00:00Z", before, after, name="i", section="instruments")])

    assert one["changes"] == [{"at": "2026-11-27T00:00:00.000Z", "sample": OFF}]


def test_instrument__audience_of_tags__names_of_sites() -> None:
    audience = {"sites": ["large"], "except_sites": ["dewiki"], "platforms": ["web"], "is_logged_in": True}
    document = {
        "streams": {"a": stream()},
        "sites": {"enwiki": {"tags": ["large"]}, "dewiki": {"tags": ["large"]}, "frwiki": {}},
        "instruments": {"i": {"stream": "a", "audience": audience, "contextual_attributes": ["page_id"]}},
    }

    one = instrument_of(document)

    assert one["audience"] == {**audience, "sites": ["large", "enwiki", "dewiki"], "platforms": ("web",)}
    assert one["fields"] == ["page_id"]


@pytest.mark.parametrize(
    ("item", "address"),
    [
        ({}, "http://intake.example/main/v1/events"),
        ({"url": "https://in.example.org"}, "https://in.example.org/v1/events"),
        ({"url": "https://in.example.org/"}, "https://in.example.org/v1/events"),
        ({"url": "https://in.example.org/e/v1/events"}, "https://in.example.org/e/v1/events"),
    ],
)
def test_intakes__service__its_own_address_or_the_platforms(item: dict[str, Any], address: str) -> None:
    document = {"streams": {"a": stream()}, "services": {"main": item, "other": {}}}

    assert answer(document)["intakes"] == {"main": address}


def test_intakes__stream_without_service__the_one_for_all() -> None:
    assert answer({"streams": {"a": {"schema_title": "x"}}})["intakes"] == {"": "http://intake.example/v1/events"}


@pytest.mark.parametrize(
    ("own", "general", "heeds"),
    [
        ({}, {}, []),
        ({}, {"heeds_gpc": True}, ["gpc"]),
        ({"heeds_gpc": False}, {"heeds_gpc": True}, []),
        ({"heeds_dnt": True}, {"heeds_gpc": True}, ["gpc", "dnt"]),
    ],
)
def test_heeds__stream_and_service__the_streams_own_rule_first(own: Any, general: Any, heeds: list[str]) -> None:
    document = {"streams": {"a": stream(intake={"privacy": own})}, "services": {"main": {"privacy": general}}}

    assert answer(document)["streams"]["a"]["heeds"] == heeds


def test_wikimedias_rules__provided_values_and_curation__in_the_entry() -> None:
    rules = {
        "provide_values": ["page_id", "performer_name"],
        "curation": {"page_id": {"is_equals": 3, "less_than": 5}, "performer_groups": {"contains": "user"}},
    }

    one = answer({"streams": {"a": stream(producers={"metrics_platform_client": rules})}})["streams"]["a"]

    assert one["fields"] == ["page_id", "performer_name", "dt"]
    assert one["curation"] == {"page_id": {"equals": 3, "less_than": 5}, "performer_groups": {"contains": "user"}}


EVERYTHING = {
    "streams": {"a": stream(), "b": stream(), "/^job\\..+/": stream()},
    "instruments": {"i": {"stream": "a"}, "j": {"stream": "b"}, "lost": {"stream": "nowhere"}},
}


@pytest.mark.parametrize(
    ("asked", "streams", "instruments"),
    [
        (Asked(), ["a", "b"], ["i", "j", "lost"]),
        (Asked(streams=["b"]), ["b"], ["j"]),
        (Asked(streams=["b", "nowhere", "b"]), ["b"], ["j", "lost"]),
        (Asked(instruments=["i"]), ["a"], ["i"]),
        (Asked(streams=["b"], instruments=["i", "never"]), ["b", "a"], ["i"]),
        (Asked(streams=["job.one"]), ["job.one"], []),
        (Asked(streams=[]), [], []),
        (Asked(instruments=["lost"]), [], ["lost"]),
    ],
)
def test_asked__names__these_and_what_belongs_to_them(asked: Asked, streams: list[str], instruments: list[str]) -> None:
    found = answer(EVERYTHING, asked=asked)

    assert (list(found["streams"]), list(found["instruments"])) == (streams, instruments)


def text(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def of(**properties: Any) -> dict[str, Any]:
    required = properties.pop("required", [])
    return {"type": "object", "properties": properties, "required": required}


SCHEMA = of(
    meta=of(id=text(), stream=text(), domain=text(), required=["stream"]),
    dt=text(format="date-time"),
    sample=of(
        unit=text(enum=["pageview", "session", "device", "forced"]), rate={"type": "number"}, revision={"type": "integer"}
    ),
    page=of(id={"type": "integer"}, namespace_id={"type": "integer"}),
    page_title=text(),
    performer=of(edit_count_bucket=text(), session_id=text(pattern="^[0-9a-f]{20}$"), pageview_id=text(pattern="^[A-Z]+$")),
    action=of(name=text()),
    browser=of(session_id=text(), page_path=text(), tab=text(), required=["tab"]),
    agent=of(client_platform=text(enum=["mediawiki_js"]), app=of(version=text())),
    funnel_event_sequence_position={"type": ["integer", "null"]},
    instrument_name={},
)


def test_fields__schema__those_that_it_has_and_takes() -> None:
    assert client_fields.fields_of(SCHEMA) == [
        "meta.id",
        "meta.domain",
        "dt",
        "instrument_name",
        "sample.unit",
        "sample.rate",
        "sample.revision",
        "funnel_event_sequence_position",
        "performer.session_id",
    ]


def test_fields__object_that_asks_for_what_nobody_fills__left_alone_where_it_may_be_absent() -> None:
    needed = {**SCHEMA, "required": ["browser"]}

    assert "browser.page_path" not in client_fields.fields_of(SCHEMA)
    assert "browser.page_path" in client_fields.fields_of(needed)


@pytest.mark.parametrize(
    ("attribute", "path"),
    [
        ("page_id", "page.id"),
        ("page_namespace_id", "page.namespace_id"),
        ("page.id", "page.id"),
        ("page_title", "page_title"),
        ("performer_edit_count_bucket", "performer.edit_count_bucket"),
        ("agent_app_version", "agent.app.version"),
        ("dt", "dt"),
        ("page_revision_id", None),
        ("mediawiki_skin", None),
        ("", None),
        ("_", None),
        ("page.", None),
    ],
)
def test_attribute__schema__its_path_there(attribute: str, path: str | None) -> None:
    assert client_fields.path_of(SCHEMA, attribute) == path


@pytest.mark.parametrize(
    "schema", [{}, {"properties": None}, {"properties": {"dt": True}}, {"properties": {"meta": {"properties": []}}}]
)
def test_fields__schema_without_them__none(schema: dict[str, Any]) -> None:
    assert client_fields.fields_of(schema, ["page_id"]) == []
