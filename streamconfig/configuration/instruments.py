"""Instruments as readers see them: what a product manager steers on top of a stream, and what holds of it at a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eventplatform.core.streams import SampleUnit, Sampling
from streamconfig.configuration import ramps, windows
from streamconfig.configuration.setting_types import UNITS
from streamconfig.configuration.windows import Window


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an instrument asks: sites, platforms, people that are logged in. Empty and None: everybody."""

    sites: tuple[str, ...] = ()
    except_sites: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    is_logged_in: bool | None = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument. `sampling` is what holds now: its rate is 0 while it is switched off or outside its windows."""

    key: str
    stream: str
    title: str = ""
    description: str = ""
    owner: str = ""
    contact: str = ""
    purpose: str = ""
    task: str = ""
    is_enabled: bool = True
    is_open: bool = True
    sampling: Sampling = field(default_factory=Sampling)
    open_sampling: Sampling = field(default_factory=Sampling)  # what holds while it is on and open
    windows: tuple[Window, ...] = ()
    audience: Audience = field(default_factory=Audience)
    contextual_attributes: tuple[str, ...] = ()
    review_on: str = ""
    expires_on: str = ""
    valid_until: datetime | None = field(default=None, compare=False)
    item: Mapping[str, Any] = field(default_factory=dict, repr=False)  # as written


_TEXTS = ("title", "description", "owner", "contact", "purpose", "task", "review_on", "expires_on")


def instrument(key: str, item: Mapping[str, Any], at: datetime) -> Instrument:
    """What holds of an item of the section `instruments` at a moment."""
    is_enabled, spans, steps = (
        item.get("is_enabled") is not False,
        windows.parse(item.get("windows")),
        ramps.parse(item.get("ramp")),
    )
    is_open = windows.is_open(spans, at)
    sampling = sampling_of(item.get("sample") or {}, ramps.rate_at(steps, at))
    step = ramps.next_step(steps, at)
    moments = [found for found in (windows.next_edge(spans, at), step.at if step else None) if found is not None]
    return Instrument(
        key=key,
        stream=item["stream"],
        **{name: item.get(name) or "" for name in _TEXTS},
        is_enabled=is_enabled,
        is_open=is_open,
        sampling=sampling if is_enabled and is_open else Sampling(sampling.unit, 0.0),
        open_sampling=sampling,
        windows=spans,
        audience=_audience(item.get("audience") or {}),
        contextual_attributes=tuple(item.get("contextual_attributes") or ()),
        valid_until=min(moments, default=None),
        item=item,
    )


def sampling_of(sample: Mapping[str, Any], ramped: float | None) -> Sampling:
    """An instrument's setting `sample`, with the rate of its ramp where that has begun."""
    unit: SampleUnit = sample["unit"] if sample.get("unit") in UNITS else "session"
    rate = sample.get("rate") if ramped is None else ramped
    return Sampling(unit, 1.0 if rate is None else float(rate))


def _audience(audience: Mapping[str, Any]) -> Audience:
    lists = {name: tuple(audience.get(name) or ()) for name in ("sites", "except_sites", "platforms")}
    return Audience(**lists, is_logged_in=audience.get("is_logged_in"))


def stopped(instruments: Iterable[Instrument]) -> Mapping[str, frozenset[str]]:
    """The keys of instruments that are switched off, by the stream or pattern that each names."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in instruments:
        if not one.is_enabled:
            found[one.stream].add(one.key)
    return {stream: frozenset(keys) for stream, keys in found.items()}
