"""Rules about what people say of streams and instruments, and about who decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from streamconfig.configuration.effects import CODES
from streamconfig.configuration.policies import ALL
from streamconfig.lint.finding import Finding, Kind
from streamconfig.lint.subject import Subject

NO_OWNER = Kind("owner.missing", "warning", "Nobody answers for it.", "Name the team that owns it.")
NO_PURPOSE = Kind("purpose.missing", "info", "Nothing says what it is collected for.", "Write a sentence about its purpose.")
NO_CONTACT = Kind("contact.missing", "info", "Nothing says where its owner is reached.", "Name a channel or an address.")
NO_EXPIRY = Kind(
    "expiry.missing", "info", "It has neither a review date nor an end.", "Set when it is looked at again, or when it ends."
)
UNKNOWN_TEAM = Kind(
    "owner.unknown_team", "warning", "There is no team {owner} in the list.", "Choose a team of the list, or add this one."
)
EXPIRED = Kind(
    "expiry.passed", "warning", "It was to end on {day} and is still there.", "Retire it, or set a later date and say why."
)
REVIEW_DUE = Kind(
    "review.due",
    "warning",
    "Since {day} its owner should confirm that it is still needed.",
    "Confirm it with a new review date, or retire it.",
)
UNKNOWN_GROUP = Kind(
    "policy.unknown_group", "warning", "There is no group {group}.", "Choose a group that exists, such as approver."
)
UNKNOWN_EFFECT = Kind(
    "policy.unknown_effect",
    "error",
    "No change has the effect {effect}, so the policy doesn't count there.",
    "Name an effect such as rate_up, or * for all.",
)


def findings(subject: Subject) -> Iterator[Finding]:
    """All rules of this page."""
    for entry in subject.document.entries:
        yield from _said("streams", entry.name, entry.about.as_json(), subject)
    for key, item in subject.document.section("instruments").items():
        yield from _said("instruments", key, item, subject)
    yield from _policies(subject)


def _said(section: str, name: str, about: Mapping[str, object], subject: Subject) -> Iterator[Finding]:
    place = "/about" if section == "streams" else ""
    owner, teams = about.get("owner"), subject.document.section("teams")
    if not owner:
        yield NO_OWNER.at(section, name, f"{place}/owner")
    elif teams and owner not in teams:
        yield UNKNOWN_TEAM.at(section, name, f"{place}/owner", owner=owner)
    if not about.get("purpose"):
        yield NO_PURPOSE.at(section, name, f"{place}/purpose")
    if not about.get("contact") and not (owner in teams and teams[str(owner)].get("contact")):
        yield NO_CONTACT.at(section, name, f"{place}/contact")
    expires, review = _day(about.get("expires_on")), _day(about.get("review_on"))
    if expires is None and review is None:
        yield NO_EXPIRY.at(section, name, f"{place}/expires_on")
    if expires is not None and expires < subject.today:
        yield EXPIRED.at(section, name, f"{place}/expires_on", day=expires)
    elif review is not None and review <= subject.today:
        yield REVIEW_DUE.at(section, name, f"{place}/review_on", day=review)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value or ""))
    except ValueError:
        return None


def _policies(subject: Subject) -> Iterator[Finding]:
    for key, item in subject.document.section("policies").items():
        for index, effect in enumerate(item.get("effects") or ()):
            if effect not in CODES and effect != ALL:
                yield UNKNOWN_EFFECT.at("policies", key, f"/effects/{index}", effect=effect)
        for index, group in enumerate(item.get("by") or () if subject.groups is not None else ()):
            if group not in (subject.groups or ()):
                yield UNKNOWN_GROUP.at("policies", key, f"/by/{index}", group=group)
