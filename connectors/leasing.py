"""The writers of leases: who may run a connector on a partition, until when, and what came of it.

Elsewhere only the breaker ends delays, the pulse renews, and history and retention alarm keep columns of their own. All clocks
are the database's, so workers' clocks don't matter. Whoever writes here names owner and epoch; a former owner
changes nothing and learns it from the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now

from connectors import breaker
from connectors.models import Backfill, Connector, Lease
from eventplatform.core.errors import PlatformError
from eventplatform.core.masking import masked
from eventplatform.core.records import TopicPartition

LEASE = timedelta(seconds=10)
QUEUED_FOR = timedelta(seconds=5)  # a message not taken up by then counts as lost
_LEAST_TURN = timedelta(seconds=3)
_FIRST_DELAY_SECONDS = 2.0
_LONGEST_DELAY_SECONDS = 300.0
_MINUTE = 60.0

_FREE = Q(until=None) | Q(until__lt=Now())
_FRESH: dict[str, Any] = {"state": Lease.State.IDLE, "state_since": Now(), "not_before": None, "queued_at": None, "attempts": 0}
_MIRROR_ENDS = """
UPDATE connectors_lease SET end_offset = log.end_offset
FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS log(topic, partition, end_offset)
WHERE connectors_lease.topic = log.topic AND connectors_lease.partition = log.partition AND backfill_id IS NULL
    AND connectors_lease.end_offset IS DISTINCT FROM log.end_offset
"""
_MARK_UNREAD = """
UPDATE connectors_lease SET unread_since = CASE WHEN unread_since IS NULL THEN now() END
WHERE backfill_id IS NULL AND (unread_since IS NULL) = (coalesce(end_offset, 0) > coalesce(next_offset, 0))
"""
_MIRROR_INCARNATIONS = """
UPDATE connectors_lease SET incarnation = log.incarnation FROM unnest(%s::text[], %s::text[]) AS log(topic, incarnation)
WHERE connectors_lease.topic = log.topic AND connectors_lease.incarnation <> log.incarnation
"""


def take(
    *,
    connector_id: int,
    where: TopicPartition,
    owner: str,
    backfill_id: int | None = None,
    is_forced: bool = False,
) -> Lease | None:
    """Take the lease of a partition, by one atomic update; None where somebody holds it or it must not run.

    `is_forced`: a person's act, which heeds neither a breaker nor a stop.
    """
    one = Q(connector_id=connector_id, topic=where.topic, partition=where.partition, backfill_id=backfill_id)
    found = Lease.objects.filter(_FREE, one)
    if not is_forced:
        found = found.filter(Q(not_before=None) | Q(not_before__lte=Now())).exclude(state=Lease.State.STOPPED)
        found = found.filter(connector_id__in=_having(breaker.closed("target__")))
    taken = found.update(
        owner=owner,
        epoch=F("epoch") + 1,
        until=Now() + LEASE,
        state=Lease.State.RUNNING,
        state_since=Now(),
        queued_at=None,
        is_wanted=False,
    )
    if not taken:
        return None
    return Lease.objects.select_related("connector__target", "backfill").filter(one, owner=owner).first()


def renew(
    lease: Lease,
    *,
    next_offset: int | None = None,
    incarnation: str = "",
    read_at: datetime | None = None,
    written: int = 0,
    set_aside: int = 0,
) -> bool:
    """Hold the lease on, and mirror the store's position and what the slice did; False where it must end.

    That is where the lease was lost or forgotten, the connector paused, or its back-fill ended.
    """
    facts: dict[str, Any] = {}
    if next_offset is not None:
        facts = {**_mirror(next_offset, read_at), "proven_incarnation": incarnation, **_done(lease, written, set_aside)}
    wanted = _mine(lease).filter(connector_id__in=_having(Q(is_enabled=True)))
    if lease.backfill_id is not None:
        wanted = wanted.filter(backfill_id__in=Backfill.objects.filter(state=Backfill.State.RUNNING).values("pk"))
    return bool(wanted.update(until=Now() + LEASE, **facts))


def release(
    lease: Lease,
    *,
    next_offset: int | None = None,
    incarnation: str = "",
    read_at: datetime | None = None,
    written: int = 0,
    set_aside: int = 0,
) -> None:
    """Give the lease back after a slice without an error, which proved the position to be of this incarnation."""
    mirrored: dict[str, Any] = {}
    if next_offset is not None:
        proven = {"incarnation": incarnation, "proven_incarnation": incarnation}
        mirrored = {
            **_mirror(next_offset, read_at),
            **proven,
            **_done(lease, written, set_aside),
            "last_error": "",
            "error_code": "",
        }
    _give_back(lease, state=Lease.State.IDLE, attempts=0, not_before=None, **mirrored)


def back_off(lease: Lease, error: BaseException, *, code: str, told_seconds: float | None = None) -> None:
    """Give the lease back; it is tried again by itself, each time later: 2 s, 4 s … 5 min, and no sooner than it was told."""
    _retry(lease, error, code=code, seconds=max(delay_seconds(lease.attempts), told_seconds or 0.0))


def restart_later(lease: Lease, error: BaseException, *, code: str, longest_minutes: int) -> None:
    """Give the lease back after an error that nobody foresaw; it starts again after 2, 6, 12, 20 … minutes."""
    minutes = restart_minutes(lease.attempts, longest=longest_minutes)
    _retry(lease, error, code=code, seconds=minutes * _MINUTE)


def restart_minutes(attempts: int, *, longest: int) -> int:
    """How long to wait after so many failures before this one: n² + n minutes, as Strimzi restarts connectors."""
    tries = min(attempts, 1000) + 1
    return min(tries * tries + tries, longest)


def stop(lease: Lease, error: BaseException, *, code: str) -> None:
    """Give the lease back for good: only a person's resume lets it run again."""
    _give_back(lease, state=Lease.State.STOPPED, error_code=code, last_error=_sentence(error), failed_at=Now())


