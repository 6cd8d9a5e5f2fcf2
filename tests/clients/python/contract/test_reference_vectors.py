"""What the reference's own clients decide, case by case."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from django.conf import settings

from eventclient.contract import curation, experiments, sampling
from eventclient.contract.context import Context


@cache
def _reference(name: str) -> Any:
    path = settings.REFERENCE_DATA_DIR / f"{name}_vectors.json"
    if not path.exists():
        pytest.skip("no reference data")
    return json.loads(path.read_text())


def test_sampling__each_case_of_the_reference__as_there() -> None:
    for case in _reference("sampling")["stream_sampling"]:
        sample = sampling.read({"unit": case["unit"], "rate": case["rate"]})

        verdict = sampling.judge(sample, {case["unit"]: case["id"]}, consent=True)

        assert (verdict.reason is None) is case["in_sample"], case
        assert sampling.value_of(case["id"]) == pytest.approx(case["value"], abs=1e-15)


def test_sampling__each_configuration_of_the_reference__as_there() -> None:
    for case in _reference("sampling")["configs"]:
        entry = case["config"]
        ids = dict.fromkeys(sampling.UNITS, case["id"])

        is_in = entry != "__undefined__" and not sampling.judge(sampling.read(entry.get("sample")), ids, consent=True).reason

        assert is_in is case["in_sample"], case


def test_populations__each_case_of_the_reference__as_there() -> None:
    for case in _reference("sampling")["legacy_population"]:
        assert sampling.in_population(case["id"], case["population"]) is case["in_sample"], case


def test_experiments__each_case_of_the_reference__as_there() -> None:
    for case in _reference("sampling")["experiments"]:
        assigned = experiments.assign(case["user_id"], case["experiment"], buckets=case["buckets"], rate=case["rate"])

        assert assigned == (case["bucket"], case["sampled"]), case


def test_curation__each_case_of_the_reference__as_there() -> None:
    vectors = _reference("curation")
    for case in vectors["cases"]:
        assert curation.holds(case["curation"], Context(vectors["event"], {})) is case["should_produce"], case
