"""What the guidelines say of a version: how many it keeps, what it breaks and where, what is waived until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils import timezone

from eventplatform.core.errors import RejectedError
from registry import documents, fields, lifecycle, page_links, worked_out
from registry.guidelines import BY_CODE, RULES, Finding, Waived, lint
from registry.models import SchemaVersion

_MOST = 12  # findings in the box


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with the field's row and the rule's page."""

    finding: Finding
    path: str
    field_link: str
    rule_link: str

    @property
    def state(self) -> str:
        """Its colour."""
        return "paused" if self.finding.waived else "fail" if self.finding.level == "error" else "warn"


def box(version: SchemaVersion) -> dict[str, Any]:
    """The box beside every tab; the profile is the repository's."""
    profile = version.title.repository.profile
    rules = page_links.optional("schema-guidelines")
    found = _lint(
        bytes(version.document_packed),
        "" if version.is_self_contained else version.raw_text,
        profile,
        lifecycle.waivers_of(version.title.name),
        timezone.localdate(),
    )
    total = sum(1 for rule in RULES if rule.check is not None and profile in rule.profiles)
    broken = {finding.code for finding in found if finding.code in BY_CODE}
    told = [_told(version, finding, rules) for finding in sorted(found, key=_severity)]
    return {
        "kept": total - len(broken),
        "total": total,
        "told": told[:_MOST],
        "left_out": max(len(told) - _MOST, 0),
        "state": _state(found),
        "profile": profile,
        "rules_link": rules,
    }


@lru_cache(maxsize=256)
def _lint(packed: bytes, raw_text: str, profile: Any, waivers: tuple[Waived, ...], today: date) -> tuple[Finding, ...]:
    document = worked_out.document(packed)
    try:
        raw = documents.load(raw_text) if raw_text else None
        return lint(document, raw=raw, profile=profile, waivers=waivers, today=today)
    except RejectedError:
        return ()  # larger than the rules look at; it was refused at import, or is older than the limit


def _told(version: SchemaVersion, finding: Finding, rules: str) -> Told:
    field = fields.at_pointer(worked_out.fields_of(version), finding.pointer)
    path = field.path if field else ""
    link = page_links.field_link(path) if field else ""
    return Told(finding, path, link, f"{rules}#{finding.code}" if rules and finding.code in BY_CODE else "")


def _severity(finding: Finding) -> tuple[bool, bool, str]:
    return finding.waived is not None, finding.level != "error", finding.code


def _state(found: Sequence[Finding]) -> str:
    open_ones = [finding for finding in found if finding.waived is None]
    if any(finding.level == "error" for finding in open_ones):
        return "fail"
    return "warn" if open_ones else "ok"
