"""The groups of the platform with what each may do, and a demo user of each with a password made here."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from pathlib import Path

from django.contrib.auth.models import Group, Permission, User

# What each group may do beyond seeing everything: apps whose rows it may add and change, and those it may delete.
GROUPS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "viewer": ((), ()),
    "editor": (("streamconfig",), ()),
    "approver": (("streamconfig",), ()),
    "engineer": (("streamconfig", "registry", "connectors"), ("connectors",)),
    "administrator": (("streamconfig", "registry", "connectors"), ("streamconfig", "registry", "connectors")),
}
# Permissions of their own that groups have: app and codename → groups.
_VERBS: dict[tuple[str, str], tuple[str, ...]] = {
    ("streamconfig", "wire_stream"): ("engineer", "administrator"),  # set what a stream is wired to
    ("streamconfig", "approve_change"): ("approver", "engineer", "administrator"),  # of other people
    ("streamconfig", "stop_now"): ("editor", "approver", "engineer", "administrator"),  # the kill switch
    ("streamconfig", "administer_configuration"): ("administrator",),  # teams, policies, services, sites, webhooks
    ("intake", "operate_producerkey"): ("engineer", "administrator"),  # make, rotate and revoke keys of producers
    ("registry", "approve_draft"): ("approver", "engineer", "administrator"),  # other people's drafts of schemas
    ("registry", "administer_repository"): ("administrator",),  # where schemas come from, and the credentials
    ("monitoring", "replay_rejected"): ("engineer", "administrator"),
    ("monitoring", "delete_rejected"): ("engineer", "administrator"),
    ("monitoring", "handle_alerts"): ("approver", "engineer", "administrator"),  # acknowledge, silence, resolve
    **{("monitoring", f"{verb}_alertsilence"): ("engineer", "administrator") for verb in ("add", "change", "delete")},
    **{
        ("monitoring", f"{verb}_{model}"): ("administrator",)  # who is told, and the secrets for it
        for verb in ("add", "change", "delete")
        for model in ("alertrule", "alertreceiver")
    },
    ("monitoring", "add_savedquery"): ("editor", "approver", "engineer", "administrator"),  # and change their own
    ("monitoring", "change_savedquery"): ("engineer", "administrator"),
    ("monitoring", "delete_savedquery"): ("engineer", "administrator"),
    ("monitoring", "see_personal_data"): ("administrator",),  # others see masks
}
# The teams of the sample that the demo users are in; a group of this name holds a team's people.
_TEAM = "team: "
TEAMS: dict[str, tuple[str, ...]] = {"editor": ("web",), "approver": ("platform",), "engineer": ("platform",)}
_APPS = ("registry", "streamconfig", "intake", "connectors", "processing", "monitoring")


def ensure_groups() -> None:
    """Make the groups and give each its permissions; what an operator added stays."""
    known = Permission.objects.filter(content_type__app_label__in=_APPS).select_related("content_type")
    by_name = {(one.content_type.app_label, one.codename): one for one in known}
    for name, (changes, deletes) in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        rows = [one for (app, codename), one in by_name.items() if _is_of_rows(app, codename, changes, deletes)]
        group.permissions.add(*rows, *(by_name[verb] for verb, names in _VERBS.items() if name in names))
    for team in sorted({team for teams in TEAMS.values() for team in teams}):
        Group.objects.get_or_create(name=_TEAM + team)


def _is_of_rows(app: str, codename: str, changes: Collection[str], deletes: Collection[str]) -> bool:
    """Whether it lets see anything, add or change in some apps, or delete in some."""
    verb = codename.partition("_")[0]
    return verb == "view" or (verb in {"add", "change"} and app in changes) or (verb == "delete" and app in deletes)


def ensure_users(kept: Path) -> dict[str, str]:
    """Make a user of each group; answers the passwords, which are random and kept in the file `kept`.

    Hashing a password is slow by design, so only a new user, or one whose password is not kept, gets one set.
    """
    passwords: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    for name in GROUPS:
        user, is_new = User.objects.get_or_create(username=name, defaults={"is_staff": True, "email": f"{name}@example.org"})
        if is_new or name not in passwords:
            passwords.setdefault(name, secrets.token_urlsafe(12))
            user.set_password(passwords[name])
            user.is_superuser = name == "administrator"
            user.save()
            names = [name, *(_TEAM + team for team in TEAMS.get(name, ()))]
            user.groups.add(*Group.objects.filter(name__in=names))
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(passwords, indent=1))
    return passwords
