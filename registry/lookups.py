"""Cached reads: the compiled schemas of this process, and what pages and lists show."""

from __future__ import annotations

import logging
import threading
import time
import uuid

from django.conf import settings
from django.db import Error as DatabaseError

from registry.formats import mode_of
from registry.models import RegistryState, SchemaVersion
from registry.schema_set import SchemaSet, SchemaSource

log = logging.getLogger(__name__)

_CHECK_SECONDS = 1.0
_State = tuple[uuid.UUID | None, int]
_NEVER = -_CHECK_SECONDS


class _Kept:
    """The schemas that this process serves, and when their revision was confirmed last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.schemas: SchemaSet | None = None
        self.state: _State | None = None
        self.checked_at = _NEVER


_kept = _Kept()


def schemas(*, is_fresh: bool = False) -> SchemaSet:
    """All schemas, compiled on demand. The revision is looked up once a second, or now where `is_fresh` is asked.

    While the database is away the last good set goes on being served.
    """
    kept = _kept.schemas
    if kept is not None and not is_fresh and time.monotonic() - _kept.checked_at < _CHECK_SECONDS:
        return kept
    with _kept.lock:
        try:
            _refresh()
        except DatabaseError:
            if _kept.schemas is None:
                raise
            _kept.checked_at = time.monotonic()  # ask again in a second, not for every event
            log.warning("schemas.database_away", extra={"revision": _kept.schemas.revision})
        if _kept.schemas is None:  # _refresh leaves a set or an error behind
            raise AssertionError
        return _kept.schemas


def schemas_of_this_transaction() -> SchemaSet:
    """What this transaction sees; it is not kept, as it may be rolled back."""
    return _load(_state())


def forget() -> None:
    """Look at the revision at the next call, whatever time it is; a change of this process's own is seen at once."""
    _kept.checked_at = _NEVER


def _refresh() -> None:
    state = _state()
    if _kept.schemas is None or state != _kept.state:
        _kept.schemas = _load(state)
        _kept.state = state
    _kept.checked_at = time.monotonic()


def _state() -> _State:
    row = RegistryState.objects.filter(pk=1).values_list("incarnation", "revision").first()
    return row or (None, 0)


def _load(state: _State) -> SchemaSet:
    # One statement sees one moment. Where it sees a newer one than `state`, the next look at the revision loads again.
    rows = SchemaVersion.objects.order_by().values_list(
        "schema_id", "title__repository__name", "document_packed", "content_hash", "document_title"
    )
    return SchemaSet(
        (SchemaSource(i, name, bytes(packed), *rest) for i, name, packed, *rest in rows),
        revision=state[1],
        format_mode=mode_of(settings.FORMAT_MODE),
        previous=_kept.schemas,
    )
