"""What a change request would do to volumes, stores, clients and sites: computed from what was counted, before it is published.

Shares (rate and windows) come from the configuration as it will hold with and without the change, other scheduled changes
included; volumes from monitoring and stores from connectors, through panels: an app that is absent leaves its part unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from eventplatform import panels
from streamconfig import lookups, touching
from streamconfig.configuration import changes as differences
from streamconfig.configuration.applying import applied
from streamconfig.configuration.changes import DEFAULTS, Change
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.configuration.forecast import Day, Forecast, Shares, forecast
from streamconfig.configuration.timeline import Scheduled, Timeline
from streamconfig.effect_preview import audience
from streamconfig.effect_preview.audience import Audience
from streamconfig.effect_preview.stores import LOOKED_BACK, Stored, daily_events, stored
from streamconfig.models import ChangeRequest, Revision

_DAY = timedelta(days=1)
LOOKED_AHEAD = 14
_MOST_DAYS_BEFORE = 30  # until the change, drawn in one chart
_MOST_LOOKED_AT = 1000  # of the streams that a change of the defaults touches
_MOST_CHANGED = 300  # items of one request; an import brings thousands, and reading each takes its time
_MOST_STREAMS = 40  # whose volumes are looked up for one page; the rest is named


@dataclass(frozen=True, slots=True)
class Partial:
    """A change that touches a part of a stream whose size nobody counts: an instrument, or the sites of an override."""

    what: str
    stream: str
    before: float
    after: float
    low: float | None  # the whole stream's events a day, if nothing or all of it were that part
    high: float | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What one request would do."""

    moment: datetime
    begins: date  # the first whole day of the change
    streams: Mapping[str, Forecast]  # whose share differs
    left_out: tuple[str, ...]
    stored: tuple[Stored, ...]
    partials: tuple[Partial, ...]
    audiences: tuple[Audience, ...]
    conflicts: tuple[differences.Conflict, ...] = ()
    upset: tuple[Scheduled, ...] = ()  # scheduled changes that don't fit any more once this one holds

    @property
    def counted(self) -> Mapping[str, Forecast]:
        """Those with volumes to compute from."""
        return {name: one for name, one in self.streams.items() if one.used}

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Those of which no events are counted yet."""
        return tuple(name for name, one in self.streams.items() if not one.used)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Those of which nothing came while they were counted, or that were off: nothing follows from that."""
        return tuple(name for name, one in self.counted.items() if one.before is None)

    def total(self, figure: str) -> float | None:
        """The sum of a figure of all streams that it is known of; None where it is known of none."""
        known = [value for one in self.streams.values() if (value := getattr(one, figure)) is not None]
        return sum(known) if known else None

    @property
    def used(self) -> tuple[date, ...]:
        """The counted days that all this is computed from."""
        return tuple(sorted({day for one in self.streams.values() for day in one.used}))

    @property
    def is_scaled(self) -> bool:
        """True where only parts of days were counted."""
        return any(one.is_scaled and one.used for one in self.streams.values())


def preview_of(request: ChangeRequest, *, now: datetime | None = None) -> Preview:
    """What publishing it does; of an applied one, what it did."""
    now, number = now or timezone.now(), request.pk or 0
    if request.applied_revision is not None:
        base, moment = lookups.document_of(request.applied_revision - 1), _applied_at(request.applied_revision)
        return preview(base, request.changes, moment=moment, now=now, number=number)
    moment = max(request.effective_at or now, now)
    return preview(
        lookups.current_document(), request.changes, moment=moment, others=_scheduled(request), now=now, number=number
    )


def preview(
    base: Document,
    changes: Sequence[Change],
    *,
    moment: datetime,
    others: Sequence[Scheduled] = (),
    now: datetime | None = None,
    number: int = 0,
) -> Preview:
    """The effect of changes that hold from `moment` on, on top of a document and what else is scheduled."""
    now = now or timezone.now()
    changes, unseen = _narrowed(changes)
    without = Timeline(base, others)
    planned = without.document_at(moment)
    after, conflicts, _ = applied(planned, changes)
    if conflicts:
        return Preview(moment, first_day(moment), {}, (), (), (), (), conflicts)
    mine = Scheduled(moment, tuple(changes), number, "")
    with_change = Timeline(base, (*others, mine))
    touched = touched_streams(planned, after, changes)
    moved = [name for name in touched[:_MOST_LOOKED_AT] if _differs(name, planned, after, moment)]
    seen = moved[:_MOST_STREAMS]
    begins = first_day(max(moment, now))
    days = _shown_days(begins, now)
    found = {name: _forecast(name, base, without, with_change, days, begins=begins) for name in seen}
    places = [one for name in touched[:_MOST_STREAMS] for one in stored(name, planned, after, found.get(name))]
    return Preview(
        moment=moment,
        begins=begins,
        streams=found,
        left_out=(*moved[_MOST_STREAMS:], *touched[_MOST_LOOKED_AT:], *unseen),
        stored=tuple(places),
        partials=tuple(_partials(planned, after, changes)),
        audiences=tuple(audience.audience_of(name, planned, after, changes) for name in touched[:_MOST_STREAMS]),
        upset=_upset(without, with_change, others),
    )


