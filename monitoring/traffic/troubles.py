"""Says which streams' traffic is out of the ordinary, on the list that alerts are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring.traffic import incidents
from monitoring.traffic.models import TrafficIncident
from streamconfig.lookups import snapshot

MANY = "many streams"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Words:
    one: str
    many: str
    why: str


_WORDS: Mapping[str, _Words] = {
    "silent": _Words("{} is silent", "{} streams are silent", "Its producers have stopped, or can't reach the intake."),
    "low": _Words("{} has far fewer events than usual", "{} streams have far fewer events than usual", "Ask who sends it."),
    "high": _Words(
        "{} has far more events than usual", "{} streams have far more events than usual", "A loop, a bot, or a success."
    ),
}


def troubles() -> list[Trouble]:
    """One for each stream, or one for many that began together; the longest first."""
    found = list(incidents.open_incidents().order_by("began_at", "stream"))
    alone = [_of_one(row) for row in found if not row.is_grouped]
    return alone + [
        _of_many(rows) for kind in _WORDS if (rows := [row for row in found if row.is_grouped and row.kind == kind])
    ]


def link(stream: str) -> str:
    """The page of its traffic."""
    return f"/streams/{quote(stream)}/traffic"


def story(row: TrafficIncident) -> str:
    """What came and what is usual."""
    span = figures.age(row.minutes * 60)
    usual = figures.short(round(row.expected)) if row.expected >= 1 else "less than one"
    if row.kind == TrafficIncident.Kind.SILENT and not row.seen:
        return f"No event for {span}, in which {usual} would be usual."
    share = f", {figures.share(round(row.seen), round(row.expected))}" if row.seen < row.expected else ""
    return f"{figures.short(round(row.seen))} events in {span}, in which {usual} would be usual{share}."


def _of_one(row: TrafficIncident) -> Trouble:
    words = _WORDS[row.kind]
    is_coming_back = row.kind == TrafficIncident.Kind.SILENT and row.seen > 0
    why = "It comes back: this ends once that has lasted ten minutes." if is_coming_back else words.why
    return Trouble(
        level="fail" if row.kind == TrafficIncident.Kind.SILENT else "warn",
        what=words.one.format(row.stream),
        why=f"{story(row)} {why}",
        link=link(row.stream),
        remedy="See its traffic",
        since=figures.ago(row.began_at),
        kind=f"traffic.{row.kind}",
        subject=row.stream,
        began_at=row.began_at,
    )


def _of_many(rows: Sequence[TrafficIncident]) -> Trouble:
    words, first = _WORDS[rows[0].kind], rows[0]
    names = ", ".join(row.stream for row in rows[:_NAMED]) + (f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else "")
    return Trouble(
        level="fail" if first.kind == TrafficIncident.Kind.SILENT else "warn",
        what=words.many.format(len(rows)) + _in_common(row.stream for row in rows),
        why=f"{names}. They began together, so look for what they share: a service, a deploy, a datacenter.",
        link=f"/traffic?kind={first.kind}",
        remedy="See them all",
        since=figures.ago(first.began_at),
        kind=f"traffic.{first.kind}",
        subject=MANY,
        began_at=first.began_at,
    )


def _in_common(names: Iterable[str]) -> str:
    """The service, where all are posted to one."""
    streams = snapshot().streams
    services = {streams[name].service if name in streams else "" for name in names}
    [service] = services if len(services) == 1 else [""]
    return f", all of the service {service}" if service else ""
