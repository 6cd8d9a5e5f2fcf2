"""The field table of a version's page: which rows are unfolded, what each tells, what changed since the version before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from registry.compatibility import Change, Comparison
from registry.pages import links as page_links
from registry.schema.fields import Field

_SMALL = 40  # fields that are shown without folding
_SHOWN_LEVELS = 1  # of a larger schema: its own fields and those directly inside them
_MAX_INSIDE = 12  # of these: only where there are not too many
_MAX_OPEN = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A row: `toggle` is the address that folds or unfolds what is inside; `changes` are those since the version before."""

    field: Field
    anchor: str
    link: str
    toggle: str
    is_open: bool
    is_marked: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks of the table."""

    show: str
    words: str
    at: str
    opened: tuple[str, ...]
    closed: tuple[str, ...]
    is_all: bool

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """What stands in the address, bounded."""
        return cls(
            show=query.get("show", ""),
            words=query.get("field", "").strip().lower()[:200],
            at=query.get("at", "")[:500],
            opened=tuple(query.getlist("open")[:_MAX_OPEN]),
            closed=tuple(query.getlist("fold")[:_MAX_OPEN]),
            is_all=bool(query.get("all")),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether only some fields are looked for; then nothing is folded."""
        return bool(self.show or self.words)

    def toggled(self, path: str, *, is_open: bool) -> str:
        """The address with one field folded or unfolded."""
        opened = [one for one in self.opened if one != path] + ([] if is_open else [path])
        closed = [one for one in self.closed if one != path] + ([path] if is_open else [])
        pairs = [("tab", "fields"), *([("all", "1")] if self.is_all else [])]
        return f"?{urlencode([*pairs, *(('open', one) for one in opened), *(('fold', one) for one in closed)])}"


def table(fields: Sequence[Field], comparison: Comparison | None, query: QueryDict) -> dict[str, Any]:
    """What the template of the table needs."""
    asked = Asked.of(query)
    changes = _by_field(fields, comparison)
    tests = {
        "required": lambda field: field.is_required,
        "pii": lambda field: bool(field.pii),
        "changed": lambda field: field.path in changes,
    }
    shown = _narrowed(fields, asked, tests.get(asked.show)) if asked.is_narrowed else _unfolded(fields, asked)
    opened = {field.parent for field in shown}
    return {
        "rows": [_row(field, asked, opened, changes) for field in shown],
        "field_total": len(fields),
        "folded": 0 if asked.is_narrowed else len(fields) - len(shown),
        "can_fold": len(fields) > _SMALL,
        "counts": {name: sum(map(test, fields)) for name, test in tests.items()},
        "asked": asked,
        "elsewhere": [change for change in changes.get("", ()) if change.bump != "patch"],
        "comparison": comparison,
    }


def _by_field(fields: Sequence[Field], comparison: Comparison | None) -> Mapping[str, tuple[Change, ...]]:
    """The changes by the path of the row that tells them; those of no row, such as removed fields, under no path."""
    paths = {field.path for field in fields}
    found: dict[str, list[Change]] = defaultdict(list)
    for change in comparison.changes if comparison else ():
        path = change.path.removesuffix("[]").removesuffix(".*")
        found[path if path in paths else ""].append(change)
    return {path: tuple(several) for path, several in found.items()}


def _narrowed(fields: Iterable[Field], asked: Asked, test: Any) -> list[Field]:
    kept = [field for field in fields if test is None or test(field)]
    return [field for field in kept if all(word in f"{field.path} {field.description}".lower() for word in asked.words.split())]


def _unfolded(fields: Sequence[Field], asked: Asked) -> list[Field]:
    by_path = {field.path: field for field in fields}
    opened = set(asked.opened) | set(_above(by_path.get(asked.at), by_path))
    everything = asked.is_all or len(fields) <= _SMALL
    shown: set[str] = set()
    for field in fields:
        parent = by_path.get(field.parent)
        if parent is None or (parent.path in shown and _is_open(parent, by_path, asked.closed, opened, is_all=everything)):
            shown.add(field.path)
    return [field for field in fields if field.path in shown]


def _is_open(field: Field, by_path: Mapping[str, Field], closed: Collection[str], opened: set[str], *, is_all: bool) -> bool:
    if field.path in opened:
        return True
    if field.path in closed:
        return False
    level = sum(1 for _ in _above(field, by_path)) + 1
    return is_all or (level <= _SHOWN_LEVELS and field.inside <= _MAX_INSIDE)


def _above(field: Field | None, by_path: Mapping[str, Field]) -> Iterator[str]:
    while field is not None and field.parent:
        yield field.parent
        field = by_path.get(field.parent)


def _row(field: Field, asked: Asked, opened: Collection[str], changes: Mapping[str, tuple[Change, ...]]) -> Row:
    is_open = field.path in opened
    return Row(
        field=field,
        anchor=page_links.anchor(field.path),
        link=page_links.field_link(field.path),
        toggle=asked.toggled(field.path, is_open=is_open) if field.inside and not asked.is_narrowed else "",
        is_open=is_open,
        is_marked=field.path == asked.at,
        changes=changes.get(field.path, ()),
    )
