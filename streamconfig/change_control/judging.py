"""Which approvals a request needs, which of them it has, and who may give or ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings

from streamconfig import lookups
from streamconfig.change_control import outlook
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import ForbiddenFieldError, RequestForbiddenError
from streamconfig.change_control.outlook import Outlook
from streamconfig.configuration import authorship, policies
from streamconfig.configuration.authorship import Level
from streamconfig.configuration.changes import Change
from streamconfig.configuration.policies import Given, Requirement
from streamconfig.models import ChangeRequest, RequestStep, Verdict

AUTHORING = ("drafted", "edited", "merged", "submitted")  # steps whose doer can't approve what they made


def requirements(request: ChangeRequest, seen: Outlook | None = None) -> Sequence[Requirement]:
    """What the policies want of this request, with what was given.

    The policies are those that hold before it: nobody lowers them for the request that lowers them.
    """
    if request.is_emergency:
        looked = (request.reviewed_after_by,) if request.reviewed_after_by else ()
        return (Requirement("look-back", "Somebody looks at it afterwards", given_by=looked),)
    approvals = given(request)
    return tuple(one.with_given(approvals) for one in wanted(seen or outlook.of_request(request), request.source))


def wanted(seen: Outlook, source: str) -> Sequence[Requirement]:
    """What the policies in force before a change want of it."""
    if seen.is_first:
        return ()  # nothing is configured yet, so there is nobody to ask
    held = policies.read(seen.before.section("policies"))
    return policies.required(seen.effects, held, source, settings.ENVIRONMENT)


def missing(request: ChangeRequest) -> Sequence[Requirement]:
    """The requirements that are not met yet."""
    return [one for one in requirements(request) if one.missing]


def given(request: ChangeRequest) -> Sequence[Given]:
    """The approvals of what the request says now: of each person the last word, and of nobody who had a hand in it."""
    last: Mapping[int | None, Verdict] = {
        one.user_id: one for one in Verdict.objects.filter(request=request, content_hash=request.content_hash).order_by("pk")
    }
    barred = authors(request)
    return tuple(
        Given(user, one.name, frozenset(one.roles))
        for user, one in last.items()
        if user is not None and user not in barred and one.kind == Verdict.Kind.APPROVE
    )


def authors(request: ChangeRequest) -> frozenset[int]:
    """The accounts that wrote what the request says: who asked, and everybody who edited, by their keys."""
    steps = RequestStep.objects.filter(request=request, what__in=AUTHORING).values_list("facts__user", flat=True)
    return frozenset(key for key in (request.author_id, *steps) if key is not None)


def why_not_approve(request: ChangeRequest, by: Actor) -> str:
    """Why somebody may not decide on a request; empty where they may."""
    if by.user is None or not by.may("approve_change"):
        return f"{by.name} may not approve changes."
    is_author = by.user.pk in authors(request) or (request.author_id is None and by.name == request.author_name)
    return "Who asked for a change, or edited it, can't approve or reject it." if is_author else ""


def why_not_count(by: Actor, asked: Iterable[Requirement]) -> str:
    """Why an approval would change nothing; empty where it would."""
    open_ones = [one for one in asked if one.missing]
    if any(one.counts(by.counts_as) for one in open_ones):
        return ""
    names = sorted({name for one in open_ones for name in one.by})
    outside = " from outside the owning team" if open_ones and all(one.is_outside_team for one in open_ones) else ""
    return f"It takes somebody else{outside}: {', '.join(names)}." if open_ones else "No approval is missing."


def require_approver(request: ChangeRequest, by: Actor) -> None:
    """Refuse who asked for it, and who may not approve."""
    why_not = why_not_approve(request, by)
    if why_not:
        raise RequestForbiddenError(why_not=why_not)


def why_not_help(request: ChangeRequest, by: Actor) -> str:
    """Why an approval of somebody who may approve would change nothing for this request."""
    if by.user is not None and any(one.user == by.user.pk for one in given(request)):
        return "You approved it already."
    open_ones = missing(request)
    return why_not_count(by, open_ones) if open_ones else ""


def require_helpful(request: ChangeRequest, by: Actor) -> None:
    """Refuse an approval that no policy would count."""
    why_not = why_not_help(request, by)
    if why_not:
        raise RequestForbiddenError(why_not=why_not)


def require_authorship(changes: Iterable[Change], by: Actor) -> None:
    """Refuse changes of what somebody may not even ask for.

    Raises:
        ForbiddenFieldError: it names the places.
    """
    found = authorship.forbidden(lookups.current_document(), changes, by.level, by.teams)
    if found:
        raise ForbiddenFieldError(found)


def require_may_ask(by: Actor) -> None:
    """Refuse who may ask for nothing at all."""
    why_not = why_not_ask(by)
    if why_not:
        raise RequestForbiddenError(why_not=why_not)


def why_not_ask(by: Actor) -> str:
    """Why somebody may ask for nothing; empty where they may."""
    return "" if by.level >= Level.EDITOR else f"{by.name} may look at changes, but not ask for any."
