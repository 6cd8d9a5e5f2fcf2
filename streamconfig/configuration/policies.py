"""Policies: which effects of a change want how many approvals, and of whom.

A policy names effects (`*`: all), and may hold only for changes from some sources, in some environments, or of a rate that
rises by more than a factor. Those that match all count, each by itself. A policy that `waives` lifts what the others want of
the effects that it names; nothing waives a change of the policies or teams themselves. An effect that no policy names wants
one approval, so that a forgotten one opens nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from streamconfig.configuration.effects import Effect

ALL = "*"
ANY_APPROVER = ("approver", "engineer", "administrator")
SUPERUSER = "superuser"  # counts as everybody
TEAM = "team: "
NEVER_WAIVED = frozenset({"policies", "teams"})


@dataclass(frozen=True, slots=True)
class Policy:
    """When a change needs which approvals. Empty `sources` or `environments`: in all of them."""

    key: str
    title: str
    effects: frozenset[str]
    sources: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    rate_factor: float | None = None  # only above so many times as much
    approvals: int = 1
    by: tuple[str, ...] = ANY_APPROVER  # groups; `team: web` is a team's people
    outside_team: bool = False  # one of them at least is in none of the owning teams
    waives: bool = False

    def holds(self, source: str, environment: str) -> bool:
        """True where it is to be asked at all."""
        return (not self.sources or source in self.sources) and (not self.environments or environment in self.environments)

    def concerns(self, effect: Effect) -> bool:
        """True where the effect is one of its."""
        is_named = ALL in self.effects or effect.code in self.effects
        is_waived_never = self.waives and effect.code in NEVER_WAIVED
        is_above = self.rate_factor is None or (effect.factor is not None and effect.factor > self.rate_factor)
        return is_named and is_above and not is_waived_never


@dataclass(frozen=True, slots=True)
class Given:
    """Somebody's approval: the account, its name, and the groups it counts for."""

    user: int
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one policy wants of a request, why, and what of it was given."""

    policy: str
    title: str
    approvals: int = 1
    by: tuple[str, ...] = ANY_APPROVER
    is_outside_team: bool = False
    effects: tuple[Effect, ...] = ()
    given_by: tuple[str, ...] = ()
    has_outsider: bool = False

    @property
    def missing(self) -> int:
        """How many are still to come."""
        lacks_outsider = self.is_outside_team and self.approvals > 0 and not self.has_outsider
        return max(self.approvals - len(self.given_by), int(lacks_outsider), 0)

    @property
    def owners(self) -> frozenset[str]:
        """The teams that own what the change touches."""
        return frozenset(one.owner for one in self.effects if one.owner)

    def counts(self, roles: Collection[str]) -> bool:
        """True where an approval of somebody with these groups helps; behind the last one, only an outsider may be missing."""
        if SUPERUSER not in roles and not any(name in roles for name in self.by):
            return False
        return len(self.given_by) < self.approvals or (self.missing > 0 and self.is_outsider(roles))

    def is_outsider(self, roles: Collection[str]) -> bool:
        """True for who is in none of the teams that own what is changed."""
        return not any(TEAM + owner in roles for owner in self.owners)

    def with_given(self, given: Iterable[Given]) -> Requirement:
        """The same with the approvals that count for it; a person counts once."""
        persons = {one.user: one for one in given if SUPERUSER in one.roles or any(name in one.roles for name in self.by)}
        has_outsider = any(self.is_outsider(one.roles) for one in persons.values())
        return replace(self, given_by=tuple(one.name for one in persons.values()), has_outsider=has_outsider)


OTHERWISE = Policy("otherwise", "Whatever no policy names", frozenset({ALL}))

# In force while the document has none.
DEFAULTS: tuple[Policy, ...] = (
    Policy("words", "Descriptions, purposes and contacts", frozenset({"about"}), waives=True),
    Policy("every-change", "Every change", frozenset({ALL})),
    Policy(
        "more-data",
        "More than twice as much data, in production",
        frozenset({"rate_up", "new_instrument"}),
        environments=frozenset({"production"}),
        rate_factor=2,
        approvals=2,
        outside_team=True,
    ),
    Policy(
        "personal-data",
        "Headers, sensitivity and privacy",
        frozenset({"headers", "sensitivity", "privacy"}),
        by=("engineer", "administrator"),
    ),
    Policy(
        "platform",
        "What holds for everybody: defaults, services, sites, teams, policies",
        frozenset({"defaults", "services", "sites", "teams", "policies"}),
        by=("engineer", "administrator"),
    ),
)


def read(items: Mapping[str, Mapping[str, Any]]) -> tuple[Policy, ...]:
    """The policies of a document's section; the defaults where there are none."""
    return tuple(_policy(key, item) for key, item in items.items()) or DEFAULTS


def _policy(key: str, item: Mapping[str, Any]) -> Policy:
    return Policy(
        key,
        item.get("title") or key,
        frozenset(item.get("effects") or ()),
        frozenset(item.get("sources") or ()),
        frozenset(item.get("environments") or ()),
        item.get("rate_factor"),
        1 if item.get("approvals") is None else item["approvals"],
        tuple(item.get("by") or ANY_APPROVER),
        bool(item.get("outside_team")),
        bool(item.get("waives")),
    )


def required(effects: Iterable[Effect], policies: Collection[Policy], source: str, environment: str) -> tuple[Requirement, ...]:
    """What the policies want of a change with these effects; what it was given is not in it yet."""
    asked = [one for one in policies if one.holds(source, environment)]
    wanted: dict[str, tuple[Policy, list[Effect]]] = {}
    for effect in effects:
        if any(one.waives and one.concerns(effect) for one in asked):
            continue
        found = [one for one in asked if not one.waives and one.concerns(effect)]
        if not any(one.approvals for one in found) and effect.code in NEVER_WAIVED:
            found = []  # a policy of no approvals can't open the policies either
        for policy in found or [OTHERWISE]:
            wanted.setdefault(policy.key, (policy, []))[1].append(effect)
    return tuple(
        Requirement(one.key, one.title, one.approvals, one.by, one.outside_team, tuple(why)) for one, why in wanted.values()
    )
