"""Makes stores ready for every version of the schemas of a connector's streams before their data arrives."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from connectors import breaker, leasing, opening
from connectors.models import Connector, Preparation
from connectors.reconciling import Taken
from connectors.sinks.base import Sink, Store, StoreUnavailableError
from connectors.steering import Steering
from eventplatform.core.errors import PlatformError
from eventplatform.core.masking import masked
from eventplatform.core.streams import Stream
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)

QUEUED_FOR = timedelta(seconds=120)

_WANT = """
INSERT INTO connectors_preparation (connector_id, wanted, done, attempts, error_code, last_error)
SELECT id, wanted, '', 0, '', '' FROM unnest(%s::bigint[], %s::text[]) AS wish(id, wanted)
JOIN connectors_connector USING (id)
ON CONFLICT (connector_id) DO UPDATE SET wanted = excluded.wanted, not_before = NULL, queued_at = NULL, attempts = 0
WHERE connectors_preparation.wanted <> excluded.wanted
"""


class Wishes:
    """Remembers what stores were last told to be ready for, so that nothing is asked while nothing changes."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, str]] = {}

    def note(self, taken: Mapping[int, Taken]) -> None:
        """Write down for each connector what its store shall be ready for, where that changed."""
        schemas = getattr(configuration.snapshot(), "schemas", None)
        if schemas is None:
            return
        versions = cache(schemas.versions)
        changed: dict[int, str] = {}
        known: dict[int, tuple[object, str]] = {}
        for pk, one in taken.items():
            earlier = self._known.get(pk)
            is_same = earlier is not None and earlier[0] == (id(one), schemas.revision)
            digest = earlier[1] if earlier is not None and is_same else _digest(one, versions)
            known[pk] = ((id(one), schemas.revision), digest)
            if earlier is None or earlier[1] != digest:
                changed[pk] = digest
        self._known = known
        if changed:
            with connection.cursor() as cursor:
                cursor.execute(_WANT, (list(changed), list(changed.values())))


def due() -> list[int]:
    """The connectors whose store should be made ready now; noted as asked for."""
    waiting = Preparation.objects.filter(
        ~Q(wanted=F("done")),
        breaker.closed("connector__target__"),
        Q(queued_at=None) | Q(queued_at__lt=Now() - QUEUED_FOR),
        Q(not_before=None) | Q(not_before__lte=Now()),
        connector__is_enabled=True,
    )
    found = list(waiting.values_list("pk", flat=True)[:100])
    Preparation.objects.filter(pk__in=found).update(queued_at=Now())
    return found


def prepare(connector_id: int) -> int:
    """Prepare the connector's store for all versions of its streams' schemas; how many."""
    row = Preparation.objects.select_related("connector__target").filter(pk=connector_id).first()
    if row is None:
        return 0
    try:
        with opening.make_store(row.connector) as store:
            count, refused = _prepared(row.connector, store)
    except PlatformError as error:
        _failed(row, error)
        return 0
    if refused:
        _failed(row, refused[0])
        return count
    Preparation.objects.filter(pk=row.pk).update(done=row.wanted, queued_at=None, attempts=0, error_code="", last_error="")
    return count


def _prepared(connector: Connector, store: Store) -> tuple[int, list[PlatformError]]:
    """How many versions the store is ready for, and why it can't be for others: one stream's trouble is its own.

    Raises:
        StoreUnavailableError: it is away for all of them.
    """
    count = 0
    refused: list[PlatformError] = []
    if not isinstance(store, Sink) or not store.needs_schema:
        return count, refused
    for stream in configuration.snapshot().streams.values():
        if connector.route.takes(stream):
            try:
                count += _prepare_stream(store, stream, connector.steering(stream))
            except StoreUnavailableError:
                raise
            except PlatformError as error:
                refused.append(error)
    return count, refused


def _prepare_stream(store: Sink, stream: Stream, steering: Steering) -> int:
    snapshot = configuration.snapshot()
    ids = [f"/{stream.schema_title}/{version}" for version in snapshot.schemas.versions(stream.schema_title)]  # oldest first
    schemas = {schema_id: schema for schema_id in ids if (schema := snapshot.find_schema(schema_id)) is not None}
    for schema_id, schema in schemas.items():
        store.prepare(stream.name, schema_id, schema.document, steering)
    return len(schemas)


def _failed(row: Preparation, error: PlatformError) -> None:
    log.warning("connector.unprepared", extra={"connector": row.connector.name, "code": error.code, "why": str(error)})
    if isinstance(error, StoreUnavailableError):
        breaker.failed(row.connector.target_id, error)
    Preparation.objects.filter(pk=row.pk).update(
        attempts=F("attempts") + 1,
        queued_at=None,
        not_before=Now() + timedelta(seconds=leasing.delay_seconds(row.attempts + 2)),
        error_code=error.code,
        last_error=masked(f"{error} {error.hint}".strip()),
    )


def _digest(taken: Taken, versions: Any) -> str:
    """Of everything that a store is prepared by: its row's version, its streams and their schemas."""
    parts = [str(taken.version)]
    parts += [f"{one.name} {one.schema_title} {versions(one.schema_title)} {dict(one.consumers)}" for one in taken.streams]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
