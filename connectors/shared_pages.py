"""What the app shows on shared pages: where a stream arrives, and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from connectors import letters, lookups, opening
from connectors.models import Connector, Preparation
from connectors.sinks.base import Sink
from eventplatform import figures
from eventplatform.core.errors import PlatformError
from eventplatform.panels import Trouble, Use
from streamconfig import lookups as configuration

_BEHIND_SECONDS = 600.0


def of_stream(stream: str) -> Mapping[str, Any] | None:
    """The stream's connectors, each with the place in its store; no panel where none takes it."""
    views = lookups.for_stream(stream)
    return {"arrivals": [(view, place_of(view.name, stream)) for view in views]} if views else None


def place_of(connector: str, stream: str) -> str:
    """The table or index that a stream is given there, as far as it is known without asking the store; else empty."""
    row = Connector.objects.select_related("target").filter(name=connector).first()
    known = configuration.snapshot().find_stream(stream)
    try:
        store = opening.make_store(row) if row else None
        if known is None or row is None or not isinstance(store, Sink):
            return ""
        told = store.preview(stream, {}, (), row.steering(known))
    except PlatformError:
        return ""  # the connector's own page says what is wrong with it
    return told.place if told else ""


def uses_of_schema(title: str) -> list[Use]:
    """The connectors that take a stream of a schema title, each once."""
    taken = lookups.by_stream()
    views = {view.name: view for stream in configuration.streams_of_title(title) for view in taken.get(stream, ())}
    return [
        Use("connector", view.name, view.link, note=f"{view.kind} into {view.target}", state=view.state)
        for view in views.values()
    ]


def troubles() -> list[Trouble]:
    """Events that the log will soon delete unread, stopped and retrying connectors, those far behind, and dead letters."""
    found = [_losing(name, at) for name, at in losing()]
    found += [trouble for view in lookups.overview() for trouble in _troubles_of(view)]
    found += _unprepared()
    groups = letters.groups()
    if groups:
        total = sum(group.count for group in groups)
        newest = groups[0]
        what = f"{figures.thin(total)} record{'s' if total != 1 else ''} set aside"
        why = f"Newest: {newest.code}, {newest.stream} into {newest.connector}. The rest went on."
        found.append(
            Trouble(
                "warn",
                what,
                why,
                f"{reverse('rejected')}?source=connector",
                "See reasons",
                since=figures.ago(newest.last_at),
                kind="connector.dead_letters",
                subject="connectors",
            )
        )
    return found


def losing() -> list[tuple[str, datetime]]:
    """The connectors whose oldest unread event the log deletes soon, and when, the soonest first."""
    near = Connector.objects.filter(leases__backfill=None).values_list("name").annotate(at=Min("leases__loses_at"))
    return list(near.exclude(at=None).order_by("at"))


def _losing(name: str, at: datetime) -> Trouble:
    why = f"The log deletes the oldest event that waits for it at {at:%d %b %H:%M} UTC."
    what, link = f"Connector {name} is about to lose events", reverse("connector", args=[name])
    return Trouble("fail", what, why, link, "Let it go on", kind="connector.retention", subject=name)


def _unprepared() -> list[Trouble]:
    """Stores that could not be made ready for a schema before its data; slices that meet it may stop."""
    rows = Preparation.objects.select_related("connector").filter(connector__is_enabled=True).exclude(last_error="")
    return [
        Trouble(
            "warn",
            f"Connector {row.connector.name} is not ready for all its schemas",
            row.last_error,
            reverse("connector", args=[row.connector.name]),
            "See partitions",
            kind="connector.unprepared",
            subject=row.connector.name,
        )
        for row in rows
    ]


def _troubles_of(view: lookups.ConnectorView) -> list[Trouble]:
    if not view.is_enabled:
        return []
    found = [_held_back(view, cause) for cause in view.causes]
    if not found and (view.lag_seconds or 0) > _BEHIND_SECONDS:
        why = f"{figures.thin(view.lag_records)} records wait; the oldest for {figures.age(view.lag_seconds)}. Nothing is lost."
        what, began_at = f"Connector {view.name} is behind", timezone.now() - timedelta(seconds=view.lag_seconds or 0)
        found.append(
            Trouble(
                "warn",
                what,
                why,
                view.link,
                "See partitions",
                kind="connector.behind",
                subject=view.name,
                began_at=began_at,
            )
        )
    return found


def _held_back(view: lookups.ConnectorView, cause: lookups.Cause) -> Trouble:
    others = f" The same on {cause.others} more partition{'s' if cause.others != 1 else ''}." if cause.others else ""
    what, remedy = ("stopped", "Open and resume") if cause.state == "stopped" else ("can't write", "See cause")
    return Trouble(
        "fail",
        f"Connector {view.name} {what}",
        cause.text + others,
        view.link,
        remedy,
        figures.ago(cause.since),
        kind=f"connector.{cause.state}",
        subject=view.name,
        began_at=cause.since,
    )
