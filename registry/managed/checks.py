"""Looks at a draft's text as often as it changes: can it be read, does it keep the guidelines, what would it break."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import VERSION, split_schema_id, version_key
from registry import compatibility, guidelines
from registry.guidelines.waivers import covers_schema, has_ended
from registry.managed import drafts
from registry.schema import checking, documents
from registry.schema.formats import FormatMode
from registry.schema.materialise import Materialiser, with_numeric_bounds

Kind = Literal["file", "version", "guideline", "compatibility"]
Level = Literal["error", "warning", "waived"]

MAX_CHARACTERS = 300_000  # ten times the largest schema known; what is looked at while somebody types must be looked at soon
_COMPATIBILITY = {"EVOLVE-COMPATIBLE", "schema-version-compatibility"}  # the guideline's code, and its name in jsonschema-tools
_MAX_REMARKS = 100


class DraftTooLongError(RejectedError):
    """More text than any schema needs."""

    code = "draft.too_long"
    message = "The text has {length} characters; {most} are allowed."
    remedy = "Move parts into fragments and refer to them."


class DraftIdError(RejectedError):
    """The `$id` is not this title's, or names no version."""

    code = "draft.id"
    message = "The $id must be /{title}/ and a version, as /{title}/{version}."
    remedy = "A draft's title stays; withdraw it and start another draft for another title."


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was found in the text; `line` counts from 1."""

    level: Level
    kind: Kind
    code: str
    message: str
    remedy: str = ""
    pointer: str = ""
    line: int = 1
    waiver: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a draft is measured by: the title's versions until now, oldest first, and the rules of its repository."""

    title: str
    base: str  # the version that the text was made from
    versions: tuple[str, ...]
    document_of: Callable[[str], Mapping[str, Any]]  # a version's document
    load: Callable[[str], Mapping[str, Any] | None]  # any schema's, by id, for references
    level: str
    profile: Literal["strict", "compatible"]
    waivers: Sequence[guidelines.Waived]
    owner_of: Callable[[str], str]  # the other repository that a title belongs to, or nothing
    today: date
    format_mode: FormatMode = "ajv6"

    @property
    def latest(self) -> str:
        """The newest version; empty for a new title."""
        return self.versions[-1] if self.versions else ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found; `document` is the self-contained schema, absent while the text is none."""

    version: str = ""
    remarks: tuple[Remark, ...] = ()
    document: Mapping[str, Any] | None = None
    latest: str = ""
    comparison: compatibility.Comparison | None = None
    due: str = ""  # the version that the changes ask for

    @property
    def errors(self) -> tuple[Remark, ...]:
        """What stands in the way of a review."""
        return tuple(remark for remark in self.remarks if remark.level == "error")

    @property
    def is_ready(self) -> bool:
        """Whether it could be published as it is."""
        return self.document is not None and not self.errors


def examine(text: str, situation: Situation) -> Examination:
    """Everything that can be said about a text without writing anything; never raises for what is in it."""
    raw: Any = None
    try:
        raw = _read(text)
        version = _version(raw, situation)
        checked = checking.check(raw, Materialiser(situation.load), situation.format_mode)
    except RejectedError as error:
        line = error.line if isinstance(error, documents.DocumentError) else documents.line_of(text, error.pointer)
        remark = Remark("error", "file", error.code, str(error), error.hint, error.pointer, line)
        return Examination(remarks=(remark,), latest=situation.latest)
    document: Mapping[str, Any] = with_numeric_bounds(json.loads(checked.document_text))
    comparison: compatibility.Comparison | None = None
    try:
        if situation.versions:
            comparison = compatibility.compare(situation.document_of(situation.latest), document)
        found = list(_judged(version, document, raw, comparison, situation))
    except RejectedError as error:  # too large to be judged
        found = [Remark("error", "guideline", error.code, str(error), error.hint, error.pointer)]
    ranked = sorted(found, key=lambda remark: ("error", "warning", "waived").index(remark.level))[:_MAX_REMARKS]
    line_of = documents.lines_of(text)
    remarks = tuple(replace(remark, line=line_of(remark.pointer)) for remark in ranked)
    due = drafts.version_after(situation.latest, comparison.bump if comparison else "")
    return Examination(version, remarks, document, situation.latest, comparison, due)


def _judged(
    version: str,
    document: Mapping[str, Any],
    raw: Mapping[str, Any],
    comparison: compatibility.Comparison | None,
    situation: Situation,
) -> Iterator[Remark]:
    yield from _of_version(version, comparison, situation)
    yield from _of_title(document, situation)
    yield from _of_guidelines(document, raw, situation)
    if comparison:
        yield from _of_compatibility(version, document, situation)


def _read(text: str) -> dict[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise DraftTooLongError(length=len(text), most=MAX_CHARACTERS)
    document = documents.load(text)
    if not isinstance(document, dict):
        raise checking.SchemaInvalidError(reason="it must be an object")
    return document


def _version(raw: Mapping[str, Any], situation: Situation) -> str:
    schema_id = raw.get("$id")
    title, version = split_schema_id(schema_id) if isinstance(schema_id, str) else ("", "")
    if f"/{title}/{version}" != schema_id or title != situation.title or not VERSION.fullmatch(version):
        proposed = drafts.version_after(situation.latest, "minor")
        raise DraftIdError(pointer="/$id", title=situation.title, version=proposed)
    return version


def _of_version(version: str, comparison: compatibility.Comparison | None, situation: Situation) -> Iterator[Remark]:
    latest = situation.latest
    if situation.base != latest:
        message = f"{latest} was published since this draft began{f' from {situation.base}' if situation.base else ''}."
        remedy = f"Take over what it changed, then say so with the button “It holds {latest} now”."
        yield Remark("error", "version", "draft.base_moved", message, remedy, "/$id")
    if comparison is None:
        return
    due = drafts.version_after(latest, comparison.bump)
    if version_key(version) <= version_key(latest):
        message = f"{latest} is published already; {version} is not after it."
        yield Remark("error", "version", "draft.version_not_new", message, f"Write {due} at the end of the $id.", "/$id")
    elif comparison.bump == "none":
        message = f"This says the same as {latest}."
        yield Remark("warning", "version", "draft.nothing_changed", message, "Change something, or withdraw the draft.", "/$id")
    elif not comparison.is_enough:
        message = f"The changes since {latest} ask for {due}; {version} raises too little."
        remedy = f"Write {due} at the end of the $id, or make smaller changes."
        yield _unless_waived(Remark("error", "version", "draft.version_too_small", message, remedy, "/$id"), version, situation)
    elif version not in {drafts.version_after(latest, bump) for bump in ("patch", "minor", "major")}:
        message = f"{version} leaves versions out after {latest}."
        yield Remark("warning", "version", "draft.version_skips", message, f"{due} comes next.", "/$id")


def _of_title(document: Mapping[str, Any], situation: Situation) -> Iterator[Remark]:
    title = document.get("title")
    owner = situation.owner_of(title) if isinstance(title, str) else ""
    if owner:
        message = f"The title {title} belongs to the repository {owner}."
        yield Remark("error", "file", "schema.title_taken", message, f"Write title: {situation.title}", "/title")


def _of_guidelines(document: Mapping[str, Any], raw: Mapping[str, Any], situation: Situation) -> Iterator[Remark]:
    found = guidelines.lint(document, raw=raw, profile=situation.profile, waivers=situation.waivers, today=situation.today)
    for finding in found:
        level: Level = "waived" if finding.waived else finding.level
        waiver = _words(finding.waived) if finding.waived else ""
        yield Remark(level, "guideline", finding.code, finding.message, finding.remedy, finding.pointer, waiver=waiver)


def _of_compatibility(version: str, document: Mapping[str, Any], situation: Situation) -> Iterator[Remark]:
    """What breaks the repository's promise; a new major version owes nothing to those before it."""
    major = version_key(version)[0]
    earlier = [one for one in situation.versions if version_key(one)[0] == major and version_key(one) < version_key(version)]
    if not situation.level.endswith("_TRANSITIVE"):
        earlier = earlier[-1:]
    pairs = [(one, situation.document_of(one)) for one in earlier]
    for found in compatibility.check(pairs, document, situation.level):
        message = f"{found.sentence} {found.change.why}".strip()
        remedy = f"Undo it, or publish the change as {major + 1}.0.0."
        remark = Remark("error", "compatibility", found.change.code, message, remedy, found.change.pointer)
        yield _unless_waived(remark, version, situation)


def _unless_waived(remark: Remark, version: str, situation: Situation) -> Remark:
    waived = next((one for one in situation.waivers if _covers(one, remark, version, situation)), None)
    return replace(remark, level="waived", waiver=_words(waived)) if waived else remark


def _covers(one: guidelines.Waived, remark: Remark, version: str, situation: Situation) -> bool:
    return (
        one.rule in {*_COMPATIBILITY, remark.code}
        and covers_schema(one, situation.title, version)
        and not has_ended(one, situation.today)
        and f"{remark.pointer}/".startswith(f"{one.pointer}/" if one.pointer else "")
    )


def _words(waived: guidelines.Waived) -> str:
    return f"{waived.reason} (waived by {waived.author} until {waived.ends_on})"
