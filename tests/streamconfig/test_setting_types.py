"""What each setting may hold, and what the free rest may."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest

from streamconfig.configuration import json_values
from streamconfig.configuration.setting_types import problems_of


def nested(setting: str, value: Any) -> dict[str, Any]:
    for key in reversed(setting.split("/")):
        value = {key: value}
    return dict(value)


@pytest.mark.parametrize(
    ("setting", "fine", "wrong"),
    [
        ("schema_title", "page/change", 1),
        ("stream", "page.change", []),
        ("topic_prefixes", ["eqiad."], "eqiad."),
        ("canary_events_enabled", False, "yes"),
        ("message_key_fields", {"page_id": "page.page_id"}, {"page_id": 1}),
        ("sample/unit", "device", "user"),
        ("sample/rate", 0.1, 1.5),
        ("producers/eventgate/enrich_fields_from_http_headers", {"a.b": "x-c", "d": False}, {"a.b": True}),
        ("producers/eventgate/use_edge_uniques", True, 1),
        ("producers/mediawiki_eventbus/event_service_name", "main", ""),
        ("producers/mediawiki_eventbus/enabled", False, "no"),
        ("producers/metrics_platform_client/provide_values", ["page_id"], "page_id"),
        ("producers/metrics_platform_client/events", ["ui."], ["ui.", 1]),
        ("producers/metrics_platform_client/curation", {"page_id": {"equals": 1}}, "x"),
        ("producers/metrics_platform_client/stream_name", "a.b", 5),
        ("producers/test_kitchen/is_test_kitchen_stream", True, "true"),
        ("stream_aliases", ["recentchange"], "recentchange"),
        ("stream_out", {"access": "public"}, "public"),
        ("stream_out/access", "token", "everybody"),
        ("stream_out/teams", ["web"], "web"),
        ("stream_out/privacy", {"ip": "truncate", "*": "drop"}, {"shoe_size": "drop"}),
        ("consumers/analytics_hadoop_ingestion/job_name", "event_default", 0),
        ("consumers/analytics_hive_ingestion/spark_job_ingestion_scale", "large", "huge"),
        ("consumers/warehouse/retention_days", 90, 0),
        ("consumers/warehouse/ttl_seconds", 3600, 1.5),
        ("consumers/warehouse/batch_rows", 1000, True),
        ("consumers/warehouse/records_per_second", 0.5, "5"),
        ("consumers/warehouse/mode", "upsert", "upsrt"),
        ("consumers/warehouse/key", ["/page/page_id"], "/page/page_id"),
        ("consumers/warehouse/key", ["/page/page_id"], ["page.page_id"]),
        ("consumers/warehouse/columns", "freeze", "freze"),
        ("consumers/warehouse/types", "discard_row", "discard"),
        ("consumers/warehouse/privacy", {"name": "hash", "*": "as_marked"}, {"name": "dorp"}),
        ("consumers/warehouse/privacy", {}, {"nmae": "drop"}),
    ],
)
def test_setting__right_and_wrong__is_judged_by_its_place(setting: str, fine: Any, wrong: Any) -> None:
    assert problems_of("s", nested(setting, fine)) == []
    assert problems_of("s", nested(setting, None)) == []  # null clears
    (problem,) = problems_of("s", nested(setting, wrong))

    assert (problem.code, problem.pointer.split("/")[1]) == ("setting.bad_value", setting.partition("/")[0])
    assert problem.remedy


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (math.nan, "setting.not_json"),
        (math.inf, "setting.not_json"),
        (2**64, "setting.not_json"),
        (-(2**63) - 1, "setting.not_json"),
        ("\ud800", "setting.not_json"),
        (date(2026, 1, 1), "setting.not_json"),
        ({1: "a"}, "setting.bad_key"),
        ("x" * 70_000, "setting.too_large"),
        ([0] * 70_000, "setting.too_large"),
    ],
)
def test_free_setting__no_json__is_refused_at_its_place(value: Any, code: str) -> None:
    (problem,) = problems_of("s", {"free": {"held": value}})

    assert problem.code == code
    assert problem.pointer in {"/free/held", ""}


def test_free_setting__any_json__is_kept() -> None:
    assert problems_of("s", {"free": [{"a": [1, 2.5, None, True, "é", 2**64 - 1]}]}) == []


def test_free_setting__bottomless__is_told_once_without_falling_in() -> None:
    deep: Any = "end"
    for _ in range(5000):
        deep = [deep]

    (problem,) = problems_of("s", {"free": deep})

    assert (problem.code, problem.pointer) == ("setting.too_deep", "/free/0")


def test_free_setting__two_flaws__are_both_told() -> None:
    codes = [one.code for one in json_values.flaws_of({"a": math.nan, "b": {2: 3}})]

    assert codes == ["setting.not_json", "setting.bad_key"]
