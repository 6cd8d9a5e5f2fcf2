"""Cached reads: the snapshot that this process serves, and the history of what was published."""

from __future__ import annotations

import logging
import threading
import time
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection

from eventplatform.core import metrics
from streamconfig import accounts, history, snapshots
from streamconfig import findings as linting
from streamconfig.configuration import document
from streamconfig.configuration.applying import read_changed
from streamconfig.configuration.changes import chain_hash, from_json
from streamconfig.configuration.document import Document
from streamconfig.configuration.scopes import Scope
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.lint.finding import Finding
from streamconfig.models import Revision
from streamconfig.snapshots import Snapshot, SnapshotMissingError, SnapshotSource

log = logging.getLogger(__name__)

owner_of_token = accounts.owner_of

STALE_SECONDS = 5.0  # a process asks its database each second
_CHECK_SECONDS = 1.0
_KEPT_DOCUMENTS = 4
_documents: dict[str, Document] = {}  # by the hash of their revision
_FORGOTTEN = -_CHECK_SECONDS


class _Kept:
    """The snapshot of a process without a keeper: looked at when it is asked for, at most once a second."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.source = SnapshotSource()
        self.checked_at = _FORGOTTEN
        self.is_away = False  # the database, when it was last asked

    def snapshot(self) -> Snapshot:
        current = self.source.current
        if current is not None and time.monotonic() - self.checked_at < _CHECK_SECONDS:
            return current
        # One thread asks. The others go on with what there is, or a database that hangs would hold them all; but who has
        # just published wants to see it.
        if not self.lock.acquire(blocking=current is None or self.checked_at == _FORGOTTEN) and current is not None:
            return current
        try:
            found = self.source.refresh()
            self.is_away = False
        except DatabaseError as error:
            self.is_away = self.source.current is not None
            connection.close_if_unusable_or_obsolete()  # outside of requests nobody else would ever connect again
            if self.source.current is None:
                raise SnapshotMissingError from error
            metrics.SNAPSHOT_AGE.set(self.source.age_seconds())
            log.warning("snapshot.database_away", extra={"revision": self.source.current.revision})
            return self.source.current
        else:
            return found
        finally:
            self.checked_at = time.monotonic()
            self.lock.release()


_kept = _Kept()


def snapshot() -> Snapshot:
    """All configuration and schemas of this moment; while the database is away, the last good ones.

    Kept by a thread where a `SnapshotKeeper` runs, at most a second old elsewhere.
    """
    keeper = snapshots.running()
    return keeper.snapshot() if keeper else _kept.snapshot()


def stream_set(*, at: datetime | None = None, scope: Scope | None = None) -> tuple[StreamSet, int]:
    """What holds for a scope, and the revision that says so: now, in the past by the history, in the future by the schedule.

    Raises:
        HistoryAwayError: the past is asked for while the database is away.
    """
    config = snapshot()
    if at is None:
        return config.scoped(scope), config.revision
    if at >= config.taken_at:
        timeline, revision = config.timeline, config.revision
    else:
        timeline, revision = history.at(at)
    document = timeline.document_at(at)
    return StreamSet(document, at=at, scope=scope, environment=settings.ENVIRONMENT, earlier=config.stream_set), revision


def fresh_snapshot() -> Snapshot:
    """The snapshot that holds now, asked of the database; for work after a publish."""
    forget()
    return _kept.snapshot()


def age_seconds() -> float:
    """Since this process last confirmed its snapshot."""
    keeper = snapshots.running()
    return keeper.age_seconds() if keeper else _kept.source.age_seconds()


def stale_seconds() -> int | None:
    """The age of what this process serves where it is so old that the answer must say so; None where it isn't."""
    age = age_seconds()
    return int(age) if age > STALE_SECONDS else None


def stale_seconds_now() -> int | None:
    """The same for whoever may not have asked for the snapshot, such as the frame of a page; asks nothing itself."""
    if snapshots.running():
        return stale_seconds()
    return int(_kept.source.age_seconds()) if _kept.is_away else None


def forget() -> None:
    """Look again at the next call, whatever time it is; a process sees a change of its own at once."""
    _kept.checked_at = _FORGOTTEN


def current_document() -> Document:
    """The document of the newest revision."""
    return document_of(newest_revision())


def newest_revision() -> int:
    """The number of the newest revision; 0 before the first."""
    return Revision.objects.order_by("-number").values_list("number", flat=True).first() or 0


def document_of(number: int) -> Document:
    """The document of one revision; an empty one where there is no such revision."""
    known = Revision.objects.filter(number=number).values_list("hash", flat=True).first()
    return Document() if known is None else _document(number, known)


def _document(number: int, known: str) -> Document:
    """A revision's document; of streams that an earlier one holds alike, that one's entries."""
    found = _documents.get(known)
    if found is None:
        row = Revision.objects.get(number=number, hash=known)
        made, earlier = row.document, _documents.get(row.previous_hash)
        found = document.read(made) if earlier is None else read_changed(earlier, made, from_json(row.changes))
        # What a hash stands for never changes; a few are enough, since newer ones are asked for again and again.
        for old in list(_documents)[: max(0, len(_documents) - _KEPT_DOCUMENTS + 1)]:
            _documents.pop(old, None)
        _documents[known] = found
    return found


def broken_revision() -> int | None:
    """The first revision that is not what was published, told by the chain of hashes; None where all are."""
    previous = None
    for row in Revision.objects.order_by("number").iterator(chunk_size=20):
        expected = chain_hash(
            previous=row.previous_hash,
            number=row.number,
            created_at=row.created_at,
            author=row.author,
            reason=row.reason,
            document_text=row.document_text,
            effective_at=row.effective_at,
        )
        if row.hash != expected or previous not in (None, row.previous_hash):
            return row.number
        previous = row.hash
    return None


def export() -> dict[str, object]:
    """The newest document as `services.import_document` takes it."""
    return current_document().as_json()


def streams_of_title(title: str) -> tuple[str, ...]:
    """The streams that carry events of a schema title, for pages of lower apps."""
    config = snapshot()
    titles = config.schemas.names_of(title) | {title}
    return tuple(name for name, stream in config.streams.items() if stream.schema_title in titles)


def title_of_topic(topic: str) -> str:
    """The schema title that events of a topic have, or of a stream of that name; empty where there is neither."""
    streams = snapshot().streams
    stream = streams.get(topic) or next((one for one in streams.values() if topic in one.topics), None)
    return stream.schema_title if stream else ""


def findings() -> tuple[Finding, ...]:
    """Everything in the configuration that a person should look at, errors first."""
    return linting.known(snapshot())
