"""What the overview shows, as plain values for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from connectors import lookups as connectors
from eventplatform import charts
from eventplatform.core.results import SUCCESSES
from eventplatform.figures import NOTHING, share, thin
from eventplatform.panels import Trouble
from monitoring import canary_words, health, lookups, refusals, stages
from monitoring.outcomes import words

_MINUTES = 60
_RECENT = 5
_ROWS = 25
_URGENCY: Sequence[stages.State] = ("fail", "warn", "ok", "unknown", "paused")
_REFUSED = ("invalid", "denied", "limited", "disabled", "late", "failed")
_KEPT_NOTES = {"hasty": "hasty", "spooled": "spooled", "duplicate": "repeated, not stored again"}


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A stream in the overview's table; `cells` are intake, topic and stores."""

    name: str
    service: str
    state: stages.State
    word: str
    has_canary: bool
    per_minute: float | None
    hour: float
    line: tuple[float | None, ...]
    cells: tuple[stages.Stage, ...]
    behind: int | None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service in the table of canaries."""

    name: str
    streams: int
    cells: tuple[stages.Summary, ...]
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """An outcome, its events and their share."""

    name: str
    count: int
    share: str
    is_bad: bool
    note: str = ""


def context(troubles: Sequence[Trouble]) -> dict[str, Any]:
    """Everything the overview's template needs."""
    paths, views = lookups.canary_paths(), connectors.overview()
    witness = canary_words.witness(paths)
    return {
        "now": timezone.now(),
        "troubles": troubles,
        "witness": witness,
        "state": "fail" if any(trouble.level == "fail" for trouble in troubles) else "warn" if troubles else witness.state,
        "parts": health.parts(),
        **_traffic(),
        **_outcomes(),
        **_canaries(paths),
        **_streams(paths),
        **_connectors(views),
    }


def stream_rows(paths: Sequence[stages.Path], volumes: lookups.Volumes, lags: Mapping[str, int | None]) -> list[StreamRow]:
    """Failing streams first, then by what they carry."""
    rows = [_stream_row(path, volumes.of(path.stream), lags.get(path.stream)) for path in paths]
    return sorted(rows, key=lambda row: (row.state != "fail", -row.hour, row.name))


def accepted(outcomes: Mapping[str, int]) -> int:
    """The events that count as accepted, here and in every share: with the answer awaited, or hasty."""
    return sum(count for name, count in outcomes.items() if name in SUCCESSES)


def outcome_rows(outcomes: Mapping[str, int]) -> list[OutcomeRow]:
    """Accepted and every other outcome with its share of what was received; their sum is what was received."""
    received = sum(outcomes.values())
    names = [*_REFUSED, *sorted(outcomes.keys() - set(_REFUSED) - SUCCESSES)]
    taken = accepted(outcomes)
    notes = [f"{thin(outcomes[name])} {words}" for name, words in _KEPT_NOTES.items() if outcomes.get(name)]
    note = f"of them {', '.join(notes)}" if notes else ""
    return [
        OutcomeRow("accepted", taken, share(taken, received), is_bad=False, note=note),
        *(OutcomeRow(name, count, share(count, received), bool(count)) for name in names for count in [outcomes.get(name, 0)]),
    ]


def _stream_row(path: stages.Path, line: tuple[float | None, ...], behind: int | None) -> StreamRow:
    recent = [value for value in line[-_RECENT:] if value is not None]
    told = {"ok": "Flows", "fail": "Failing", "warn": "Late", "paused": "Held", "unknown": "Not seen yet"}
    state, word = canary_words.row_words(path) if path.excluded_because else (path.state, told[path.state])
    return StreamRow(
        name=path.stream,
        service=path.service,
        state=state,
        word=word,
        has_canary=not path.excluded_because,
        per_minute=sum(recent) / len(recent) if recent else None,
        hour=sum(value or 0 for value in line),
        line=line,
        cells=stages.three(path),
        behind=behind,
    )


