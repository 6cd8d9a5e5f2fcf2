"""The rules of a draft's life that need no row: its states, who may do what and why not, which version comes next."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eventplatform.core.names import version_key

State = Literal["draft", "in_review", "published", "withdrawn"]

OPEN: tuple[State, ...] = ("draft", "in_review")
FIRST_VERSION = "1.0.0"

_NOT_SIGNED_IN = "Sign in first."
_MAY_NOT_DRAFT = "Drafting is for engineers; ask an administrator for the group."
_MAY_NOT_APPROVE = "Approving is for approvers and engineers; ask an administrator for the group."


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks at a draft, as far as its rules ask."""

    is_known: bool
    may_draft: bool
    may_approve: bool
    has_written: bool  # began the draft or changed its text


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that can be done to a draft; `why_not` is empty where this person can do it now."""

    name: str
    label: str
    who: str
    why_not: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether this person can do it now."""
        return not self.why_not


def why_no_start(person: Person) -> str:
    """Why this person can't begin a draft; empty where they can."""
    return _drafting(person)


def verbs(state: str, person: Person) -> Mapping[str, Verb]:
    """Everything that can be done to a draft, in the order of its life, and for each why this person can't."""
    found = (
        Verb("edit", "Edit", "engineers", _unless(state in OPEN, _over(state)) or _drafting(person)),
        Verb(
            "submit",
            "Submit for review",
            "engineers",
            _unless(state == "draft", _submitted(state)) or _drafting(person),
        ),
        Verb("approve", "Approve and publish", "an approver or engineer who wrote none of it", _reviewing(state, person)),
        Verb("return", "Send back", "an approver or engineer who wrote none of it", _reviewing(state, person)),
        Verb("withdraw", "Withdraw", "engineers", _unless(state in OPEN, _over(state)) or _drafting(person)),
    )
    return {verb.name: verb for verb in found}


def _unless(holds: bool, reason: str) -> str:  # noqa: FBT001  # a condition and what to say where it fails
    return "" if holds else reason


def _over(state: str) -> str:
    return "It is published, and a published version never changes." if state == "published" else "It was withdrawn."


def _submitted(state: str) -> str:
    return "It is in review already." if state == "in_review" else _over(state)


def _drafting(person: Person) -> str:
    if not person.is_known:
        return _NOT_SIGNED_IN
    return _unless(person.may_draft, _MAY_NOT_DRAFT)


def _reviewing(state: str, person: Person) -> str:
    if state != "in_review":
        return "It is not submitted for review yet." if state == "draft" else _over(state)
    if not person.is_known:
        return _NOT_SIGNED_IN
    if person.has_written:
        return "You wrote in it: somebody else has to decide."
    return _unless(person.may_approve, _MAY_NOT_APPROVE)


def version_after(latest: str, bump: str) -> str:
    """The version that is due after `latest` for a change of that weight; the first one where there is none."""
    if not latest:
        return FIRST_VERSION
    major, minor, patch = version_key(latest)
    if bump == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if bump == "minor" else f"{major}.{minor}.{patch + 1}"


def text_hash(text: str) -> str:
    """What a decision is bound to."""
    return hashlib.sha256(text.encode()).hexdigest()
