"""Where events go that can't say it themselves: by the query, by a report's type, by a CloudEvent's source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from eventplatform.core.services import Service
from eventplatform.guard.errors import QueryValueError
from eventplatform.guard.request_head import parameter

_REPORTS = "reports:"  # before a report's type, in a service's `sources`
_PRINTABLE = re.compile(r"[\x21-\x7e]*")
_MAX_VALUE = 250  # a stream has 249 characters at most, a schema id 200


class Route(NamedTuple):
    """A stream, and perhaps the schema of what comes this way without naming one."""

    stream: str = ""
    schema_id: str = ""


@lru_cache(maxsize=64)
def routes_of(sources: tuple[tuple[str, str], ...]) -> Mapping[str, Route]:
    """A service's `sources`: to each a stream's name, or its name, a space and a schema's id."""
    return {source: Route(*target.split(" ", 1)) for source, target in sources}


def query_route(query: str, service: Service) -> Route:
    """What the query says, where the service heeds it.

    Raises:
        QueryValueError: it says what can be no name.
    """
    rules = service.eventgate
    return Route(_value(query, rules.stream_parameter), _value(query, rules.schema_uri_parameter))


def _value(query: str, name: str) -> str:
    value = parameter(query, name) if name and query else ""
    if len(value) > _MAX_VALUE or not _PRINTABLE.fullmatch(value):
        raise QueryValueError(parameter=name, limit=_MAX_VALUE)
    return value


def fill(events: list[Any], route: Route) -> None:
    """Give events the route's stream and schema where they have none."""
    for event in events:
        if isinstance(event, dict):
            fill_one(event, route)


def fill_one(event: dict[str, Any], route: Route) -> None:
    """Likewise, for one event. A `meta` that is no object is left to the gate, which refuses it."""
    if route.schema_id and event.get("$schema") is None:
        event["$schema"] = route.schema_id
    if not route.stream:
        return
    meta = event.get("meta")
    if meta is None:
        event["meta"] = {"stream": route.stream}
    elif isinstance(meta, dict) and meta.get("stream") is None:
        meta["stream"] = route.stream


def fill_reports(reports: list[Any], service: Service) -> None:
    """Send reports of the Reporting API on their way by their type, where neither they nor the query say it."""
    routes = routes_of(service.sources)
    for report in reports:
        kind = report.get("type") if isinstance(report, dict) else None
        route = routes.get(_REPORTS + kind) if isinstance(kind, str) else None
        if route is not None:
            fill_one(report, route)
