"""The versions of a title side by side: what each changed, and the difference of any two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from registry.compatibility import Comparison, ComparisonTooLargeError, compare
from registry.models import SchemaVersion
from registry.pages import text_diff, worked_out
from registry.schema import rendering

IN_LIST = 10  # versions beside every tab; all of them stand in the changelog
_IN_CHANGELOG = 60
_CHANGES = 40  # of one version, in the changelog


@dataclass(frozen=True, slots=True)
class Step:
    """A version and what it changed since the one before; `comparison` is None for the first and where it is too large."""

    version: SchemaVersion
    before: SchemaVersion | None
    comparison: Comparison | None

    @property
    def state(self) -> str:
        """Its sign in lists."""
        return "warn" if self.comparison and self.comparison.breaking else "ok"

    @property
    def label(self) -> str:
        """The sign in words."""
        if self.before is None:
            return "First"
        if self.comparison is None:
            return "Not compared"
        return self.comparison.headline

    @property
    def summary(self) -> str:
        """What it changed, in a few words."""
        if self.before is None:
            return "first version"
        if self.comparison is None:
            return "too much to compare"
        changes = self.comparison.weighty
        if not changes:
            return "no change of its fields"
        more = f", {len(changes) - 1} more" if len(changes) > 1 else ""
        return changes[0].what.rstrip(".") + more

    @property
    def changes(self) -> Sequence[Any]:
        """What the changelog tells of it."""
        return self.comparison.weighty[:_CHANGES] if self.comparison else ()

    @property
    def left_out(self) -> int:
        """How many changes that leaves out."""
        return max(len(self.comparison.weighty) - _CHANGES, 0) if self.comparison else 0


def steps(history: Sequence[SchemaVersion], limit: int) -> list[Step]:
    """The newest `limit` versions; `history` is newest first."""
    pairs = list(zip(history, [*history[1:], None], strict=True))[:limit]
    return [Step(one, before, worked_out.comparison(before, one) if before else None) for one, before in pairs]


def before(history: Sequence[SchemaVersion], version: SchemaVersion) -> SchemaVersion | None:
    """The version that came before another one."""
    older = [one for one in history if _age(one) < _age(version)]
    return max(older, key=_age, default=None)


def changelog_tab(history: Sequence[SchemaVersion], text: str) -> dict[str, Any]:
    """All versions with what each changed, and CHANGELOG.md as somebody wrote it."""
    return {"steps": steps(history, _IN_CHANGELOG), "older": max(len(history) - _IN_CHANGELOG, 0), "changelog_text": text}


def diff_tab(history: Sequence[SchemaVersion], version: SchemaVersion, wanted: str) -> dict[str, Any]:
    """The difference of `version` and another one: the one that was asked for, else the one before."""
    other = next((one for one in history if one.version == wanted), None) or before(history, version)
    if other is None:
        return {"other": None, "others": []}
    old, new = worked_out.document_of(other), worked_out.document_of(version)
    try:
        comparison, error = compare(old, new), ""
    except ComparisonTooLargeError as too_large:
        comparison, error = None, f"{too_large} {too_large.hint}"
    return {
        "other": other,
        "unknown": wanted if wanted and wanted != other.version else "",
        "others": [one for one in history if one.pk != version.pk],
        "comparison": comparison,
        "comparison_error": error,
        "is_backwards": _age(other) > _age(version),
        "diff_lines": text_diff.lines_of(rendering.as_yaml(old), rendering.as_yaml(new)),
    }


def _age(version: SchemaVersion) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch
