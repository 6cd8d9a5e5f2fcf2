"""Makes `deploy/grafana/dashboard.json`: health, intake, streams, connectors and canaries over one data source."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS, _HEIGHT = 24, 8


class Graph(NamedTuple):
    """A panel: what it shows, by which expressions (with the legend of each), in which unit, how wide."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    width: int = 8
    kind: str = "timeseries"


_STAGES = "{{stream}} {{prefix}} {{stage}}"
_CHOSEN = 'stream=~"$stream"'
_NOT_KEPT = 'outcome!~"accepted|hasty|spooled|duplicate"'


def _rate(metric: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (rate(eventplatform_{metric}{{{where}}}[$__rate_interval]))"


def _top(number: int, expression: str) -> str:
    return f"topk({number}, {expression})"


def _quantile(share: float, metric: str, by: str) -> str:
    return f"histogram_quantile({share}, {_rate(metric, by)})"


def _of_chosen(metric: str) -> str:
    return f"eventplatform_{metric}{{{_CHOSEN}}}"


_UP = tuple((f"max(eventplatform_{name}_up)", name) for name in ("database", "redis", "log"))
_TIMES = tuple((_quantile(share, "intake_request_seconds_bucket", "le"), f"p{share * 100:.0f}") for share in (0.5, 0.95, 0.99))
_FAILED_TASKS = _rate("worker_tasks_total", "task, state", 'state!="succeeded"')
_SLOW_PAGES = _top(10, _quantile(0.95, "web_request_seconds_bucket", "le, route"))
_REASONS = _top(10, _rate("intake_events_total", "reason", 'reason!=""'))
_REFUSED = _top(20, _rate("intake_events_total", "stream", f"{_CHOSEN},{_NOT_KEPT}"))
_GIVEN = (
    ("sum(rate(eventplatform_stream_out_events_total[$__rate_interval]))", "given out"),
    ("sum(rate(eventplatform_stream_out_dropped_total[$__rate_interval]))", "dropped, clients too slow"),
    (_rate("stream_out_skipped_total", "reason"), "given to nobody: {{reason}}"),
)

ROWS: dict[str, tuple[Graph, ...]] = {
    "Health": (
        Graph("Open alerts", (("sum by (severity) (eventplatform_alerts_open)", "{{severity}}"),), width=6, kind="stat"),
        Graph("Database, Redis, log: 1 is up", _UP, width=6, kind="stat"),
        Graph(
            "Since the last sign of life", (("max by (role) (eventplatform_role_heartbeat_age_seconds)", "{{role}}"),), "s", 6
        ),
        Graph("Spool, by intake", (("eventplatform_spool_records", "{{instance}}"),), width=6),
        Graph("Memory, by role", (("sum by (role) (eventplatform_role_resident_bytes)", "{{role}}"),), "bytes"),
        Graph("Open files, by role", (("sum by (role) (eventplatform_role_open_files)", "{{role}}"),)),
        Graph("Tasks of workers that did not succeed", ((_FAILED_TASKS, "{{task}} {{state}}"),), "ops"),
    ),
    "Intake": (
        Graph("Events by outcome", ((_rate("intake_events_total", "outcome"), "{{outcome}}"),), "ops"),
        Graph("Answers by status", ((_rate("intake_requests_total", "status"), "{{status}}"),), "reqps"),
        Graph("Time to answer", _TIMES, "s"),
        Graph("Not accepted, by reason", ((_REASONS, "{{reason}}"),), "ops"),
        Graph("Connections", (("sum(eventplatform_intake_connections)", "open"),)),
        Graph("Pages: slowest addresses, p95", ((_SLOW_PAGES, "{{route}}"),), "s"),
    ),
    "Streams": (
        Graph("Events per minute", ((_top(20, _of_chosen("stream_events_per_minute")), "{{stream}}"),), width=12),
        Graph("Refused or failed", ((_REFUSED, "{{stream}}"),), "ops", 12),
    ),
    "Streams out": (
        Graph("Clients", (("sum by (instance) (eventplatform_stream_out_clients)", "{{instance}}"),)),
        Graph("Events given out", _GIVEN, "ops"),
        Graph("Requests refused", ((_rate("stream_out_refused_total", "reason"), "{{reason}}"),), "ops"),
    ),
    "Connectors": (
        Graph("Behind", (("eventplatform_connector_lag_seconds", "{{connector}}"),), "s"),
        Graph("Records", ((_rate("connector_records_total", "connector, outcome"), "{{connector}} {{outcome}}"),), "ops"),
        Graph(
            "State: 0 idle, 1 running, 2 paused, 3 retrying, 4 stopped", (("eventplatform_connector_state", "{{connector}}"),)
        ),
        Graph("Hours that are late", (("eventplatform_connector_hours_late", "{{connector}}"),), width=12),
        Graph("Slices by end", ((_rate("connector_slices_total", "end"), "{{end}}"),), "ops", 12),
    ),
    "Canaries": (
        Graph("First failing stage", ((f"{_of_chosen('canary_failing')} == 1", _STAGES),), width=12, kind="table"),
        Graph("Slowest to arrive", ((_top(20, _of_chosen("canary_latency_seconds")), _STAGES),), "s", 12),
        Graph("Longest not seen", ((_top(20, _of_chosen("canary_age_seconds")), _STAGES),), "s", 12),
        Graph("Answers to canaries", ((_rate("canary_sent_total", "answer"), "{{answer}}"),), "ops", 12),
    ),
}


def dashboard() -> str:
    """The file's text."""
    document = {
        "uid": "eventplatform",
        "title": "Event platform",
        "tags": ["eventplatform"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_source_variable(), _stream_variable()]},
        "panels": _panels(),
    }
    return json.dumps(document, indent=1) + "\n"


def expressions() -> list[str]:
    """Every expression of every panel."""
    return [query for graphs in ROWS.values() for graph in graphs for query, _ in graph.queries]


def _source_variable() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source", "hide": 0}


def _stream_variable() -> dict[str, Any]:
    query = "label_values(eventplatform_stream_events_per_minute, stream)"
    return {
        "name": "stream",
        "type": "query",
        "label": "Stream",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": "streams"},
        "definition": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def _panels() -> list[dict[str, Any]]:
    """Rows one below the other, in each the panels from left to right."""
    made: list[dict[str, Any]] = []
    top = 0
    for title, graphs in ROWS.items():
        made.append(
            {
                "id": len(made) + 1,
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": _place(top, 0, 24, 1),
            }
        )
        top, left = top + 1, 0
        for graph in graphs:
            if left + graph.width > _COLUMNS:
                top, left = top + _HEIGHT, 0
            made.append(_panel(len(made) + 1, graph, _place(top, left, graph.width, _HEIGHT)))
            left += graph.width
        top += _HEIGHT
    return made


def _place(top: int, left: int, width: int, height: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": width, "h": height}


def _panel(number: int, graph: Graph, place: dict[str, int]) -> dict[str, Any]:
    is_table = graph.kind == "table"
    targets = [
        {"refId": chr(ord("A") + index), "expr": query, "legendFormat": legend, "datasource": _SOURCE, "instant": is_table}
        | ({"format": "table"} if is_table else {})
        for index, (query, legend) in enumerate(graph.queries)
    ]
    defaults = {"unit": graph.unit, "min": 0}
    return {
        "id": number,
        "type": graph.kind,
        "title": graph.title,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {},
        "targets": targets,
    }