def _narrowed(changes: Sequence[Change]) -> tuple[Sequence[Change], tuple[str, ...]]:
    """The changes that are looked at, and the streams of the others. An order of more than these can't be made of them."""
    seen, rest = changes[:_MOST_CHANGED], changes[_MOST_CHANGED:]
    if not rest:
        return changes, ()
    names = dict.fromkeys(one.name for one in rest if one.section == STREAMS and one.name)
    return [one for one in seen if one.kind != "moved"], tuple(names)


def _upset(without: Timeline, with_change: Timeline, others: Sequence[Scheduled]) -> tuple[Scheduled, ...]:
    end = max((one.at for one in others), default=None)
    if end is None:
        return ()
    misfits = {one.scheduled.number for one in without.conflicts_at(end)}
    return tuple(one.scheduled for one in with_change.conflicts_at(end) if one.scheduled.number not in misfits)


def touched_streams(before: Document, after: Document, changes: Collection[Change]) -> list[str]:
    """The streams that the changes name themselves, by way of an instrument or an override, or by the defaults."""
    names: list[str] = []
    for one in changes:
        if one.section == STREAMS and one.name:
            names.append(one.name)
        elif one.section == DEFAULTS and any(field.keys[0] in {"sample", "consumers"} for field in one.fields):
            names += [entry.name for entry in after.entries]
        elif one.section == "instruments":
            held = after.section("instruments").get(one.name) or before.section("instruments").get(one.name) or {}
            names.append(str(held.get("stream", "")))
        elif one.section == "overrides":
            for document in (before, after):
                names += list(document.section("overrides").get(one.name, {}).get("streams") or {})
    return [name for name in dict.fromkeys(names) if name]


def _scheduled(request: ChangeRequest) -> tuple[Scheduled, ...]:
    rows = ChangeRequest.objects.filter(state=ChangeRequest.State.SCHEDULED).exclude(pk=request.pk)
    return tuple(Scheduled(one.effective_at, one.changes, one.pk, one.title) for one in rows if one.effective_at)


def _applied_at(revision: int) -> datetime:
    row = Revision.objects.filter(number=revision).values_list("effective_at", flat=True).first()
    return row or timezone.now()


def _differs(name: str, before: Document, after: Document, moment: datetime) -> bool:
    """True where its share does on any of the days that are looked at."""
    old, new = Shares(name, lambda _: before), Shares(name, lambda _: after)
    first = first_day(moment)
    return any(old.looks(day) != new.looks(day) for day in (first + number * _DAY for number in range(LOOKED_AHEAD)))


def _forecast(
    name: str, base: Document, without: Timeline, with_change: Timeline, days: Sequence[date], *, begins: date
) -> Forecast:
    since = _changed_at(name, before=begins)
    counted = [Day(*one) for one in panels.call("monitoring.counted_days", name, LOOKED_BACK, default=())]
    steady = [one for one in counted if since is None or one.day > since]
    weights = panels.call("monitoring.hours_of_week", name, default=())
    return forecast(
        steady if any(one.is_whole for one in steady) else counted,
        days,
        begins,
        now=Shares(name, lambda _: base, weights),
        without=Shares(name, without.document_at, weights),
        with_change=Shares(name, with_change.document_at, weights),
    )


def _changed_at(name: str, *, before: date) -> date | None:
    """Since when the stream's own sampling, windows and switch are as they are; what was counted earlier tells less."""
    for row in touching.revisions(STREAMS, name).filter(effective_at__date__lt=before)[:20]:
        for one in touching.changes_in(row):
            is_timing = any(field.keys[0] in {"sample", "windows", "ramp", "is_enabled"} for field in one.fields)
            if is_timing or one.kind != "changed":
                return row.effective_at.date()
    return None


def first_day(moment: datetime) -> date:
    """The first day (UTC) that is wholly after a moment."""
    at = moment.astimezone(UTC)
    return at.date() if (at.hour, at.minute) == (0, 0) else at.date() + _DAY


def _shown_days(begins: date, now: datetime) -> list[date]:
    """The days of the chart: from tomorrow on, past the change; a change far ahead has its own days alone."""
    tomorrow = now.astimezone(UTC).date() + _DAY
    first = tomorrow if (begins - tomorrow).days <= _MOST_DAYS_BEFORE else begins
    first = min(first, begins)
    last = max(begins + 10 * _DAY, first + LOOKED_AHEAD * _DAY)
    return [first + number * _DAY for number in range((last - first).days)]


def _partials(before: Document, after: Document, changes: Collection[Change]) -> list[Partial]:
    found = []
    for one in changes:
        for what, stream, old, new in audience.parts(before, after, one):
            if old != new:
                daily = daily_events(stream)
                ratio = new / old if old else None
                edge = daily * ratio if daily is not None and ratio is not None else None
                low, high = (min(daily, edge), max(daily, edge)) if daily is not None and edge is not None else (None, None)
                found.append(Partial(what, stream, old, new, low, high))
    return found
