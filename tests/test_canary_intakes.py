from __future__ import annotations

import pytest

from eventplatform.canary_intakes import CanaryIntake, read
from eventplatform.env import BadEnvironmentError


def test_read__nothing_named__the_platforms_own_intake() -> None:
    assert read([], prefix="eqiad.", url="http://intake/") == (CanaryIntake("eqiad.", "", "http://intake"),)


def test_read__prefixes_and_services__each_its_own() -> None:
    found = read(["eqiad.=http://a", "codfw. = http://b/", "eqiad./logging=https://c/logging"], prefix="", url="http://x")

    assert found == (
        CanaryIntake("eqiad.", "", "http://a"),
        CanaryIntake("codfw.", "", "http://b"),
        CanaryIntake("eqiad.", "logging", "https://c/logging"),
    )


@pytest.mark.parametrize("word", ["eqiad.", "eqiad.=intake:8001", "=ftp://a", "eqiad.=http://"])
def test_read__no_address__refused_with_an_example(word: str) -> None:
    with pytest.raises(BadEnvironmentError, match="CANARY_INTAKES"):
        read([word], prefix="", url="http://x")


def test_read__a_place_twice__refused() -> None:
    with pytest.raises(BadEnvironmentError, match="twice"):
        read(["a.=http://a", "a.=http://b"], prefix="", url="http://x")
