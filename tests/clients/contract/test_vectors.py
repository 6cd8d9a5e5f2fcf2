"""The conformance vectors: their shape, the reference data's agreement, and that each case follows from the contract."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.clients.contract import rendering
from tests.clients.contract.configuring import Asking

VECTORS = settings.BASE_DIR / "clients" / "contract"


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text())
    return found


def _cases(name: str) -> list[Any]:
    return [pytest.param(case, id=f"{name}: {case['why']}") for case in _read(name)["cases"]]


def _reference(name: str) -> dict[str, Any]:
    path = Path(settings.REFERENCE_DATA_DIR) / name
    if not path.exists():
        pytest.skip(f"{name} is not in REFERENCE_DATA_DIR")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def test_vectors__each_file__says_what_it_is_about_and_each_case_why(path: Path) -> None:
    document = json.loads(path.read_text())

    whys = [case["why"] for case in document["cases"]]
    assert document["about"].startswith("Contract §")
    assert all(whys)
    assert len(set(whys)) == len(whys) > 0
    inputs = [
        json.dumps({name: value for name, value in case.items() if name != "why"}, sort_keys=True) for case in document["cases"]
    ]
    assert len(set(inputs)) == len(inputs)
    assert all(case.keys() <= set().union(*map(set, document["cases"])) for case in document["cases"])
    assert path.stem in (VECTORS / "README.md").read_text()


@pytest.mark.parametrize("case", _cases("sampling"))
def test_sampling__vector__follows(case: Any) -> None:
    assert rendering.sampling(case) == case["outcome"]
    if case["outcome"] == "in":
        assert rendering.carried(case) == case["carries"]


@pytest.mark.parametrize("case", _cases("audience"))
def test_audience__vector__follows(case: Any) -> None:
    assert rendering.fits(case) is case["fits"]


@pytest.mark.parametrize("case", _cases("curation"))
def test_curation__vector__follows(case: Any) -> None:
    assert rendering.curation(case["curation"], _read("curation")["context"]) is case["sends"]


@pytest.mark.parametrize("case", _cases("timeline"))
def test_timeline__vector__follows(case: Any) -> None:
    assert rendering.sample_at(case) == case["sample"]


@pytest.mark.parametrize("case", _cases("identifiers"))
def test_identifiers__vector__follows(case: Any) -> None:
    assert rendering.identifier(case) == (case["id"], case["stored_after"])


@pytest.mark.parametrize("case", _cases("assembling"))
def test_assembling__vector__follows(case: Any) -> None:
    assert rendering.assembled(case) == case["sent"]


@pytest.mark.parametrize("case", _cases("answers"))
def test_answers__vector__follows(case: Any) -> None:
    assert rendering.answered(case) == (case["outcomes"], case["wait_seconds"])


@pytest.mark.parametrize("case", _cases("queue"))
def test_queue__vector__follows(case: Any) -> None:
    assert rendering.queued(case) == (case["kept"], case["dropped"])


@pytest.mark.parametrize("case", _cases("configuration"))
def test_configuration__vector__follows(case: Any) -> None:
    asking = Asking()

    for step in case["steps"]:
        assert asking.etag == step["if_none_match"]
        assert asking.take(step["answer"]) == step["again_in"]
        assert (asking.holds or {}).get("revision") == step["holds"]


@pytest.mark.parametrize("case", _cases("populations"))
def test_populations__vector__follows(case: Any) -> None:
    value = rendering.value_of(case["id"])

    is_in = value is not None and case["population"] > 0 and int(case["id"][:8], 16) % case["population"] == 0
    assert is_in is case["in_sample"]


@pytest.mark.parametrize("case", _cases("experiments"))
def test_experiments__vector__follows(case: Any) -> None:
    digest = hashlib.sha256(f"{case['user_id']}{case['experiment']}".encode()).hexdigest()

    scaled = int(digest[:6], 16) / 2**24 * len(case["buckets"])
    assert (int(digest[:6], 16) / 2**24, scaled % 1 < case["rate"]) == (case["hash"], case["sampled"])
    assert case["buckets"][math.floor(scaled)] == case["bucket"]


def test_sampling__reference_data__agrees() -> None:
    reference, everywhere = _reference("sampling_vectors.json"), ("pageview", "session", "device")

    for one in reference["stream_sampling"]:
        ids, sample = dict.fromkeys(everywhere, one["id"]), {"unit": one["unit"], "rate": one["rate"]}
        found = rendering.sampling({"stream": {"sample": sample}, "ids": ids, "consent": True})
        # The reference had no place for a device's identifier, and left all of them out.
        assert (found == "in") is one["in_sample"] or one["unit"] == "device", one
    for one in reference["configs"]:
        stream = None if one["config"] == "__undefined__" else one["config"]
        found = rendering.sampling({"stream": stream, "ids": dict.fromkeys(everywhere, one["id"]), "consent": True})
        assert (found == "in") is one["in_sample"], one


def test_curation__reference_data__agrees() -> None:
    reference = _reference("curation_vectors.json")

    for one in reference["cases"]:
        assert rendering.curation(one["curation"], reference["event"]) is one["should_produce"], one
