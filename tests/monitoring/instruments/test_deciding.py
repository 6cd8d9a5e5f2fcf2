"""The page judges a client as every client judges itself: the contract's own vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitoring.instruments.evidence.deciding import Client, decide, fits

_VECTORS = Path(__file__).resolve().parents[3] / "clients" / "contract"


def cases(name: str) -> list[Any]:
    found = json.loads((_VECTORS / f"{name}.json").read_text())["cases"]
    return [pytest.param(one, id=one["why"]) for one in found]


@pytest.mark.parametrize("case", [one for one in cases("sampling") if not one.values[0].get("forced")])
def test_decide__sampling_vectors__as_every_client(case: dict[str, Any]) -> None:
    is_instrument = "instrument" in case
    holding = case.get("instrument") if is_instrument else case["stream"]
    sample = (holding or {}).get("sample")
    unit = sample.get("unit") if isinstance(sample, dict) else None
    identifier = case["ids"].get(unit, "")

    found = decide(
        case["stream"],
        Client(has_consent=case["consent"], identifier=identifier),
        case.get("instrument"),
        is_instrument=is_instrument,
    )

    assert found.outcome == case["outcome"]


@pytest.mark.parametrize("case", cases("audience"))
def test_fits__audience_vectors__as_every_client(case: dict[str, Any]) -> None:
    client = Client(**{name: case["client"].get(name) for name in ("site", "platform", "is_logged_in")})

    assert fits(case["audience"], client) is case["fits"]


def test_decide__no_identifier_given__says_that_it_depends() -> None:
    found = decide({"sample": {"unit": "session", "rate": 0.2}}, Client())

    assert (found.outcome, found.unit, found.rate) == ("depends", "session", 0.2)


def test_decide__signal_that_the_stream_heeds__privacy_before_all_that_is_made() -> None:
    entry = {"sample": {"unit": "session", "rate": 1}, "heeds": ["gpc"]}

    assert decide(entry, Client(signals=frozenset({"gpc"}), identifier="00")).outcome == "privacy"
    assert decide(entry, Client(signals=frozenset({"dnt"}), identifier="00")).outcome == "in"