def _streams(paths: Sequence[stages.Path]) -> dict[str, Any]:
    takers = connectors.by_stream()
    paths = [path for path in paths if path.service]  # patterns are no streams
    rows = stream_rows(paths, lookups.volumes(minutes=_MINUTES), _lags(takers))
    return {"streams": rows[:_ROWS], "streams_total": len(rows)}


def _canaries(paths: Sequence[stages.Path]) -> dict[str, Any]:
    walked = [path for path in paths if not path.excluded_because]
    fresh = sum(path.is_whole for path in walked)
    services: dict[str, list[stages.Path]] = {}
    for path in walked:
        services.setdefault(path.service, []).append(path)
    return {
        "by_service": [_service_row(service, found) for service, found in sorted(services.items())],
        "canaries_fresh": fresh,
        "canaries_total": len(walked),
        "canaries_percent": round(100 * fresh / len(walked)) if walked else 0,
        "canary_oldest": _oldest(walked),
        "excluded": [path for path in paths if path.excluded_because],
    }


def _service_row(service: str, paths: Sequence[stages.Path]) -> ServiceRow:
    return ServiceRow(service, len(paths), stages.three_summaries(paths), _oldest(paths))


def _oldest(paths: Sequence[stages.Path]) -> datetime | None:
    return min((stage.seen_at for path in paths for stage in path.stages if stage.seen_at), default=None)


def _connectors(views: Sequence[connectors.ConnectorView]) -> dict[str, Any]:
    worst_first = sorted(views, key=lambda view: (_URGENCY.index(health.connector_state(view)), -view.lag_records, view.name))
    return {
        "connectors": [(view, health.connector_state(view)) for view in worst_first],
        "slowest": max(views, key=lambda view: view.lag_records, default=None),
    }


def _lags(takers: Mapping[str, Sequence[connectors.ConnectorView]]) -> dict[str, int | None]:
    """How far the slowest connector of each stream is behind on it."""
    return {stream: max((_lag(stream, view) for view in views), default=None) for stream, views in takers.items()}


def _lag(stream: str, view: connectors.ConnectorView) -> int:
    return sum(one.lag_records for one in view.partitions if one.stream == stream)


def _outcomes() -> dict[str, Any]:
    outcomes = lookups.outcomes(minutes=_MINUTES)
    received, taken = sum(outcomes.values()), accepted(outcomes)
    lines = lookups.refused_by_minute(minutes=_MINUTES)
    reasons = refusals.refusals(lookups.intake_counts(minutes=_MINUTES))
    return {
        "outcomes": outcome_rows(outcomes),
        "received": received,
        "not_accepted": received - taken,
        "accepted_share": share(taken, received) if received else NOTHING,
        "accepted_percent": round(100 * taken / received) if received else 0,
        "refusals": reasons[:_ROWS],
        "refusals_left": len(reasons[_ROWS:]),
        "no_stream": refusals.NO_STREAM,
        "refused": _refused(lines) if lines else None,
        "refused_line": [sum(values) for values in zip(*lines.values(), strict=True)],
    }


def _traffic() -> dict[str, Any]:
    volumes = lookups.volumes(minutes=_MINUTES)
    peak = max((value for value in volumes.total if value is not None), default=0)
    label = f"Events per minute over the last hour, at most {peak:.0f}"
    picture = charts.area(charts.Series(volumes.total), label=label, unit="/min", x_ticks=ticks(volumes.begins_at), height=190)
    is_counted = any(value is not None for value in volumes.total)
    return {"volumes": volumes, "is_counted": is_counted, "total": sum(value or 0 for value in volumes.total), "chart": picture}


def _refused(lines: Mapping[str, Sequence[float]]) -> tuple[charts.Chart, list[tuple[str, str, int]]]:
    """Bars of what was not accepted, and the legend that holds their sums."""
    begins_at = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=_MINUTES)
    label = "Events not accepted per minute, by outcome"
    return words.bars(lines, label=label, unit="/min", x_ticks=ticks(begins_at))


def ticks(begins_at: datetime, minutes: int = _MINUTES) -> list[str]:
    """Five labels below a chart that ends now."""
    quarter = timedelta(minutes=minutes / 4)
    return [*(f"{begins_at + number * quarter:%H:%M}" for number in range(4)), "now"]
