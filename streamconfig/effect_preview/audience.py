"""Which clients and sites a change of configuration reaches, and which overrides keep a site out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamconfig.configuration import document as documents
from streamconfig.configuration.changes import Change
from streamconfig.configuration.document import Document
from streamconfig.configuration.stream_set import StreamSet


@dataclass(frozen=True, slots=True)
class Kept:
    """An override that holds for a stream: the scope, and the rate that it sets, where it sets one."""

    scope: str
    rate: float | None
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a change to one stream reaches."""

    stream: str
    service: str
    service_title: str
    reach: str  # internal or external, where the service says so
    unit_before: str
    unit_after: str
    rate_before: float | None
    rate_after: float | None
    instruments: tuple[str, ...]
    overrides: tuple[Kept, ...]

    @property
    def _is_one_draw(self) -> bool:
        """The same unit is drawn before and after; everybody is in any draw."""
        return self.unit_before == self.unit_after or self.rate_before == 1 or self.rate_after == 1

    @property
    def is_subset(self) -> bool:
        """True where a lower rate keeps a subset of who is in now: the same unit is drawn, by the same numbers."""
        old, new = self.rate_before, self.rate_after
        return old is not None and new is not None and 0 < new < old and self._is_one_draw

    @property
    def is_superset(self) -> bool:
        """True where everybody who is in now stays in."""
        old, new = self.rate_before, self.rate_after
        return old is not None and new is not None and 0 < old < new and self._is_one_draw

    @property
    def is_drawn_anew(self) -> bool:
        """True where another unit is drawn, so that nobody can say who stays in."""
        return bool(self.unit_before and self.unit_after) and self.unit_before != self.unit_after


def audience_of(name: str, before: Document, after: Document, changes: Collection[Change]) -> Audience:
    """Whom the changes reach by a stream."""
    service, new = _service(after, name) or _service(before, name), after.section("services")
    about: Mapping[str, Any] = new.get(service, {})
    old_unit, old_rate = _sampling(before, name)
    new_unit, new_rate = _sampling(after, name)
    changed = {one.name for one in changes if one.section == "overrides"}
    return Audience(
        stream=name,
        service=service,
        service_title=str(about.get("title") or service),
        reach=str(about.get("audience") or ""),
        unit_before=old_unit,
        unit_after=new_unit,
        rate_before=old_rate,
        rate_after=new_rate,
        instruments=tuple(key for key, one in after.section("instruments").items() if one.get("stream") == name),
        overrides=tuple(_kept(after, before, name, changed)),
    )


def parts(before: Document, after: Document, change: Change) -> Iterator[tuple[str, str, float, float]]:
    """What an instrument or an override does to its part of a stream: what, which stream, the share before and after."""
    if change.section == "instruments":
        old, new = (document.section("instruments").get(change.name) for document in (before, after))
        stream = str((new or old or {}).get("stream", ""))
        yield f"instrument {change.name}", stream, _share_of(old), _share_of(new)
    elif change.section == "overrides" and not change.name.endswith("*"):
        old_streams, new_streams = (
            dict(document.section("overrides").get(change.name, {}).get("streams") or {}) for document in (before, after)
        )
        for stream in dict.fromkeys([*old_streams, *new_streams]):
            plain = _sampling(after, stream)[1] or 0.0
            yield f"override {change.name}", stream, *(_rate(one.get(stream), plain) for one in (old_streams, new_streams))


def _share_of(item: Mapping[str, Any] | None) -> float:
    if item is None or not item.get("is_enabled", True):
        return 0.0
    return _rate(item, 1.0)


def _rate(item: object, otherwise: float) -> float:
    sample = item.get("sample") if isinstance(item, Mapping) else None
    rate = sample.get("rate") if isinstance(sample, Mapping) else None
    return float(rate) if isinstance(rate, int | float) else otherwise


def _sampling(document: Document, name: str) -> tuple[str, float | None]:
    entry = document.get(name)
    if entry is None:
        return "", None
    stream = next(iter(StreamSet(Document(document.defaults, (entry,))).entries), None)
    if stream is None:
        return "", None
    sampling = stream.stream.sampling
    if not entry.is_enabled:
        return (sampling.unit if sampling else ""), 0.0
    return (sampling.unit, sampling.rate) if sampling else ("", 1.0)


def _service(document: Document, name: str) -> str:
    entry = document.get(name)
    return str(documents.merged(document.defaults, entry).get("destination_event_service") or "") if entry else ""


def _kept(after: Document, before: Document, name: str, changed: Collection[str]) -> Iterator[Kept]:
    for scope, one in after.section("overrides").items():
        settings = (one.get("streams") or {}).get(name)
        rate = _rate(settings if settings is not None else one.get("defaults"), -1.0)
        if settings is not None or rate >= 0:
            is_changed = scope in changed and before.section("overrides").get(scope) != one
            yield Kept(scope, rate if rate >= 0 else None, is_changed)
