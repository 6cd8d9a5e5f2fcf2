"""How many approvals, and whose, the policies want of a change."""

from __future__ import annotations

import math
from typing import Any

import pytest

from streamconfig.configuration import policies
from streamconfig.configuration.effects import Effect
from streamconfig.configuration.policies import DEFAULTS, Given, Requirement, required


def effect(code: str, factor: float | None = None, owner: str = "web") -> Effect:
    return Effect(code, "streams", "ui.click", "", factor, owner=owner)


def asked(
    *effects: Effect, held: Any = DEFAULTS, source: str = "admin", environment: str = "production"
) -> dict[str, Requirement]:
    return {one.policy: one for one in required(effects, held, source, environment)}


def given(name: str, *roles: str) -> Given:
    return Given(hash(name), name, frozenset(roles))


def read(**items: Any) -> tuple[policies.Policy, ...]:
    return policies.read(items)


def test_defaults__words_alone__want_nothing() -> None:
    assert asked(effect("about")) == {}


def test_defaults__words_beside_something_else__waive_only_themselves() -> None:
    found = asked(effect("about"), effect("window"))

    assert {name: [one.code for one in wanted.effects] for name, wanted in found.items()} == {"every-change": ["window"]}


@pytest.mark.parametrize(
    ("factor", "environment", "expected"),
    [(2.0, "production", 1), (2.1, "production", 2), (math.inf, "production", 2), (9.0, "development", 1), (9.0, "staging", 1)],
)
def test_defaults__rate_up__wants_two_above_the_factor_in_production(factor: float, environment: str, expected: int) -> None:
    found = asked(effect("rate_up", factor), environment=environment)

    assert max(one.approvals for one in found.values()) == expected
    assert ("more-data" in found) == (expected == 2)


def test_defaults__new_instrument_in_production__counts_as_more_from_nothing() -> None:
    assert "more-data" in asked(effect("new_instrument", math.inf))


@pytest.mark.parametrize("code", ["headers", "sensitivity", "defaults", "services", "sites", "teams", "policies"])
def test_defaults__what_touches_everybody_or_people__wants_an_engineer_or_administrator(code: str) -> None:
    found = asked(effect(code))
    narrow = [one for one in found.values() if one.by == ("engineer", "administrator")]

    assert len(narrow) == 1
    assert narrow[0].with_given([given("ann", "approver")]).missing == 1
    assert narrow[0].with_given([given("eng", "engineer")]).missing == 0


def test_requirement__a_person_twice__counts_once() -> None:
    wanted = Requirement("two", "Two", approvals=2)

    assert wanted.with_given([given("ann", "approver"), given("ann", "approver")]).missing == 1
    assert wanted.with_given([given("ann", "approver"), given("ben", "engineer")]).missing == 0


def test_requirement__one_person__counts_for_each_policy() -> None:
    found = asked(effect("headers"))
    approvals = [given("eng", "engineer")]

    assert set(found) == {"every-change", "personal-data"}
    assert not any(one.with_given(approvals).missing for one in found.values())


def test_outside_team__two_of_the_team__still_want_one_from_outside() -> None:
    wanted = asked(effect("rate_up", 5.0))["more-data"]
    inside = wanted.with_given([given("ann", "approver", "team: web"), given("ben", "approver", "team: web")])

    assert inside.missing == 1
    assert not inside.counts({"approver", "team: web"})
    assert inside.counts({"approver", "team: platform"})
    assert wanted.with_given([given("ann", "approver", "team: web"), given("cat", "approver")]).missing == 0


def test_outside_team__items_of_two_teams__outsider_is_in_neither() -> None:
    wanted = asked(effect("rate_up", 5.0), effect("rate_up", 6.0, owner="search"))["more-data"]

    assert not wanted.is_outsider({"team: search"})
    assert wanted.is_outsider({"team: platform"})


def test_by__a_team__counts_its_people() -> None:
    held = read(privacy={"effects": ["headers"], "by": ["team: privacy"]})
    wanted = asked(effect("headers"), held=held)["privacy"]

    assert wanted.with_given([given("ann", "administrator")]).missing == 1
    assert wanted.with_given([given("pia", "viewer", "team: privacy")]).missing == 0


def test_superuser__counts_for_every_group() -> None:
    assert Requirement("privacy", "", by=("team: privacy",)).with_given([given("root", "superuser")]).missing == 0


def test_own_policies__effect_that_none_names__wants_one_all_the_same() -> None:
    held = read(rates={"effects": ["rate_up"], "approvals": 2})

    assert {name: one.approvals for name, one in asked(effect("window"), held=held).items()} == {"otherwise": 1}


def test_waives__by_source__lifts_it_for_that_source_alone() -> None:
    held = read(git={"effects": ["*"], "sources": ["git"], "waives": True}, all={"effects": ["*"], "approvals": 2})

    assert asked(effect("schema"), held=held, source="git") == {}
    assert asked(effect("schema"), held=held, source="api")["all"].missing == 2


@pytest.mark.parametrize("code", ["policies", "teams"])
@pytest.mark.parametrize("item", [{"effects": ["*"], "waives": True}, {"effects": ["*"], "approvals": 0}])
def test_waives__policies_and_teams__are_never_free(code: str, item: dict[str, Any]) -> None:
    held = read(free=item)

    assert sum(one.missing for one in asked(effect(code), held=held).values()) == 1


def test_approvals__none__are_none() -> None:
    held = read(free={"effects": ["rate_down"], "approvals": 0})

    assert not any(one.missing for one in asked(effect("rate_down"), held=held).values())


def test_environments__another__does_not_hold() -> None:
    held = read(two={"effects": ["*"], "approvals": 2, "environments": ["production"]})

    assert set(asked(effect("window"), held=held, environment="staging")) == {"otherwise"}
