"""Who acts: a person with roles and teams, or a program."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamconfig.configuration.authorship import Level
from streamconfig.configuration.policies import SUPERUSER, TEAM

TEAM_PREFIX = TEAM  # a group of this name and a team's key holds the team's people
# Groups are but bundles of permissions: who has the permission is what the group would make of them.
_ROLE_OF: Mapping[str, str] = {
    "approve_change": "approver",
    "wire_stream": "engineer",
    "administer_configuration": "administrator",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks or decides. `roles` are the platform's groups, `teams` keys of teams, `permissions` codenames of this app."""

    name: str
    user: Any = field(default=None, compare=False)  # the account; none for a command
    roles: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    is_superuser: bool = False

    def may(self, permission: str) -> bool:
        """True where the actor has a permission of this app, such as approve_change."""
        return self.is_superuser or permission in self.permissions

    def owns(self, team: str) -> bool:
        """True where the actor is in a team."""
        return team in self.teams

    @property
    def level(self) -> Level:
        """What the actor may ask for."""
        if self.may("administer_configuration"):
            return Level.ADMINISTRATOR
        if self.may("wire_stream"):
            return Level.ENGINEER
        return Level.EDITOR if self.may("change_stream") else Level.VIEWER

    @property
    def counts_as(self) -> frozenset[str]:
        """The groups that an approval of the actor counts for, teams too."""
        implied = {role for permission, role in _ROLE_OF.items() if self.may(permission)}
        teams = {TEAM + team for team in self.teams}
        return frozenset({*self.roles, *implied, *teams, *({SUPERUSER} if self.is_superuser else ())})


def of_user(user: Any) -> Actor:
    """The actor that an account is."""
    groups: Collection[str] = list(user.groups.values_list("name", flat=True)) if user.is_authenticated else []
    prefix = "streamconfig."
    allowed = user.get_all_permissions() if user.is_authenticated else set()
    return Actor(
        name=user.get_username() or "anonymous",
        user=user if user.is_authenticated else None,
        roles=frozenset(name for name in groups if not name.startswith(TEAM_PREFIX)),
        teams=frozenset(name.removeprefix(TEAM_PREFIX) for name in groups if name.startswith(TEAM_PREFIX)),
        permissions=frozenset(one.removeprefix(prefix) for one in allowed if one.startswith(prefix)),
        is_superuser=user.is_superuser,
    )


def of_command(name: str) -> Actor:
    """Who runs a shell command: trusted to propose anything, and to approve nothing."""
    return Actor(name=name, permissions=frozenset({"wire_stream", "administer_configuration", "change_stream", "stop_now"}))
