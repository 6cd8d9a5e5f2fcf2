"""Cached reads: the schemas of this process, kept up to date by what was added since."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import F, QuerySet

from registry.models import RegistryState, Repository, SchemaTitle, SchemaVersion
from registry.moments import moment
from registry.schema.deprecation import Deprecation, Deprecations, Level
from registry.schema.formats import mode_of
from registry.schema.schema_set import SchemaSet, SchemaSource

log = logging.getLogger(__name__)

_CHECK_SECONDS = 1.0
_BATCH = 1000
_NEVER = -_CHECK_SECONDS


@dataclass(frozen=True, slots=True)
class _State:
    """As `RegistryState` has them."""

    incarnation: uuid.UUID | None = None
    revision: int = 0
    changed_otherwise_at: int = 0


@dataclass(frozen=True, slots=True)
class Pull:
    """A repository that is pulled: when that succeeded last, and how often it has failed since."""

    name: str
    pulled_at: datetime | None
    failures: int


class _Kept:
    """The schemas that this process serves, and when their revision was confirmed last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.schemas: SchemaSet | None = None
        self.incarnation: uuid.UUID | None = None
        self.checked_at = _NEVER


_kept = _Kept()


def schemas(*, is_fresh: bool = False) -> SchemaSet:
    """All schemas, compiled on demand. The revision is looked up once a second, or now where `is_fresh` is asked.

    While the database is away the last good set goes on being served.
    """
    kept = _kept.schemas
    if kept is not None and not is_fresh and time.monotonic() - _kept.checked_at < _CHECK_SECONDS:
        return kept
    must_wait = kept is None or is_fresh or _kept.checked_at == _NEVER
    if not _kept.lock.acquire(blocking=must_wait) and kept is not None:
        return kept  # another thread is reading; the set of a moment ago is good enough meanwhile
    try:
        return _refreshed()
    finally:
        _kept.lock.release()


def repositories() -> tuple[Pull, ...]:
    """The repositories that are pulled, in their order."""
    pulled = Repository.objects.filter(kind=Repository.Kind.GIT, is_enabled=True)
    return tuple(Pull(*row) for row in pulled.values_list("name", "pulled_at", "pull_failures"))


def forget() -> None:
    """Look at the revision at the next call, whatever time it is; a change of this process's own is seen at once."""
    _kept.checked_at = _NEVER


def _refreshed() -> SchemaSet:
    try:
        _refresh()
    except DatabaseError:
        if _kept.schemas is None:
            raise
        log.warning("schemas.database_away", extra={"revision": _kept.schemas.revision})
    if _kept.schemas is None:  # _refresh leaves a set or an error behind
        raise AssertionError
    return _kept.schemas


def _refresh() -> None:
    _kept.checked_at = time.monotonic()  # first, so that whoever says `forget` meanwhile is heard
    state, kept = _state(), _kept.schemas
    is_known = kept is not None and state.incarnation == _kept.incarnation
    if kept is None or not is_known:
        _keep(_loaded(None), state)
    elif kept.revision != state.revision or kept.format_mode != mode_of(settings.FORMAT_MODE):
        _keep(_newer(kept, state), state)


def _keep(schemas: SchemaSet, state: _State) -> None:
    _kept.schemas, _kept.incarnation = schemas, state.incarnation


def _state() -> _State:
    row = RegistryState.objects.filter(pk=1).values_list("incarnation", "revision", "changed_otherwise_at").first()
    return _State(*row) if row else _State()


def _newer(kept: SchemaSet, state: _State) -> SchemaSet:
    """The set at `state`: where nothing but new versions came since, those alone are read."""
    if state.revision < kept.revision and connection.in_atomic_block:
        return kept  # a transaction may look at an older moment than the one that this process serves already
    if state.changed_otherwise_at <= kept.revision < state.revision and kept.format_mode == mode_of(settings.FORMAT_MODE):
        added = SchemaVersion.objects.filter(revision__gt=kept.revision)
        return kept.extended(_sources(added, kept), state.revision)
    return _loaded(kept)


def _loaded(previous: SchemaSet | None) -> SchemaSet:
    """Everything, as of one moment; documents that `previous` holds already are not read again."""
    with moment():
        return SchemaSet(
            _sources(SchemaVersion.objects.all(), previous),
            revision=_state().revision,
            format_mode=mode_of(settings.FORMAT_MODE),
            deprecations=Deprecations(_deprecations()),
            previous=previous,
        )


def _sources(versions: QuerySet[SchemaVersion], previous: SchemaSet | None) -> Iterator[SchemaSource]:
    light = versions.order_by().values_list("schema_id", "title__repository__name", "content_hash", "document_title")
    shared: dict[str, str] = {}  # one text in memory for all versions of a title and of a repository
    unknown: list[tuple[str, str, str, str]] = []
    for schema_id, repository, content_hash, own_title in light:
        row = (schema_id, shared.setdefault(repository, repository), content_hash, shared.setdefault(own_title, own_title))
        known = previous.source(schema_id) if previous else None
        if known and (known.schema_id, known.repository, known.content_hash, known.own_title) == row:
            yield known
        else:
            unknown.append(row)
    for start in range(0, len(unknown), _BATCH):
        yield from _read(unknown[start : start + _BATCH])


def _read(rows: Sequence[tuple[str, str, str, str]]) -> Iterator[SchemaSource]:
    ids = [row[0] for row in rows]
    packed = dict(SchemaVersion.objects.filter(schema_id__in=ids).order_by().values_list("schema_id", "document_packed"))
    for schema_id, repository, content_hash, own_title in rows:
        yield SchemaSource(schema_id, repository, bytes(packed[schema_id]), content_hash, own_title)


def _deprecations() -> Iterator[tuple[str, Deprecation]]:
    """All that are said, each with the name of what it is said of."""
    levels: list[tuple[Level, QuerySet[Repository] | QuerySet[SchemaTitle] | QuerySet[SchemaVersion], str]] = [
        ("repository", Repository.objects.all(), "name"),
        ("title", SchemaTitle.objects.all(), "name"),
        ("version", SchemaVersion.objects.all(), "schema_id"),
    ]
    for level, rows, name in levels:
        found = rows.filter(deprecated_since__isnull=False).order_by()
        said = found.values_list(F(name), "deprecated_since", "deprecation_reason", "replacement", "deprecated_by")
        for subject, since, reason, replacement, author in said:
            yield subject, Deprecation(since, reason, replacement, level, author)
