from __future__ import annotations

import pytest

from monitoring import canary
from monitoring.canary_words import witness
from monitoring.stages import Path, Stage, State

PATTERN = Path("/^ui/", "", excluded_because="A pattern has no stream of its own.")
OFF = Path("off", "main", excluded_because=canary.NOT_WANTED)


def path(*states: State) -> Path:
    return Path("s", "main", tuple(Stage(name, state) for name, state in zip(("intake", "topic"), states, strict=True)))


def test_witness__all_passed__is_the_only_claim_of_health() -> None:
    assert witness([path("ok", "ok"), OFF]).state == "ok"


@pytest.mark.parametrize(("given", "state"), [(path("ok", "unknown"), "unknown"), (path("fail", "unknown"), "fail")])
def test_witness__not_all_passed__claims_nothing(given: Path, state: State) -> None:
    assert witness([path("ok", "ok"), given]).state == state


def test_witness__switched_off_beside_a_pattern__leads_to_what_switches_them_on() -> None:
    found = witness([PATTERN, OFF])

    assert (found.state, found.link) == ("unknown", "/admin/streamconfig/defaults/")
    assert "switched off in configuration" in found.why


def test_witness__other_reasons__leads_to_them() -> None:
    found = witness([OFF, Path("s", "main", excluded_because="Its schema has no example.")])

    assert (found.state, found.link) == ("unknown", "/overview#canaries")


def test_witness__no_stream__says_so() -> None:
    assert witness([PATTERN]).why == "No stream is configured."
