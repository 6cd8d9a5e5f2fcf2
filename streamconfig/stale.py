"""Streams and instruments that nobody seems to need or to answer for: what is wrong, since when, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.utils import timezone

from eventplatform import panels
from registry import lookups as registry
from registry.schema.schema_set import SchemaSet
from streamconfig import lookups
from streamconfig.configuration import ramps, windows
from streamconfig.configuration.document import Document, merged
from streamconfig.models import Revision
from streamconfig.notifying.reminders import day_of

QUIET_DAYS = 30
OFF_DAYS = 90

Kind = Literal["stream", "instrument"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong; `since` is None where nobody can tell."""

    code: str
    text: str
    remedy: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class StaleItem:
    """A stream or an instrument with the reasons to look at it, the longest standing first."""

    kind: Kind
    name: str
    owner: str
    reasons: tuple[Reason, ...]

    @property
    def since(self) -> date | None:
        """The earliest date that a reason names."""
        return min((one.since for one in self.reasons if one.since), default=None)

    @property
    def what_to_do(self) -> str:
        """The remedy of the first reason."""
        return self.reasons[0].remedy


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rules look at, read once for all items."""

    now: datetime
    schemas: SchemaSet
    quiet: Mapping[str, date | None]  # names that had no events for long, with the last day that they had one
    off_since: Mapping[tuple[str, str], date]  # by section and name, when the newest change switched it


@dataclass(frozen=True, slots=True)
class _Item:
    """A stream or an instrument as the rules see it."""

    kind: Kind
    name: str
    owner: str
    is_enabled: bool
    said: Mapping[str, Any]  # where windows, ramp and dates stand
    rate: Any
    schema_title: str = ""


def stale_items(now: datetime | None = None) -> list[StaleItem]:
    """Everything stale, streams first, in configuration order."""
    document = lookups.current_document()
    now, items = now or timezone.now(), list(_items(document))
    off_since = {} if all(item.is_enabled for item in items) else _switched()
    known = _Known(now, registry.schemas(), _quiet(now), off_since)
    found = []
    for item in items:
        reasons = [reason for rule in _RULES if (reason := rule(item, known)) is not None]
        if reasons:
            reasons.sort(key=lambda one: one.since or known.now.date())
            found.append(StaleItem(item.kind, item.name, item.owner, tuple(reasons)))
    return found


def _items(document: Document) -> Iterator[_Item]:
    owners = {}
    for entry in document.entries:
        settings, about = merged(document.defaults, entry), entry.about
        owners[entry.name] = about.owner
        said = {**entry.own, "review_on": about.review_on, "expires_on": about.expires_on}
        title = str(settings.get("schema_title") or "")
        yield _Item("stream", entry.name, about.owner, entry.is_enabled, said, _rate(settings), title)
    for key, item in document.section("instruments").items():
        owner = str(item.get("owner") or owners.get(str(item.get("stream")), ""))
        yield _Item("instrument", key, owner, item.get("is_enabled", True), item, _rate(item))


def _rate(settings: Mapping[str, Any]) -> Any:
    sample = settings.get("sample")
    return sample.get("rate") if isinstance(sample, Mapping) else None


def _no_owner(item: _Item, _known: _Known) -> Reason | None:
    if item.owner:
        return None
    return Reason("no_owner", "Nobody owns it.", "Name the team that answers for it, or retire it.")


def _expired(item: _Item, known: _Known) -> Reason | None:
    day = day_of(item.said.get("expires_on"))
    if day is None or day >= known.now.date():
        return None
    return Reason("expired", f"It expired on {day}.", "Retire it, or set another date if it is still needed.", day)


def _review_due(item: _Item, known: _Known) -> Reason | None:
    day = day_of(item.said.get("review_on"))
    if day is None or day > known.now.date():
        return None
    return Reason("review_due", f"Its review was due on {day}.", "Confirm that it is needed and set the next date.", day)


def _no_events(item: _Item, known: _Known) -> Reason | None:
    if item.kind != "stream" or not item.is_enabled or item.name not in known.quiet:
        return None
    last = known.quiet[item.name]
    text = f"No event came since {last}." if last else f"No event came in the last {QUIET_DAYS} days, or ever."
    return Reason("no_events", text, "Ask its producers whether they still send; if not, retire it.", last)


def _off_for_long(item: _Item, known: _Known) -> Reason | None:
    since = None if item.is_enabled else known.off_since.get((f"{item.kind}s", item.name))
    if since is None or since > known.now.date() - timedelta(days=OFF_DAYS):
        return None
    return Reason("off_for_long", f"It is switched off since {since}.", "Retire it, or switch it on.", since)


def _rate_zero(item: _Item, known: _Known) -> Reason | None:
    steps = ramps.parse(item.said.get("ramp"))
    ramped = ramps.rate_at(steps, known.now)
    rate = item.rate if ramped is None else ramped
    if rate != 0 or isinstance(rate, bool) or ramps.next_step(steps, known.now) is not None:
        return None
    return Reason("rate_zero", "Its sampling rate is 0, so nobody sends.", "Raise the rate, or switch it off or retire it.")


def _deprecated_schema(item: _Item, known: _Known) -> Reason | None:
    found = known.schemas.deprecation(item.schema_title) if item.schema_title else None
    if found is None:
        return None
    instead = f"Move to {found.replacement}." if found.replacement else "Ask the schema's owners what to use instead."
    return Reason("deprecated_schema", f"Its schema {item.schema_title} is deprecated.", instead, found.since)


def _closed_for_good(item: _Item, known: _Known) -> Reason | None:
    parsed = windows.parse(item.said.get("windows"))
    if not parsed or windows.is_open(parsed, known.now) or windows.next_edge(parsed, known.now) is not None:
        return None
    closed = windows.closed_since(parsed, known.now)
    text = "Its window never opens again."
    return Reason("window_over", text, "Retire it, or give it another window.", closed.date() if closed else None)


_RULES: tuple[Callable[[_Item, _Known], Reason | None], ...] = (
    _expired,
    _review_due,
    _no_owner,
    _no_events,
    _off_for_long,
    _rate_zero,
    _deprecated_schema,
    _closed_for_good,
)


def _quiet(now: datetime) -> Mapping[str, date | None]:
    """Streams without events for long, where days were counted for that long; new ones have had no chance yet."""
    last_days: Mapping[str, date] | None = panels.call("monitoring.last_days_with_events", QUIET_DAYS)
    if last_days is None:
        return {}
    since = now - timedelta(days=QUIET_DAYS)
    recent = Revision.objects.filter(created_at__gt=since).values_list("changes", flat=True)
    new = {one["name"] for changes in recent for one in changes if one["section"] == "streams" and one["kind"] == "added"}
    names = [entry.name for entry in lookups.current_document().entries if not entry.name.startswith("/")]
    busy = {name for name, day in last_days.items() if day > since.date()}
    return {name: last_days.get(name) for name in names if name not in busy and name not in new}


def _switched() -> Mapping[tuple[str, str], date]:
    """When the newest change of its switch was, of each item that ever had one; in one pass, since many may be off."""
    rows = Revision.objects.filter(changes__contains=[{"fields": [{"path": "is_enabled"}]}]).order_by("number")
    return {
        (change["section"], change["name"]): effective_at.date()
        for changes, effective_at in rows.values_list("changes", "effective_at").iterator(chunk_size=20)
        for change in changes
        if any(field["path"] == "is_enabled" for field in change["fields"])
    }