def delay_seconds(attempts: int) -> float:
    """How long to wait after so many failures before this one."""
    return min(_FIRST_DELAY_SECONDS * 2.0 ** min(attempts, 20), _LONGEST_DELAY_SECONDS)


def begin_anew(leases: Q, *, is_elsewhere: bool) -> None:
    """Somebody changed what held them back perhaps: those that wait for their delay go on now.

    `is_elsewhere`: the store may be another one, so what was mirrored of its position proves nothing any more.
    """
    found = Lease.objects.filter(leases)
    found.filter(state=Lease.State.RETRYING).update(not_before=None, queued_at=None, attempts=0)
    if is_elsewhere:
        found.update(proven_incarnation="")


def resume(leases: Q) -> None:
    """A person wants those that no slice is at work on to go on now, whatever held them back."""
    Lease.objects.filter(leases).exclude(state=Lease.State.RUNNING).update(**_FRESH)


def restart(leases: Q, *, only_failed: bool) -> int:
    """Begin anew where an error holds partitions back, or everywhere: slices at work there end before their next write."""
    found = Lease.objects.filter(leases)
    if only_failed:
        found = found.filter(state__in=(Lease.State.RETRYING, Lease.State.STOPPED))
    return found.update(**_FRESH, owner="", until=None, epoch=F("epoch") + 1)


def queued(pks: Collection[int]) -> None:
    """Note that a slice was asked for."""
    Lease.objects.filter(pk__in=pks).update(queued_at=Now())


def want_back() -> None:
    """Ask slices that have worked for some seconds to end after their next write: others find no thread."""
    Lease.objects.filter(until__gte=Now(), state_since__lt=Now() - _LEAST_TURN, is_wanted=False).update(is_wanted=True)


def mirror_ends(ends: Mapping[TopicPartition, int]) -> None:
    """Mirror the log's end offsets, those that changed, and note since when something waits where."""
    with connection.cursor() as cursor:
        if ends:
            topics, partitions = [one.topic for one in ends], [one.partition for one in ends]
            cursor.execute(_MIRROR_ENDS, (topics, partitions, list(ends.values())))
        cursor.execute(_MARK_UNREAD)


def mirror_incarnations(incarnations: Mapping[str, str]) -> None:
    """Mirror the topics' incarnations; one that changed makes the watcher ask whether the position still means anything."""
    with connection.cursor() as cursor:
        cursor.execute(_MIRROR_INCARNATIONS, (list(incarnations), list(incarnations.values())))


def add(wanted: Collection[Lease]) -> None:
    """Make the leases that a new stream, partition or connector needs."""
    Lease.objects.bulk_create(wanted, ignore_conflicts=True)


def remove(pks: Collection[int]) -> None:
    """Forget partitions that a connector no longer takes; a slice at work there ends before its next write.

    Their position stays in the store.
    """
    Lease.objects.filter(pk__in=pks).delete()


def _having(connectors: Q) -> Any:
    """Connectors by a condition, as a subquery: a join would make the update look at the lease as it was before a wait."""
    return Connector.objects.filter(connectors).values("pk")


def _done(lease: Lease, written: int, set_aside: int) -> dict[str, Any]:
    """What slices did; the lease is as it was when this one took it, and nobody else counts meanwhile."""
    return {"rows_written": lease.rows_written + written, "rows_set_aside": lease.rows_set_aside + set_aside}


def _retry(lease: Lease, error: BaseException, *, code: str, seconds: float) -> None:
    facts = {"attempts": F("attempts") + 1, "not_before": Now() + timedelta(seconds=seconds), "failed_at": Now()}
    _give_back(lease, state=Lease.State.RETRYING, error_code=code, last_error=_sentence(error), **facts)


def _mirror(next_offset: int, read_at: datetime | None) -> dict[str, Any]:
    """What waits behind the records that were written came no sooner than the newest of them, at `read_at`."""
    behind = Case(When(end_offset__gt=next_offset, then=Value(read_at) if read_at else F("behind_since")), default=None)
    return {"next_offset": next_offset, "unread_since": None, "behind_since": behind}


def _mine(lease: Lease) -> Any:
    return Lease.objects.filter(pk=lease.pk, owner=lease.owner, epoch=lease.epoch)


def _give_back(lease: Lease, **facts: Any) -> None:
    _mine(lease).update(owner="", until=None, state_since=Now(), **facts)


def _sentence(error: BaseException) -> str:
    """For people; what nobody foresaw may quote anything, a record too, so only its kind is told."""
    if isinstance(error, PlatformError):
        return masked(f"{error} {error.hint}".strip())
    return f"{type(error).__name__}; the worker's log says more."
