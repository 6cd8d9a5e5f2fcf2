"""Who hears of a request: its author, who may approve it, the owning teams, and who had a say in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q, QuerySet

from streamconfig import lookups
from streamconfig.change_control import approvals
from streamconfig.change_control.actors import TEAM_PREFIX
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.models import ChangeRequest, MailChoice
from streamconfig.notifying.kinds import Kind

log = logging.getLogger(__name__)


def addresses(request: ChangeRequest, kind: Kind, *, except_name: str) -> set[str]:
    """The e-mail addresses that hear a kind of message about a request; who did it himself needn't be told."""
    people = User.objects.none()
    for role in kind.roles:
        people = people | _PEOPLE[role](request)
    found = addresses_of(people.exclude(username=except_name), kind)
    return found | team_addresses(owners(request)) if "team" in kind.roles else found


def addresses_of(people: QuerySet[User], kind: Kind) -> set[str]:
    """The addresses of active people who have one and want to hear that kind."""
    wanted = people.filter(is_active=True).exclude(email="").distinct()
    muted = set(MailChoice.objects.filter(muted__contains=kind.key).values_list("user_id", flat=True))
    return {user.email for user in wanted if user.pk not in muted}


def team_addresses(teams: Collection[str]) -> set[str]:
    """The addresses that teams have as such; an owner that is no team may be an address itself."""
    kept: Mapping[str, Mapping[str, object]] = lookups.current_document().section("teams") if teams else {}
    return set(_usable((team, str(kept.get(team, {}).get("email") or (team if "@" in team else ""))) for team in teams))


def members(teams: Iterable[str]) -> QuerySet[User]:
    """The people of teams."""
    return User.objects.filter(groups__name__in=[TEAM_PREFIX + team for team in teams])


def owners(request: ChangeRequest) -> set[str]:
    """The teams that answer for what a request touches, now or once it is applied."""
    document = lookups.current_document()
    found: set[str] = set()
    for change in request.changes:
        found.add(_owner_now(document, change.section, change.name))
        for one in change.fields:
            if one.keys[-1:] == ("owner",):
                found |= {side for side in (one.was, one.becomes) if isinstance(side, str)}
            elif one.keys == ("about",) and isinstance(one.becomes, Mapping):
                found.add(str(one.becomes.get("owner") or ""))
    return found - {""}


def _owner_now(document: Document, section: str, name: str) -> str:
    if section == STREAMS:
        entry = document.get(name)
        return entry.about.owner if entry else ""
    item = document.section(section).get(name, {})
    stream = item.get("stream") if section == "instruments" else None
    return str(item.get("owner") or (_owner_now(document, STREAMS, stream) if isinstance(stream, str) else ""))


def _author(request: ChangeRequest) -> QuerySet[User]:
    return User.objects.filter(pk=request.author_id or 0)


def _approvers(request: ChangeRequest) -> QuerySet[User]:
    """Who may give an approval that is missing; not who asked for it."""
    groups = {group for one in approvals.requirements(request) if one.missing for group in one.by}
    return User.objects.filter(groups__name__in=groups).exclude(pk=request.author_id or 0)


def _team(request: ChangeRequest) -> QuerySet[User]:
    return members(owners(request))


def _participants(request: ChangeRequest) -> QuerySet[User]:
    """Who decided or said something."""
    decided, said = request.verdicts.values("user_id"), request.comments.values("user_id")
    return User.objects.filter(Q(pk__in=decided) | Q(pk__in=said))


_PEOPLE: Mapping[str, Callable[[ChangeRequest], QuerySet[User]]] = {
    "author": _author,
    "approvers": _approvers,
    "team": _team,
    "participants": _participants,
}


def _usable(found: Iterable[tuple[str, str]]) -> Iterable[str]:
    for team, address in found:
        try:
            if address:
                validate_email(address)
                yield address
        except ValidationError:
            log.warning("notification.bad_address", extra={"team": team})
