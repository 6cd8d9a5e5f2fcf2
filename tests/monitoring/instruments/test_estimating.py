"""The estimator over simulated populations: never a false alarm, and a wrong client is found with few identifiers."""

from __future__ import annotations

import random

import pytest

from monitoring.instruments.evidence.estimating import LEAST, estimate, value_of


def chances(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311  # no secrets, and the same at each run


def ids(chance: random.Random, number: int, rate: float, *, low: float = 0.0) -> list[str]:
    """Identifiers of clients that are in sample at this rate."""
    found: list[str] = []
    while len(found) < number:
        value = low + (rate - low) * chance.random()
        made = f"{min(int(value * 0xFFFFFFFF), 0xFFFFFFFE):08x}{chance.getrandbits(48):012x}"
        if (value_of(made) or 0.0) < rate:
            found.append(made)
    return found


@pytest.mark.parametrize("rate", [0.001, 0.2, 1.0])
def test_estimate__a_thousand_obedient_populations__no_alarm_and_the_interval_holds(rate: float) -> None:
    chance, held = chances(f"obedient {rate}"), 0

    for _ in range(1000):
        found = estimate(ids(chance, chance.choice((1, 5, 20, 50, 200)), rate), rate)
        assert not found.is_wrong
        assert found.low is not None
        assert found.high is not None
        held += found.low <= rate <= found.high

    assert held >= 930  # 95 % of them, and three standard deviations


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.5])
def test_estimate__twice_the_rate__found_with_200_identifiers(rate: float) -> None:
    chance = chances(f"twice {rate}")

    for _ in range(100):
        found = estimate(ids(chance, 200, 2 * rate), rate)

        assert found.kind == "more"
        assert found.above > 60
        assert found.rate == pytest.approx(2 * rate, rel=0.1)
        assert len(found.above_named) == 5


@pytest.mark.parametrize("rate", [0.01, 0.2, 1.0])
def test_estimate__half_the_rate__found_with_200_identifiers(rate: float) -> None:
    chance = chances(f"half {rate}")

    assert {estimate(ids(chance, 200, rate / 2), rate).kind for _ in range(100)} == {"less"}


def test_estimate__half_of_the_clients_at_half_the_rate__uneven() -> None:
    chance = chances("mixed")

    found = estimate([*ids(chance, 600, 0.1), *ids(chance, 300, 0.2)], 0.2)

    assert found.kind == "uneven"


def test_estimate__too_few__says_so_but_names_who_disobeys() -> None:
    few = ids(chances("few"), LEAST - 1, 0.2)

    assert estimate(few, 0.2).kind == "few"
    assert estimate([*few, "ff000000000000000000"], 0.2).above_named == ("ff000000000000000000",)


def test_estimate__nothing_or_no_digits__none() -> None:
    assert estimate([], 0.2).kind == "none"
    found = estimate(["zz", "•••", ""], 0.2)
    assert (found.kind, found.unreadable) == ("none", 3)


def test_estimate__switched_off__whoever_sends_disobeys() -> None:
    assert estimate(["00000000000000000000"], 0.0).kind == "more"
