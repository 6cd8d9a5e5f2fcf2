"""What the guidelines say of a version: how many it keeps, what it breaks and where, what is waived until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any, cast

from django.utils import timezone

from eventplatform.core.errors import RejectedError
from registry import lifecycle
from registry.guidelines import BY_CODE, RULES, Finding, Waived, lint
from registry.guidelines.contract import Profile
from registry.guidelines.evolution import judge_or_tell
from registry.guidelines.waivers import Waivers
from registry.models import SchemaVersion
from registry.pages import links as page_links
from registry.pages import worked_out
from registry.schema import documents, fields

_MOST = 10  # rules in the box
_FIELDS = 4  # fields of one rule
_EARLIER = 50  # versions that one is held against
_COMPATIBLE, _BUMP = "EVOLVE-COMPATIBLE", "EVOLVE-BUMP"


@dataclass(frozen=True, slots=True)
class Told:
    """A broken rule: its first finding speaks; the fields have each the address of its row."""

    finding: Finding
    fields: tuple[tuple[str, str], ...]
    more: int
    rule_link: str

    @property
    def state(self) -> str:
        """Its colour."""
        return "paused" if self.finding.waived else "fail" if self.finding.level == "error" else "warn"


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that the findings follow from."""

    packed: bytes
    raw_text: str
    earlier: tuple[tuple[str, bytes], ...]
    profile: Profile
    level: str
    waivers: tuple[Waived, ...]
    today: date


def box(version: SchemaVersion, history: Sequence[SchemaVersion]) -> dict[str, Any]:
    """The box beside every tab; profile and level are the repository's, as at an import. `history` is newest first."""
    repository = version.title.repository
    profile, level = cast("Profile", repository.profile), version.title.compatibility or repository.compatibility
    found = _findings(
        _Asked(
            bytes(version.document_packed),
            "" if version.is_self_contained else version.raw_text,
            _earlier(version, history, level),
            profile,
            level,
            lifecycle.waivers_of(version.title.name),
            timezone.localdate(),
        )
    )
    total = len(_counted(profile, level))
    broken = {_rule(finding) for finding in found} & _counted(profile, level)
    told = [_told(version, list(group)) for _, group in groupby(sorted(found, key=_severity), key=_severity)]
    return {
        "kept": total - len(broken),
        "total": total,
        "told": told[:_MOST],
        "left_out": max(len(told) - _MOST, 0),
        "state": _state(found),
        "is_break_waived": any(finding.waived and _rule(finding) == _COMPATIBLE for finding in found),
        "profile": profile,
        "rules_link": page_links.optional("schema-guidelines"),
    }


def _earlier(version: SchemaVersion, history: Sequence[SchemaVersion], level: str) -> tuple[tuple[str, bytes], ...]:
    """The versions of the same major that it owes something to, oldest first."""
    age = (version.minor, version.patch)
    older = [one for one in history if one.major == version.major and (one.minor, one.patch) < age]
    looked_at = older[:_EARLIER] if level.endswith("_TRANSITIVE") else older[:1]
    return tuple((one.version, bytes(one.document_packed)) for one in reversed(looked_at))


def _counted(profile: Profile, level: str) -> frozenset[str]:
    """The rules that a version is measured by."""
    schema = {rule.code for rule in RULES if rule.kind == "schema" and profile in rule.profiles}
    evolution = {_COMPATIBLE} if level != "NONE" else set()
    return frozenset(schema | evolution | ({_BUMP} if profile == "strict" else set()))


@lru_cache(maxsize=256)
def _findings(asked: _Asked) -> tuple[Finding, ...]:
    document = worked_out.document(asked.packed)
    try:
        raw = documents.load(asked.raw_text) if asked.raw_text else document
        found = lint(document, raw=raw, profile=asked.profile, waivers=asked.waivers, today=asked.today)
    except RejectedError:
        return ()  # larger than the rules look at: it was published before there was a limit
    earlier = [(version, worked_out.document(packed)) for version, packed in asked.earlier]
    owed = judge_or_tell(earlier, document, profile="strict", level=asked.level)
    owed = tuple(one for one in owed if asked.profile == "strict" or one.code != _BUMP)
    title, version = document["$id"].strip("/").rsplit("/", 1)
    applied = Waivers(asked.waivers, today=asked.today)
    return (*found, *applied.apply(owed, title=title, version=version, schema_id=document["$id"]))


def _rule(finding: Finding) -> str:
    """The rule that a finding belongs to; a change that breaks compatibility has a code of its own."""
    return finding.code if finding.code in BY_CODE else _COMPATIBLE if finding.alias else finding.code


def _told(version: SchemaVersion, group: list[Finding]) -> Told:
    rows = worked_out.fields_of(version)
    found = [fields.at_pointer(rows, finding.pointer) for finding in group]
    paths = list(dict.fromkeys(field.path for field in found if field))
    links = tuple((path, page_links.field_link(path)) for path in paths[:_FIELDS])
    rules, rule = page_links.optional("schema-guidelines"), _rule(group[0])
    return Told(group[0], links, max(len(paths) - _FIELDS, 0), f"{rules}#{rule}" if rules and rule in BY_CODE else "")


def _severity(finding: Finding) -> tuple[bool, bool, str]:
    return finding.waived is not None, finding.level != "error", finding.code


def _state(found: Sequence[Finding]) -> str:
    open_ones = [finding for finding in found if finding.waived is None]
    if any(finding.level == "error" for finding in open_ones):
        return "fail"
    return "warn" if open_ones else "ok"
