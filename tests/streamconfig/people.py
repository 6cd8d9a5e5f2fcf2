"""People of each group, for tests of who may do what."""

from __future__ import annotations

from django.contrib.auth.models import Group, User

from monitoring import demo_users
from streamconfig.change_control.actors import TEAM_PREFIX, Actor, of_user


def person(name: str, group: str, *teams: str) -> Actor:
    """Somebody of a platform group and of teams, as the groups are made at start."""
    if not Group.objects.filter(name=group).exists():
        demo_users.ensure_groups()
    user = User.objects.create_user(name, is_staff=True)
    in_teams = (Group.objects.get_or_create(name=TEAM_PREFIX + team)[0] for team in teams)
    user.groups.add(Group.objects.get(name=group), *in_teams)
    return of_user(User.objects.get(pk=user.pk))
