"""What the configuration says of a stream or an instrument, read once and held until something changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from eventclient.contract import assembling, sampling, timeline
from eventclient.contract.configuration import Configuration


class Route(NamedTuple):
    """`reason`: why nothing goes, whoever asks. `until`: the server's moment in milliseconds at which to read anew."""

    reason: str | None
    until: float
    stream: str = ""
    service: str = ""
    plan: assembling.Plan | None = None
    sample: sampling.Sample = sampling.NOBODY
    audience: Mapping[str, Any] | None = None
    curation: Mapping[str, Any] | None = None
    heeds: frozenset[str] = frozenset()
    units: tuple[str, ...] = ()


_NEVER = float("inf")


def read(configuration: Configuration, stream: str | None, instrument: str | None, server_now: float) -> Route:
    """The route of a stream's events, or of an instrument's."""
    own: Any = None
    if instrument is not None:
        own = configuration.instruments.get(instrument)
        if not isinstance(own, Mapping):
            return Route("unconfigured", _NEVER, instrument)
        stream = own.get("stream")
        if not isinstance(stream, str):
            return Route("unconfigured", _NEVER, instrument)
    name = stream or ""
    entry = configuration.streams.get(name)
    if not isinstance(entry, Mapping):
        return Route("unconfigured", _NEVER, name)
    service, heeds = entry.get("service"), entry.get("heeds") or []
    # Of signals that can't be read nobody knows what they keep back.
    if not isinstance(service, str) or service not in configuration.intakes or not isinstance(heeds, list | tuple):
        return Route("unconfigured", _NEVER, name)
    of_stream = timeline.holding(entry, server_now)
    holding = of_stream if own is None else timeline.holding(own, server_now)
    until = min(of_stream.until, holding.until)
    sample = sampling.read(holding.sample)
    if sampling.read(of_stream.sample).rate == 0 or sample.rate == 0:
        return Route("closed", until, name)
    plan = assembling.plan(name, entry, own)
    return Route(
        None,
        until,
        stream=name,
        service=service,
        plan=plan,
        sample=sample,
        audience=None if own is None else own.get("audience"),
        curation=entry.get("curation"),
        heeds=frozenset(signal for signal in heeds if isinstance(signal, str)),
        units=_units(sample, plan),
    )


def _units(sample: sampling.Sample, plan: assembling.Plan) -> tuple[str, ...]:
    """Those whose identifier is needed: by the sample, or by a field."""
    named = {path[-1].removesuffix("_id") for path in plan.paths if path[0] in {"browser", "performer"}}
    return tuple(unit for unit in sampling.UNITS if unit == sample.unit or unit in named)
