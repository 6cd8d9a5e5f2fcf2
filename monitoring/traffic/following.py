"""Writes down what the watch must know of the platform itself: which share is sampled, and when counts say nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from eventplatform.core.streams import Stream
from monitoring import lookups
from monitoring.traffic.models import StreamShare, TrafficHold
from streamconfig.lookups import snapshot, stream_set

_PAUSE = timedelta(minutes=5)
_MOMENTS = 12  # of a pause that are looked at in the history of configuration
_EARLIER = timedelta(minutes=2)  # a part is away a little before somebody notices
_HELD_BY: Mapping[str, str] = {
    "log": "The log was away.",
    "intake": "The intake was away.",
    "spool": "Events waited in the spool.",
}


def follow(*, now: datetime, followed_at: datetime | None) -> int:
    """Note the shares that hold now, and those that held in a pause of this tick; the number of changes."""
    rows = StreamShare.objects.order_by("stream", "-at").distinct("stream").values_list("stream", "share")
    known = dict(rows)
    changes = 0
    for at in _missed(followed_at, now):
        changes += _note(known, stream_set(at=at)[0].streams, at)
    return changes + _note(known, snapshot().streams, now)


def share_of(stream: Stream) -> float:
    """The share of all that happens which clients send."""
    if not (stream.is_enabled and stream.is_open):
        return 0.0
    return stream.sampling.rate if stream.sampling else 1.0


def _missed(followed_at: datetime | None, now: datetime) -> Iterable[datetime]:
    if followed_at is None or now - followed_at <= _PAUSE:
        return []
    step = (now - followed_at) / (_MOMENTS + 1)
    return [followed_at + number * step for number in range(1, _MOMENTS + 1)]


def _note(known: dict[str, float], streams: Mapping[str, Stream], at: datetime) -> int:
    shares = dict.fromkeys(known, 0.0) | {name: share_of(stream) for name, stream in streams.items()}
    changed = {name: share for name, share in shares.items() if known.get(name) != share}
    known |= changed
    StreamShare.objects.bulk_create(
        [StreamShare(stream=name, at=at, share=share) for name, share in changed.items()],
        update_conflicts=True,
        unique_fields=["stream", "at"],
        update_fields=["share"],
        batch_size=1000,
    )
    return len(changed)


def hold(*, now: datetime) -> bool:
    """Note which parts are away, by their heartbeats; True while any is."""
    beats = lookups.heartbeats()
    reasons = {
        why for role, why in _HELD_BY.items() if (beat := beats.get(role)) and (not beat.is_well or _waits(role, beat.detail))
    }
    TrafficHold.objects.filter(ended_at__isnull=True).exclude(reason__in=reasons).update(ended_at=now)
    held = set(TrafficHold.objects.filter(ended_at__isnull=True).values_list("reason", flat=True))
    TrafficHold.objects.bulk_create(
        [TrafficHold(began_at=now - _EARLIER, reason=reason) for reason in sorted(reasons - held)], ignore_conflicts=True
    )
    return bool(reasons)


def _waits(role: str, detail: str) -> bool:
    """Events in the spool come into the log later, by its clock too."""
    return role == "spool" and bool(detail)


def holds(*, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """When counts said nothing of producers."""
    rows = TrafficHold.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=since), began_at__lt=until)
    return [(began_at, ended_at or until) for began_at, ended_at in rows.values_list("began_at", "ended_at")]
