"""For whom a call speaks: identifiers, context and signals of one person or request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from eventclient.producing.options import Options
from eventclient.stats import log

_PASSED_ON = {"x-request-id", "traceparent", "tracestate"}  # nothing else of a caller's request goes along
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A service gives session and device identifiers only of people who consented: giving one says so."""

    site: str | None = None
    domain: str | None = None
    platform: str | None = "service"
    is_logged_in: bool | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    signals: frozenset[str] = frozenset()
    headers: Headers = ()


def visitor_of(options: Options) -> Visitor:
    """What the options say now: functions among them are asked."""
    return Visitor(
        site=options.site,
        domain=options.domain,
        platform=options.platform,
        is_logged_in=_said(options.is_logged_in, None),
        ids=_said(options.ids, {}),
        context=_said(options.context, {}),
        signals=signals_of(_said(options.signals, ())),
        headers=passed_on(_said(options.headers, {})),
    )


def is_fixed(options: Options) -> bool:
    """No function among them: one visitor will do."""
    return not any(
        callable(value) for value in (options.is_logged_in, options.ids, options.context, options.signals, options.headers)
    )


def passed_on(headers: Mapping[str, str]) -> Headers:
    """Of a request's headers those that follow it through systems."""
    return tuple(sorted((name, value) for name, value in headers.items() if name.lower() in _PASSED_ON))


def signals_of(told: Collection[str]) -> frozenset[str]:
    """Names, or a map of those that are set."""
    return frozenset(name for name, is_set in told.items() if is_set) if isinstance(told, Mapping) else frozenset(told)


def _said(value: Any, otherwise: Any) -> Any:
    if not callable(value):
        return value
    try:
        return value()
    except Exception as error:  # noqa: BLE001  # an integrator's function; the call that it stands in must go on
        log.warning("context.failed error=%s", type(error).__name__)
        return otherwise
