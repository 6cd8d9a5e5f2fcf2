"""One connector: state, cause and remedy first, then rates, lag, partitions, errors, configuration and what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Min
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connectors import acts, backfill, catalog, letters, lookups, options, shown
from connectors.catalog import Kind
from connectors.lookups import ConnectorView, PartitionView
from connectors.models import Connector, Lease, Preparation, Target
from connectors.pages import charting
from connectors.positions import NEEDS_A_CHOICE, PositionLostError
from connectors.rules import Rules
from connectors.sinks.base import Sink
from eventplatform import encryption
from eventplatform.core.errors import PlatformError
from streamconfig import lookups as configuration

# Errors that end when a person says where to go on.
_CHOOSE = {error.code for error in NEEDS_A_CHOICE}
_MANY = 50  # partitions; more are told by topic first
_ON_A_PAGE = 50
_SHOWN_STREAMS = 20
_SHOWN_ACTS = 8
_SHOWN_BACKFILLS = 5


@dataclass(frozen=True, slots=True)
class TopicLine:
    """All partitions of a topic together."""

    topic: str
    partitions: int
    failing: int
    state: str
    lag_records: int
    lag_seconds: float | None


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One reason, over all partitions that met it, or all records that were set aside for it."""

    text: str
    code: str
    kind: str  # stopped, retrying, passed, set_aside
    times: int
    where: str
    last: datetime | None
    link: str = ""


@require_safe
def detail(request: HttpRequest, name: str) -> HttpResponseBase:
    """The page; it asks for itself again every few seconds."""
    view = lookups.find(name)
    if view is None:
        raise Http404(f"No connector {name}.")
    row = Connector.objects.select_related("target").get(name=name)
    taken = sorted(one.name for one in configuration.snapshot().streams.values() if row.route.takes(one))
    context = {
        "view": view,
        "row": row,
        "kind": _kind(row.target.kind),
        "pictures": charting.pictures(name, _hours(request)),
        "errors": _errors(view),
        "set_aside": letters.count(connector=name),
        "taken": taken[:_SHOWN_STREAMS],
        "taken_count": len(taken),
        "to_choose": [one for one in view.partitions if one.state == "stopped" and one.error_code in _CHOOSE],
        "codes_to_choose": _CHOOSE,
        "lost_code": PositionLostError.code,
        "backfills": backfill.progress(name)[:_SHOWN_BACKFILLS],
        "held": _held(row),
        "acts": acts.of(row, most=_SHOWN_ACTS),
        "can_backfill": _can_backfill(row.target.kind),
        "can_operate": request.user.has_perm("connectors.change_connector"),
        "can_delete": request.user.has_perm("connectors.delete_connector"),
        **_partitions(request, view),
        **_configuration(row),
    }
    return render(request, "connectors/connector.html", context)


def _hours(request: HttpRequest) -> int:
    given = request.GET.get("hours", "")
    return int(given) if given.isdecimal() and int(given) in charting.RANGES else 6


def _held(row: Connector) -> dict[str, Any]:
    """What holds it back besides its partitions' own errors: an open breaker, a store not ready, a log that soon forgets."""
    now = datetime.now(UTC)
    is_open = row.target.open_until is not None and row.target.open_until > now
    prepared = Preparation.objects.filter(connector=row).exclude(last_error="").first()
    loses = Lease.objects.filter(connector=row, backfill=None).aggregate(at=Min("loses_at"))
    return {"breaker": row.target if is_open else None, "preparation": prepared, "loses_at": loses["at"]}


def _kind(name: str) -> Kind | None:
    try:
        return catalog.describe(name)
    except PlatformError:
        return None  # the partitions' error says so


def _can_backfill(kind: str) -> bool:
    try:
        store = catalog.load(kind)
    except PlatformError:
        return False
    return issubclass(store, Sink) and store.can_backfill


def _partitions(request: HttpRequest, view: ConnectorView) -> dict[str, Any]:
    """The partitions in trouble and those furthest behind first; by topic where there are many."""
    topic = request.GET.get("topic", "")
    every = [one for one in view.partitions if topic in ("", one.topic)]
    ordered = sorted(every, key=lambda one: (one.state not in ("stopped", "retrying"), -one.lag_records))
    lines = _by_topic(view.partitions) if len(view.partitions) > _MANY and not topic else []
    page = Paginator(lines or ordered, _ON_A_PAGE).get_page(request.GET.get("page"))
    query = urlencode({name: value for name, value in (("hours", request.GET.get("hours")), ("topic", topic)) if value})
    return {"page": page, "is_by_topic": bool(lines), "topic": topic, "query": query}


def _by_topic(partitions: Sequence[PartitionView]) -> list[TopicLine]:
    groups: dict[str, list[PartitionView]] = {}
    for one in partitions:
        groups.setdefault(one.topic, []).append(one)
    found = [_topic_line(topic, group) for topic, group in groups.items()]
    return sorted(found, key=lambda line: (not line.failing, -line.lag_records, line.topic))


def _topic_line(topic: str, group: Sequence[PartitionView]) -> TopicLine:
    states = {one.state for one in group}
    state = next((one for one in ("stopped", "retrying", "running") if one in states), "idle")
    waits = [one.lag_seconds for one in group if one.lag_seconds is not None]
    failing = sum(one.state in ("stopped", "retrying") for one in group)
    return TopicLine(topic, len(group), failing, state, sum(one.lag_records for one in group), max(waits, default=None))


def _errors(view: ConnectorView) -> list[ErrorLine]:
    """What holds partitions back or did so, and why records were set aside; the newest first."""
    groups: dict[tuple[str, str], list[PartitionView]] = {}
    for one in view.partitions:
        if one.failed_at:
            groups.setdefault((one.state if one.last_error else "passed", one.error_code), []).append(one)
    found = [_error_line(kind, code, group) for (kind, code), group in groups.items()]
    found += [
        ErrorLine(f"Records of {group.stream}", group.code, "set_aside", group.count, group.stream, group.last_at, view.name)
        for group in letters.groups(connector=view.name)
    ]
    return sorted(found, key=lambda line: line.last.timestamp() if line.last else 0.0, reverse=True)


def _error_line(kind: str, code: str, group: Sequence[PartitionView]) -> ErrorLine:
    first = max(group, key=lambda one: one.failed_at.timestamp() if one.failed_at else 0.0)
    others = f" and {len(group) - 1} more" if len(group) > 1 else ""
    times = max(sum(one.attempts for one in group), len(group))
    return ErrorLine(
        first.last_error or "Passed on a later try",
        code,
        kind,
        times,
        f"{first.topic}/{first.partition}{others}",
        first.failed_at,
    )


def _kept(target: Target, kind: Kind) -> list[str]:
    """Names of the secrets that are set; of all that it has where the key to see which is missing."""
    try:
        return [name for name, value in encryption.unseal(target.secrets, owner=f"target {target.name}").items() if value]
    except PlatformError:
        return [one.name for one in kind.target_options if one.is_secret]


def _configuration(row: Connector) -> dict[str, Any]:
    """Options and rules as they may be shown."""
    rules = [one for one in shown.shown(options.declared(Rules), row.rules) if not one.is_default]
    kind = _kind(row.target.kind)
    if kind is None:
        return {"of_target": [], "of_connector": [], "of_rules": rules}
    kept = _kept(row.target, kind)
    return {
        "of_target": shown.shown(kind.target_options, row.target.options, kept=kept),
        "of_connector": shown.shown(kind.options, row.options),
        "of_rules": rules,
        "secrets_set_at": acts.secrets_set_at(row.target) if kept else None,
    }
