"""Which approvals a request needs, which of them it has, and who may give or ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import RequestForbiddenError
from streamconfig.models import ChangeRequest, Revision, Verdict

FIRST = "Nothing is configured yet, so there is nobody to ask."


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one policy wants: so many approvals, by people of these groups, perhaps from outside the owning team."""

    policy: str
    title: str
    approvals: int = 1
    by: tuple[str, ...] = ("approver",)
    is_outside_team: bool = False
    given_by: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many are still to come."""
        return max(0, self.approvals - len(self.given_by))


def requirements(request: ChangeRequest) -> Sequence[Requirement]:
    """What the policies want of this request, with what was given."""
    if not Revision.objects.exists():
        return ()
    given = tuple(sorted(set(counting(request).values_list("name", flat=True))))
    return (Requirement("default", "Every change", given_by=given),)


def missing(request: ChangeRequest) -> Sequence[Requirement]:
    """The requirements that are not met yet."""
    return [one for one in requirements(request) if one.missing]


def counting(request: ChangeRequest):  # type: ignore[no-untyped-def]  # a queryset of verdicts
    """The approvals of what the request says now."""
    return Verdict.objects.filter(request=request, kind=Verdict.Kind.APPROVE, content_hash=request.content_hash)


def require_approver(request: ChangeRequest, by: Actor) -> None:
    """Refuse who asked for it, and who may not approve."""
    if by.user is not None and request.author_id == by.user.pk:
        raise RequestForbiddenError(why_not="Who asked for a change can't approve or reject it.")
    if by.user is None or not by.may("approve_change"):
        raise RequestForbiddenError(why_not=f"{by.name} may not approve changes.")


def require_authorship(request: ChangeRequest, by: Actor) -> None:
    """Refuse a request that changes what its author may not even ask for."""
