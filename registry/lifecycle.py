"""Deprecates repositories, titles and versions, and writes the waivers of guidelines."""

from __future__ import annotations

import logging
import re
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from eventplatform.core.errors import RejectedError
from registry import lookups, revisions
from registry.guidelines import Waived, rules_of
from registry.models import Repository, SchemaTitle, SchemaVersion, Waiver

log = logging.getLogger(__name__)

Subject = Repository | SchemaTitle | SchemaVersion
COMPATIBILITY = "schema-version-compatibility"  # the rule of new versions, under its name in jsonschema-tools
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")


class ReasonMissingError(RejectedError):
    """A decision that others must live with says no reason."""

    code = "lifecycle.reason_missing"
    message = "The reason is missing."
    remedy = "Say why, in a sentence that its users understand."


class DateWrongError(RejectedError):
    """A day that makes no sense there."""

    code = "lifecycle.date_wrong"
    message = "{day} {reason}."
    remedy = "Choose another day."


class RuleUnknownError(RejectedError):
    """A waiver of a rule that isn't there would cover nothing."""

    code = "lifecycle.rule_unknown"
    message = "There is no rule {rule}."
    remedy = "Choose a code from the page of guidelines, such as NAME-SNAKE-CASE."


class PlaceUnknownError(RejectedError):
    """A waiver for a version or a place that no schema can have would cover nothing, silently."""

    code = "lifecycle.place_unknown"
    message = "{place} {reason}."
    remedy = "Copy it from a finding, such as 1.2.0 and /properties/page, or leave it empty."


class ReplacementUnknownError(RejectedError):
    """What to use instead isn't there, is the same thing, or is deprecated too."""

    code = "lifecycle.replacement_unknown"
    message = "{replacement} {reason}."
    remedy = "Name a title, a version's id or a repository that goes on, or leave it empty."


def check_deprecation(subject: Subject, *, reason: str, replacement: str = "", since: date | None = None) -> None:
    """Ask whether `deprecate` would take it.

    Raises:
        RejectedError: no reason, a day to come, or a replacement that is none; `pointer` names the field.
    """
    if not reason.strip():
        raise ReasonMissingError(pointer="/deprecation_reason")
    if since and since > timezone.localdate():
        raise DateWrongError(pointer="/deprecated_since", day=since, reason="lies in the future")
    if replacement.strip():
        _check_replacement(subject, replacement.strip())


def deprecate(subject: Subject, *, author: str, reason: str, replacement: str = "", since: date | None = None) -> None:
    """Say that a repository, title or version should not be used any more; it goes on being served.

    Raises:
        RejectedError: as `check_deprecation`.
    """
    check_deprecation(subject, reason=reason, replacement=replacement, since=since)
    day = since or timezone.localdate()
    _write(subject, day, reason.strip(), replacement.strip(), author)
    log.info("schemas.deprecated", extra={"subject": str(subject), "since": str(day), "author": author})


def set_compatibility(title: SchemaTitle, *, level: str, author: str) -> None:
    """Choose what new versions of a title owe to earlier ones; empty: what its repository says."""
    title.compatibility = level
    title.save(update_fields=["compatibility"])
    log.info("schemas.compatibility_set", extra={"title": title.name, "level": level, "author": author})


def undeprecate(subject: Subject, *, author: str) -> None:
    """Take a deprecation back."""
    _write(subject, None, "", "", "")
    log.info("schemas.deprecation_ended", extra={"subject": str(subject), "author": author})


def waivers_of(title: str) -> tuple[Waived, ...]:
    """All waivers that speak of a title, the expired ones too: the day decides where they are used."""
    return tuple(waived(row) for row in _speaking_of(title))


def waived(row: Waiver) -> Waived:
    """A waiver as the guidelines understand it."""
    return Waived(row.rule, row.title, row.version, row.pointer, row.reason, row.ends_on, row.author)


def is_expired(row: Waiver) -> bool:
    """Whether its last day is over."""
    return row.ends_on < timezone.localdate()


def check_waiver(waiver: Waiver) -> None:
    """Ask whether `save_waiver` would take it.

    Raises:
        RejectedError: no reason, a last day that is over, no such rule, or a place that none is; `pointer` names the field.
    """
    if not waiver.reason.strip():
        raise ReasonMissingError(pointer="/reason")
    if is_expired(waiver):
        raise DateWrongError(pointer="/ends_on", day=waiver.ends_on, reason="is over")
    if not rules_of(waiver.rule) and waiver.rule != COMPATIBILITY:
        raise RuleUnknownError(pointer="/rule", rule=waiver.rule)
    if waiver.version and not _VERSION.fullmatch(waiver.version):
        raise PlaceUnknownError(pointer="/version", place=waiver.version, reason="is no version")
    if waiver.pointer and not waiver.pointer.startswith("/"):
        raise PlaceUnknownError(pointer="/pointer", place=waiver.pointer, reason="does not begin with /")


def save_waiver(waiver: Waiver, *, author: str) -> None:
    """Add or change a waiver; whoever wrote it last answers for it.

    Raises:
        RejectedError: as `check_waiver`.
    """
    check_waiver(waiver)
    waiver.author = author
    waiver.save()
    log.info("schemas.rule_waived", extra={"title": waiver.title, "rule": waiver.rule, "author": author})


def remove_waiver(waiver: Waiver, *, author: str) -> None:
    """Let the rule hold again."""
    what = {"title": waiver.title, "rule": waiver.rule, "author": author}
    waiver.delete()
    log.info("schemas.waiver_removed", extra=what)


def _speaking_of(title: str) -> list[Waiver]:
    """Those of exactly that title, and those whose * at the end covers it."""
    rows = Waiver.objects.filter(Q(title=title) | Q(title__endswith="*"))
    return [row for row in rows if row.title == title or title.startswith(row.title.removesuffix("*"))]


def _check_replacement(subject: Subject, replacement: str) -> None:
    found = (
        SchemaVersion.objects.filter(schema_id=replacement).first()
        or SchemaTitle.objects.filter(name=replacement).first()
        or Repository.objects.filter(name=replacement).first()
    )
    reason = ""
    if found is None:
        reason = "is no title, version's id or repository"
    elif found == subject:
        reason = "is what is to be replaced"
    elif found.deprecated_since:
        reason = "is deprecated itself"
    if reason:
        raise ReplacementUnknownError(pointer="/replacement", replacement=replacement, reason=reason)


def _write(subject: Subject, since: date | None, reason: str, replacement: str, author: str) -> None:
    with transaction.atomic():
        state = revisions.lock()
        subject.deprecated_since, subject.deprecation_reason = since, reason
        subject.replacement, subject.deprecated_by = replacement, author
        subject.save(update_fields=["deprecated_since", "deprecation_reason", "replacement", "deprecated_by"])
        revisions.bump(state, is_otherwise=True)
    lookups.forget()  # also for who asks within a transaction around this one
