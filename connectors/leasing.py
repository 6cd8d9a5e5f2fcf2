"""The only writers of leases: who may run a connector on a partition, until when, and what came of it.

All clocks are the database's, so workers' clocks don't matter. Whoever writes here names owner and epoch; a former owner
changes nothing and learns it from the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now

from connectors.models import Lease
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition

LEASE = timedelta(seconds=10)
QUEUED_FOR = timedelta(seconds=5)  # a message not taken up by then counts as lost
_FIRST_DELAY_SECONDS = 2.0
_LONGEST_DELAY_SECONDS = 300.0

_FREE = Q(until=None) | Q(until__lt=Now())


def take(*, connector_id: int, where: TopicPartition, owner: str) -> Lease | None:
    """Take the lease of a partition, by one atomic update; None where somebody holds it or it must not run."""
    found = Lease.objects.filter(_FREE, connector_id=connector_id, topic=where.topic, partition=where.partition)
    found = found.filter(Q(not_before=None) | Q(not_before__lte=Now())).exclude(state=Lease.State.STOPPED)
    taken = found.update(
        owner=owner, epoch=F("epoch") + 1, until=Now() + LEASE, state=Lease.State.RUNNING, state_since=Now(), queued_at=None
    )
    if not taken:
        return None
    return (
        Lease.objects.select_related("connector__target")
        .filter(connector_id=connector_id, topic=where.topic, partition=where.partition, owner=owner)
        .first()
    )


def renew(lease: Lease, *, next_offset: int | None = None) -> bool:
    """Hold the lease on, and mirror the store's position; False where it was lost, or the connector paused."""
    mirrored: dict[str, Any] = {} if next_offset is None else _mirror(next_offset)
    return bool(_mine(lease).filter(connector__is_enabled=True).update(until=Now() + LEASE, **mirrored))


def release(lease: Lease, *, next_offset: int | None = None, incarnation: str = "") -> None:
    """Give the lease back after a slice without an error, which proved the position to be of this incarnation."""
    mirrored: dict[str, Any] = {}
    if next_offset is not None:
        proven = {"incarnation": incarnation, "proven_incarnation": incarnation}
        mirrored = {**_mirror(next_offset), **proven, "last_error": "", "error_code": ""}
    _give_back(lease, state=Lease.State.IDLE, attempts=0, not_before=None, **mirrored)


def back_off(lease: Lease, error: BaseException, *, code: str) -> None:
    """Give the lease back; it is tried again by itself, each time later: 2 s, 4 s … 5 min."""
    delay = timedelta(seconds=delay_seconds(lease.attempts))
    facts = {"attempts": F("attempts") + 1, "not_before": Now() + delay, "failed_at": Now()}
    _give_back(lease, state=Lease.State.RETRYING, error_code=code, last_error=_sentence(error), **facts)


def stop(lease: Lease, error: BaseException, *, code: str) -> None:
    """Give the lease back for good: only a person's resume lets it run again."""
    _give_back(lease, state=Lease.State.STOPPED, error_code=code, last_error=_sentence(error), failed_at=Now())


def delay_seconds(attempts: int) -> float:
    """How long to wait after so many failures before this one."""
    return min(_FIRST_DELAY_SECONDS * 2.0 ** min(attempts, 20), _LONGEST_DELAY_SECONDS)


def queued(pks: Collection[int]) -> None:
    """Note that a slice was asked for."""
    Lease.objects.filter(pk__in=pks).update(queued_at=Now())


def mirror_ends(ends: Mapping[int, int]) -> None:
    """Mirror the log's end offsets (by lease), and note since when something waits there."""
    rows = list(Lease.objects.filter(pk__in=ends))
    for row in rows:
        row.end_offset = ends[row.pk]
    Lease.objects.bulk_update(rows, ["end_offset"], batch_size=500)
    unread = Q(next_offset=None, end_offset__gt=0) | Q(next_offset__lt=F("end_offset"))
    Lease.objects.filter(unread, unread_since=None).update(unread_since=Now())
    Lease.objects.filter(next_offset__gte=F("end_offset")).exclude(unread_since=None).update(unread_since=None)


def mirror_incarnations(incarnations: Mapping[str, str]) -> None:
    """Mirror the topics' incarnations; one that changed makes the watcher ask whether the position still means anything."""
    changed = [row for row in Lease.objects.filter(topic__in=incarnations) if row.incarnation != incarnations[row.topic]]
    for row in changed:
        row.incarnation = incarnations[row.topic]
    Lease.objects.bulk_update(changed, ["incarnation"], batch_size=500)


def add(wanted: Collection[Lease]) -> None:
    """Make the leases that a new stream, partition or connector needs."""
    Lease.objects.bulk_create(wanted, ignore_conflicts=True)


def remove(pks: Collection[int]) -> None:
    """Forget partitions that a connector no longer takes; their position stays in the store."""
    Lease.objects.filter(_FREE, pk__in=pks).delete()


def _mirror(next_offset: int) -> dict[str, Any]:
    return {"next_offset": next_offset, "unread_since": None}


def _mine(lease: Lease) -> Any:
    return Lease.objects.filter(pk=lease.pk, owner=lease.owner, epoch=lease.epoch)


def _give_back(lease: Lease, **facts: Any) -> None:
    _mine(lease).update(owner="", until=None, state_since=Now(), **facts)


def _sentence(error: BaseException) -> str:
    hint = error.hint if isinstance(error, PlatformError) else ""
    return f"{error} {hint}".strip()
