"""What the overview shows, as plain values for its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from connectors import lookups as connectors
from eventplatform import charts, panels
from eventplatform.panels import Trouble
from monitoring import canary_history, canary_words, health, refusals, stages
from monitoring.dashboard import books, parts, shared, stores, stream_rows, tiles, volumes, ways
from monitoring.dashboard.ranges import Range, Values, as_rates, total
from monitoring.outcomes import words
from monitoring.overview_tables import outcome_rows
from monitoring.stages import State
from monitoring.traffic.lookups import refused

_STREAMS, _CONNECTORS, _REASONS, _CHANGES = 12, 6, 6, 6
_URGENCY: Sequence[State] = ("fail", "warn", "ok", "unknown", "paused")


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service in the table of canaries."""

    name: str
    streams: int
    cells: tuple[stages.Summary, ...]
    oldest: datetime | None
    latency: Mapping[str, canary_history.Latency]

    @property
    def stages_with_latency(self) -> Sequence[tuple[stages.Summary, canary_history.Latency | None]]:
        """Each cell with how long canaries took to it in the last hour."""
        return [(cell, self.latency.get(cell.name)) for cell in self.cells]


def context(of: Range, troubles: Sequence[Trouble]) -> dict[str, Any]:
    """Everything the overview's template needs."""
    found = parts.parts()
    witness = canary_words.witness(ways.paths())
    state, told = parts.words(found)
    return {
        "troubles": troubles,
        "witness": witness,
        "state": "fail" if any(trouble.level == "fail" for trouble in troubles) else "warn" if troubles else witness.state,
        "parts": found,
        "parts_state": state,
        "parts_words": told,
        "changes": shared.read("changes", lambda: panels.changes(_CHANGES)),
        **_figures(of, witness, found),
        **_streams(of),
    }


def _figures(of: Range, witness: canary_words.Witness, found: Iterable[health.Part]) -> dict[str, Any]:
    """Tiles, charts and tables whose numbers belong together."""
    now, before = volumes.totals(of)
    kept = books.books(of)
    lines = refused(volumes.outcomes(of))
    walked = canaries(ways.paths())
    views = sorted(shared.read("connectors", connectors.overview), key=_urgency)
    lags = shared.read(("lags", of.name), lambda: _lags(of, [view.name for view in views[:_CONNECTORS]]), of.fresh)
    spool = next((part for part in found if part.name == "Spool"), None)
    state = witness.state
    return {
        "tiles": [
            tiles.received(of, now, before),
            tiles.accepted(of, kept),
            tiles.rejected(of, kept, lines),
            tiles.canaries(walked["canaries_fresh"], walked["canaries_total"], walked["canary_oldest"], state),
            tiles.slowest(of, views, lags),
            tiles.spool(spool),
        ],
        **_traffic(of, now, before),
        "refused": _refused(of, lines) if lines else None,
        **_outcomes(kept),
        **walked,
        **_connectors(views, lags),
    }


def _urgency(view: connectors.ConnectorView) -> tuple[int, float, int, str]:
    return _URGENCY.index(stores.state(view)), -(view.lag_seconds or 0.0), -view.lag_records, view.name


def _lags(of: Range, names: Sequence[str]) -> Mapping[str, Values]:
    begin, end = of.window(timezone.now())
    return connectors.lag_lines(names, begin, end, of.trend_step)


def _traffic(of: Range, now: Values, before: Values) -> dict[str, Any]:
    (line, last_week), unit = as_rates((now, of.step), (before, of.trend_step))
    peak = max((value for value in line if value is not None), default=0)
    label = f"Events {'per second' if unit == '/s' else 'per minute'} over the {of.words}, at most {peak:.3g}"
    series = [charts.Series(line), *([charts.Series(last_week, "dash c5")] if any(last_week) else [])]
    picture = charts.lines(series, label=label, unit=unit, x_ticks=of.ticks(timezone.now()))
    return {
        "chart": replace(picture, height=190),
        "total": total(now),
        "has_last_week": any(last_week),
        "is_counted": any(value is not None for value in now),
    }


def _refused(of: Range, lines: Mapping[str, Sequence[float]]) -> tuple[charts.Chart, list[tuple[str, str, int]]]:
    """Bars of what was not accepted, and the legend that holds their sums."""
    label = f"Events not accepted, by outcome, {of.words}"
    return words.bars(lines, label=label, unit="", x_ticks=of.ticks(timezone.now()))


def _outcomes(kept: books.Books) -> dict[str, Any]:
    reasons = refusals.refusals(kept.reasons)
    return {
        "books": kept,
        "outcomes": outcome_rows(kept.outcomes),
        "refusals": reasons[:_REASONS],
        "refusals_left": len(reasons[_REASONS:]),
        "no_stream": refusals.NO_STREAM,
    }


def canaries(paths: Sequence[stages.Path]) -> dict[str, Any]:
    """The table of canaries by stage."""
    walked = [path for path in paths if not path.excluded_because]
    fresh = sum(path.is_whole for path in walked)
    services: dict[str, list[stages.Path]] = {}
    for path in walked:
        services.setdefault(path.service, []).append(path)
    took = shared.read("canaries.latency", canary_history.by_service, 60.0) if walked else {}
    return {
        "by_service": [_service_row(service, found, took.get(service, {})) for service, found in sorted(services.items())],
        "canaries_fresh": fresh,
        "canaries_total": len(walked),
        "canaries_percent": round(100 * fresh / len(walked)) if walked else 0,
        "canary_oldest": _oldest(walked),
        "excluded": [path for path in paths if path.excluded_because],
    }


def _service_row(service: str, paths: Sequence[stages.Path], took: Mapping[str, canary_history.Latency]) -> ServiceRow:
    return ServiceRow(service, len({path.stream for path in paths}), stages.three_summaries(paths), _oldest(paths), took)


def _oldest(paths: Sequence[stages.Path]) -> datetime | None:
    return min((stage.seen_at for path in paths for stage in path.stages if stage.seen_at), default=None)


def _connectors(views: Sequence[connectors.ConnectorView], lags: Mapping[str, Values]) -> dict[str, Any]:
    rows = [(view, stores.state(view), stores.word(view), lags.get(view.name, ())) for view in views[:_CONNECTORS]]
    return {"connectors": rows, "connectors_total": len(views)}


def _streams(of: Range) -> dict[str, Any]:
    rows, _ = stream_rows.rows(of)
    return {"streams": rows[:_STREAMS], "streams_total": len(rows), "strip": stream_rows.strip(rows)}
