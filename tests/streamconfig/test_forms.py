"""Fields that stand for places in an item: what is shown and written again is what was there, to the letter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.http import QueryDict

from eventplatform import panels
from streamconfig.configuration import document, window_rules
from streamconfig.forms.bindings import tail_of, tail_problems, values_of, written
from streamconfig.forms.instruments import BINDINGS as INSTRUMENT
from streamconfig.forms.items import PolicyForm, ServiceForm
from streamconfig.forms.maps import ConsumerRow
from streamconfig.forms.overrides import OverrideForm
from streamconfig.forms.rows import RowForm, RowsField
from streamconfig.forms.stream import stores_known
from streamconfig.forms.stream_bindings import INHERITED, STREAM
from streamconfig.forms.timing import OnceRow, StepRow, WeeklyRow, aware

WEEKLY = {"days": ["mon", "fri"], "start": "09:00", "end": "17:00", "time_zone": "Europe/Berlin"}
ODD: tuple[dict[str, Any], ...] = (
    {},
    {"sample": {}},
    {"sample": {"unit": "session", "rate": 1, "more": 2}},
    {"sample": {"unit": "session", "rate": 1.0}},
    {"sample": None, "consumers": None, "producers": None, "topics": None, "topic_prefixes": None},
    {"topic_prefixes": [], "topics": []},
    {"topic_prefixes": ["a.", "b."], "message_key_fields": {}},
    {"message_key_fields": {"b": "x.b", "a": "x.a"}, "schema_title": "x", "zeta": {"deep": [1, {"er": None}]}},
    {"consumers": {"a": {}, "b": {"enabled": False, "foo": 1}, "c": {"job_name": "j", "retention_days": 3}, "d": None}},
    {"consumers": {"b": {"foo": 1}}, "producers": {"eventgate": {}, "other": {"enabled": True}}},
    {"producers": {"eventgate": {"enrich_fields_from_http_headers": {"a.b": "x-a", "c": False}, "use_edge_uniques": True}}},
    {"producers": {"eventgate": {"enrich_fields_from_http_headers": {"a.b": None}}}},
    {"producers": {"metrics_platform_client": {"provide_values": ["b", "a", "b"], "events": ["x"]}}},
    {"is_enabled": False, "about": {"owner": "web", "review_on": "2027-01-01", "description": "a\nb"}},
    {"windows": [{"from": "2026-12-01T00:00:00Z"}, WEEKLY, {"until": "2026-12-02T00:00:00+01:00"}]},
    {"windows": [{"from": "2026-12-01T00:00", "time_zone": "Europe/Berlin"}, {"what": "ever"}]},
    {"windows": [{"from": "2026-12-01T00:00:00Z", "until": "2026-12-02T00:00:00+01:00"}], "ramp": [1]},
    {"ramp": [{"at": "2026-12-01T00:00Z", "rate": 0.05}], "late_events": {"action": "drop", "grace_seconds": 0}},
    {"log": {"partitions": 3, "retention_hours": 24}, "canary_events_enabled": False},
    {"intake": {"origins": ["*"], "events_per_second": 5, "when_log_away": "refuse", "privacy": {"ip": "drop"}}},
    {"intake": {"origins": [], "allows_anonymous": False, "events_per_second": 0.5, "privacy": {}, "more": 1}},
    {"intake": {}},
)
ODD_SERVICES: tuple[dict[str, Any], ...] = (
    {"title": "Main", "url": "https://a.org", "profile": "ours", "spooled_status": 201, "duplicate_seconds": 0},
    {"hosts": ["a.org", "b.org"], "origins": ["https://a.org"], "sources": {"b": "x", "a": "y /z/1.0.0"}, "limits": {}},
    {"limits": {"max_events": 10, "key_events_per_second": 2}, "eventgate": {"needs_streams": False, "cors": ""}},
    {"eventgate": {"failing_streams": ["x"], "dt_field": "dt"}, "allows_anonymous": True, "privacy": {"heeds_dnt": False}},
)


def again(item: Mapping[str, Any], bindings: Any = STREAM) -> dict[str, Any]:
    return written(item, values_of(item, bindings), bindings, tail_of(item, bindings))


@pytest.mark.parametrize("item", ODD, ids=range(len(ODD)))
def test_item__shown_and_not_touched__stays_to_the_letter(item: dict[str, Any]) -> None:
    assert json.dumps(again(item)) == json.dumps(item)


@pytest.mark.parametrize("item", ODD_SERVICES, ids=range(len(ODD_SERVICES)))
def test_service__shown_and_not_touched__stays_to_the_letter(item: dict[str, Any]) -> None:
    assert json.dumps(again(item, ServiceForm.bindings)) == json.dumps(item)


def test_production__shown_and_not_touched__stays_to_the_letter() -> None:
    path = settings.REFERENCE_DATA_DIR / "stream-config-production.json"
    if not path.exists():
        pytest.skip("no reference data here")
    found = document.read({"streams": json.loads(path.read_text())["streams"]})

    items = [entry.as_json() for entry in found.entries]

    assert len(items) > 200
    assert [json.dumps(again(item)) for item in items] == [json.dumps(item) for item in items]
    # Nearly all of production has a field of its own; the tail is what nobody's dictionary names.
    assert {key for item in items for key in tail_of(item, STREAM)} <= {
        "stream",
        "producers",
        "consumers",
        "sample",
        "stream_name",
    }


def test_rate__changed__leaves_everything_else() -> None:
    item = {"zeta": 1, "sample": {"more": 2, "rate": 0.5, "unit": "session"}, "schema_title": "x"}

    made = written(item, {**values_of(item, STREAM), "sampling_percent": Decimal(25)}, STREAM, tail_of(item, STREAM))

    assert json.dumps(made) == '{"zeta": 1, "sample": {"more": 2, "rate": 0.25, "unit": "session"}, "schema_title": "x"}'


@pytest.mark.parametrize(
    ("rate", "percent"), [(0.15, "15"), (0.1, "10"), (1, "100"), (0.00015, "0.015"), (0.29, "29"), (0, "0"), (1e-9, "1E-7")]
)
def test_percent__of_a_rate__has_no_digits_that_nobody_wrote(rate: float, percent: str) -> None:
    shown = values_of({"sample": {"unit": "session", "rate": rate}}, STREAM)["sampling_percent"]

    assert shown == Decimal(percent)
    assert str(shown) == percent


def test_tail__says_what_a_field_says__is_named() -> None:
    assert tail_problems({"sample": {"rate": 0.5}, "topics": ["a"], "free": 1}, INHERITED) == ["sample.rate", "topics"]
    assert tail_problems({"sample": None, "topics": None}, INHERITED) == []  # null clears what the defaults say


def posted(field: RowsField, text: str) -> Any:
    return field.widget.value_from_datadict(QueryDict(f"w-rows=1&{text}"), {}, "w")


@pytest.mark.parametrize(
    ("row", "text", "item"),
    [
        (OnceRow, "w-0-begins=2026-12-01T00:00&w-0-time_zone=UTC", {"from": "2026-12-01T00:00:00Z"}),
        (
            OnceRow,
            "w-3-begins=2026-12-01T00:00&w-3-ends=2026-12-02T08:30&w-3-time_zone=Europe/Berlin&w-7-time_zone=UTC",
            {"from": "2026-12-01T00:00", "until": "2026-12-02T08:30", "time_zone": "Europe/Berlin"},
        ),
        (OnceRow, "w-0-ends=2026-12-01T00:00&w-0-time_zone=%2B01:00", {"until": "2026-12-01T00:00:00+01:00"}),
        (WeeklyRow, "w-0-days=mon&w-0-days=fri&w-0-start=09:00&w-0-end=17:00&w-0-time_zone=Europe/Berlin", WEEKLY),
        (
            StepRow,
            "w-0-begins=2026-07-01T00:00&w-0-time_zone=Europe/Berlin&w-0-percent=5",
            {"at": "2026-07-01T00:00:00+02:00", "rate": 0.05},
        ),
        (
            ConsumerRow,
            "w-0-name=lake&w-0-enabled=off&w-0-retention_days=30",
            ("lake", {"enabled": False, "retention_days": 30}),
        ),
    ],
)
def test_rows__posted__mean_and_show_the_same(row: type[RowForm], text: str, item: Any) -> None:
    field = RowsField(row, label="W")

    assert field.clean(posted(field, text)) == [item]
    assert field.clean(field.widget.value_from_datadict(_as_posted(field, item), {}, "w")) == [item]
    if row in (OnceRow, WeeklyRow):
        assert window_rules.problems_of("x", [item]) == []


def _as_posted(field: RowsField, item: Any) -> QueryDict:
    data = QueryDict("w-rows=1", mutable=True)
    for name, value in field.prepare_value([item])[0].items():
        if value not in (None, ""):
            data.setlist(f"w-0-{name}", value if isinstance(value, list) else [str(value)])
    return data


@pytest.mark.parametrize(
    ("row", "text", "told"),
    [
        (OnceRow, "w-0-begins=soon", "Row 1, From: Write a day and a time"),
        (OnceRow, "w-0-begins=2026-12-02T00:00&w-0-ends=2026-12-01T00:00", "Row 1, Until: Let it end after it begins"),
        (OnceRow, "w-0-begins=2026-12-02T00:00&w-0-time_zone=Mars/Base", "There is no time zone Mars/Base"),
        (WeeklyRow, "w-0-days=mon&w-0-start=09:00", "Row 1, End: Say the days"),
        (WeeklyRow, "w-0-days=someday&w-0-start=09:00&w-0-end=10:00", "Row 1, Days"),
        (StepRow, "w-0-begins=2026-12-02T00:00", "Row 1, Percent: A step needs"),
        (StepRow, "w-0-begins=2026-12-02T00:00&w-0-percent=500", "For one of twenty write 5"),
        (ConsumerRow, "w-0-enabled=on", "Row 1, Store: Name the store"),
        (ConsumerRow, "w-0-name=a&w-0-batch_rows=0", "Row 1, Rows a batch"),
    ],
)
def test_rows__wrong__are_told_by_row_and_column(row: type[RowForm], text: str, told: str) -> None:
    field = RowsField(row, label="W")

    with pytest.raises(Exception, match=r".") as caught:  # a ValidationError, whose text is a list
        field.clean(posted(field, text))

    assert told in str(caught.value)


def test_rows__not_sent__are_told_from_none() -> None:
    field = RowsField(OnceRow, label="W")

    assert field.widget.value_omitted_from_data(QueryDict("x=1"), {}, "w")
    assert field.clean(posted(field, "")) == []


@pytest.mark.parametrize(
    "item",
    [
        {"streams": {"a": {"sample": {"rate": 0.5}}, "b": {"x": [1]}}, "defaults": {"y": None}, "reason": "why"},
        {"streams": {"a": {}}},
        {"streams": {}},
    ],
)
def test_override__shown_and_not_touched__stays_to_the_letter(item: dict[str, Any]) -> None:
    assert again(item, OverrideForm.bindings) == item


def test_instrument_and_policy__shown_and_not_touched__stay_to_the_letter() -> None:
    instrument = {
        "stream": "s",
        "is_enabled": True,
        "audience": {"sites": ["a"], "is_logged_in": False},
        "contextual_attributes": ["b"],
    }
    policy = {"effects": ["*"], "approvals": 0, "rate_factor": 2, "waives": False, "by": []}

    assert again(instrument, INSTRUMENT) == instrument
    assert again(policy, PolicyForm.bindings) == policy


def test_stores_known__store_of_a_connector_named_by_the_defaults__one_row_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [
        panels.Downstream(name, "postgres", target, is_enabled=True, retention_days=None, link="")
        for name, target in (("postgres-main", "warehouse"), ("search-clicks", "search"))
    ]
    monkeypatch.setitem(panels._functions, "connectors.names", lambda: places)
    held = document.read({"defaults": {"consumers": {"warehouse": {"enabled": True}, "archive": {"enabled": True}}}})

    assert stores_known(held) == ["warehouse", "archive", "search-clicks"]


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("2027-03-28T02:30", "2027-03-28T03:00:00+02:00"),  # leapt over: as windows have it, the first moment after it
        ("2026-10-25T02:30", "2026-10-25T02:30:00+02:00"),  # twice there: the first
        ("2026-12-01T00:00", "2026-12-01T00:00:00+01:00"),
    ],
)
def test_aware__clock_that_is_changed__as_windows_read_it(local: str, moment: str) -> None:
    assert aware(local, "Europe/Berlin").isoformat() == moment
