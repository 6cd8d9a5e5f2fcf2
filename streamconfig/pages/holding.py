"""What holds for a stream or an instrument at a moment, in the words of its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventplatform import figures
from streamconfig.configuration import changes, ramps, windows
from streamconfig.configuration.document import Document
from streamconfig.configuration.sections import scope_parts
from streamconfig.pages.facts import field_words, percent

# Request headers that tell who somebody is; an event that keeps one holds personal data.
_PERSONAL = ("user-agent", "cookie", "ip", "geoip", "ja3", "ja4", "forwarded", "referer", "authorization", "accept-language")
_SHOWN = 3
_LATE_WORDS: Mapping[str, str] = {"accept": "taken in", "flag": "taken in and marked", "drop": "dropped and counted"}


@dataclass(frozen=True, slots=True)
class Override:
    """What differs for a site, a tag or an environment."""

    scope: str
    words: str
    is_here: bool  # False where it holds in another environment


@dataclass(frozen=True, slots=True)
class Header:
    """A request header that is kept in events, or explicitly isn't."""

    name: str
    place: str
    is_personal: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a window is open, until when, and all windows in words."""

    is_open: bool
    edge_at: datetime | None
    words: tuple[str, ...]

    @property
    def state(self) -> str:
        """For its badge."""
        return "ok" if self.is_open else "paused"


def opening_of(item: Mapping[str, Any], at: datetime) -> Opening | None:
    """The state of an item's windows; None where it has none and so is always open."""
    parsed = windows.parse(item.get("windows"))
    if not parsed:
        return None
    return Opening(windows.is_open(parsed, at), windows.next_edge(parsed, at), tuple(map(windows.words, parsed)))


def rate_of(item: Mapping[str, Any], at: datetime) -> float | None:
    """The sampling rate of an item as its ramp has it at a moment; None where everybody sends."""
    step = ramps.rate_at(ramps.parse(item.get("ramp")), at)
    if step is not None:
        return step
    sample = item.get("sample")
    rate = sample.get("rate") if isinstance(sample, Mapping) else None
    return float(rate) if isinstance(rate, int | float) else None


def unit_of(item: Mapping[str, Any]) -> str:
    """The unit that is drawn, in the plural; sessions where none is said."""
    sample = item.get("sample")
    unit = sample.get("unit") if isinstance(sample, Mapping) else None
    return f"{unit or 'session'}s"


def sampling_at(item: Mapping[str, Any], at: datetime) -> str:
    """The same in words: `5 % of sessions`."""
    rate = rate_of(item, at)
    return "everybody" if rate is None else f"{percent(rate)} of {unit_of(item)}"


def overrides_of(name: str, document: Document, environment: str) -> list[Override]:
    """What each scope says of a stream."""
    found = []
    for key, item in document.section("overrides").items():
        settings = (item.get("streams") or {}).get(name)
        if isinstance(settings, Mapping):
            where, _, site = scope_parts(key)
            scope = "every site" if site == "*" else site
            found.append(Override(f"{scope} in {where}" if where else scope, _words(settings), where in ("", environment)))
    return found


def _words(settings: Mapping[str, Any]) -> str:
    sample = settings.get("sample")
    if isinstance(sample, Mapping) and isinstance(sample.get("rate"), int | float) and len(settings) == 1:
        return f"{percent(sample['rate'])} of {unit_of(settings)}"
    told = field_words(changes.Field((key,), becomes=value) for key, value in settings.items())
    words = [f"{path} {becomes}" for path, _, becomes in told]
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def headers_of(settings: Mapping[str, Any]) -> list[Header]:
    """The request headers that the intake puts into events of the stream."""
    kept = _at(settings, ("producers", "eventgate", "enrich_fields_from_http_headers"))
    return [
        Header(header, place, any(word in header.lower() for word in _PERSONAL))
        for place, header in (kept.items() if isinstance(kept, Mapping) else ())
        if isinstance(header, str)
    ]


def late_words(own: Mapping[str, Any]) -> str:
    """What becomes of events that arrive after the window; empty where nothing is said."""
    late = own.get("late_events")
    if not isinstance(late, Mapping) or not late.get("action"):
        return ""
    grace = late.get("grace_seconds")
    after = f", from {figures.age(grace)} after it closed" if grace else ""
    return _LATE_WORDS.get(str(late["action"]), str(late["action"])) + after


def log_words(own: Mapping[str, Any]) -> str:
    """Partitions and retention where the stream has its own."""
    log = own.get("log")
    if not isinstance(log, Mapping):
        return ""
    parts = [f"{log['partitions']} partitions"] if log.get("partitions") else []
    hours = log.get("retention_hours")
    return ", ".join([*parts, f"kept {figures.age(hours * 3600)}"] if hours else parts)


def stored_words(consumers: Mapping[str, Mapping[str, Any]]) -> Sequence[tuple[str, bool, str]]:
    """Each consumer: its name, whether it takes the stream, and what else is said of it."""
    return [(name, bool(facts.get("enabled", True)), _consumer(facts)) for name, facts in consumers.items()]


def _consumer(facts: Mapping[str, Any]) -> str:
    days, ttl, rows = facts.get("retention_days"), facts.get("ttl_seconds"), facts.get("batch_rows")
    parts = [
        f"kept {days} day{'' if days == 1 else 's'}" if days else "",
        f"each row for {figures.age(ttl)}" if ttl else "",
        f"{figures.thin(rows)} rows a batch" if rows else "",
    ]
    return ", ".join(part for part in parts if part)


def _at(settings: Mapping[str, Any], keys: Iterable[str]) -> Any:
    found: Any = settings
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
