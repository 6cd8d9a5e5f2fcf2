"""A check as the page shows it: chart, tables, links; personal data masked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.urls import reverse

from eventplatform import charts
from eventplatform.error_codes import error_codes
from eventplatform.figures import age, share
from intake.trying import lookups as notes
from monitoring import personal
from monitoring.instruments import wording
from monitoring.instruments.asked import PLATFORMS, Asked
from monitoring.instruments.checking import RANGES, Check
from monitoring.instruments.evidence.facts import Facts, Subject
from monitoring.live.shown import Shown, shown
from monitoring.rejected.samples import Line, lines_of_event
from streamconfig.lookups import snapshot
from streamconfig.pages import snippets

_TICKS = 4
_MOST_ROWS = 6
_MOST_NOTES = 5
_TO = {
    "make": "Make it",
    "change": "Go to what is configured",
    "here": "Look again",
    "force": "The link and three lines",
    "rejected": "See and mend them",
    "versions": "See the clients",
    "fields": "See the fields",
    "clock": "See the clocks",
    "store": "See the stores",
}


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A reason, with an event as the intake got it."""

    code: str
    pointer: str
    message: str
    remedy: str
    number: int
    last_at: datetime
    link: str
    page: str
    lines: Sequence[Line]


def context(found: Check, asked: Asked, *, may_see: bool) -> dict[str, Any]:
    """What the template needs."""
    facts, verdict = found.facts, found.verdict
    decision = found.decision(asked.client)
    whole = snippets.with_client(facts.subject.stream, facts.subject.key) if facts.told.holding else None
    return {
        "check": found,
        "facts": facts,
        "verdict": verdict,
        "next_link": link(facts.subject, verdict.next.to),
        "next_words": _TO.get(verdict.next.to, ""),
        "findings": [(one, link(facts.subject, one.to), _TO.get(one.to, "")) for one in verdict.findings],
        "asked": asked,
        "ranges": [(asked.query(span=name), name.replace("m", " min"), name == asked.span) for name in RANGES],
        "chart": chart(facts, found.at),
        "judged": [
            (one, wording.sample(_said(one.sample)), wording.estimated(one), _top(one.group.stated, one.group.events))
            for one in facts.judged
        ],
        "decision": decision,
        "decided": wording.decision(decision),
        "sample": wording.sample((facts.told.holding or {}).get("sample")),
        "changes": [(one["at"], wording.sample(one["sample"])) for one in (facts.told.holding or {}).get("changes") or ()],
        "audience": wording.audience((facts.told.holding or {}).get("audience")),
        "heeds": wording.signals((facts.told.entry or {}).get("heeds")),
        "of_instruments": facts.tally.of_instruments.most_common(_MOST_ROWS),
        "fields": [*wording.field_rows(facts)],
        "versions": _top(facts.tally.versions, facts.tally.events),
        "domains": _top(facts.tally.domains, facts.tally.events),
        "revisions": _top(facts.tally.revisions, facts.tally.events),
        "refused": [_refused(one) for one in facts.refusals.groups[:_MOST_ROWS]],
        "counts": sorted(facts.counts.items(), key=lambda one: -one[1])[:_MOST_ROWS],
        "clock": [age(abs(one)) for one in facts.clock or ()],
        "newest": [_newest(record, event, may_see=may_see) for record, event in facts.tally.newest],
        "notes": _notes(facts.subject, asked.debug_id, may_see=may_see),
        "snippets": whole or wording.snippet(facts, settings.PUBLIC_URL),
        "is_whole": whole is not None,
        "forced": f"{asked.page}#{wording.fragment(facts)}" if asked.page else "",
        "fragment": f"#{wording.fragment(facts)}",
        "debug_mode": settings.INTAKE_DEBUG,
        "platforms": PLATFORMS,
        "sites": sorted(snapshot().document.section("sites")),
        "may_see": may_see,
    }


def link(subject: Subject, to: str) -> str:
    """Where a step leads; empty where nowhere."""
    own = reverse("instrument", args=[subject.key]) if subject.key else reverse("stream", args=[subject.stream])
    if to == "make":
        return reverse("admin:streamconfig_instrument_add") if subject.key else reverse("stream-new")
    if to == "store":
        return f"{reverse('stream', args=[subject.stream])}?tab=connectors"
    if to == "rejected":
        return f"{reverse('rejected')}?{urlencode({'source': 'intake', 'stream': subject.stream, 'range': '1h'})}"
    pages = {"change": own, "here": address(subject), "force": "#force"}
    return pages.get(to) or {"versions": "#clients", "fields": "#fields", "clock": "#clients"}.get(to, "")


def address(subject: Subject) -> str:
    """The page of this check."""
    return reverse("instrument-check", args=[subject.key]) if subject.key else reverse("stream-check", args=[subject.stream])


def chart(facts: Facts, now: datetime) -> charts.Chart:
    """Events by minute, with what could not be read as a gap."""
    begin = now - timedelta(minutes=facts.minutes)
    missing = int((facts.looked.begin - begin) / timedelta(minutes=1)) if facts.looked.left_out else 0
    values = [None if minute < missing else float(number) for minute, number in enumerate(facts.tally.by_minute)]
    step = facts.minutes / _TICKS
    ticks = [*(f"{(begin + number * timedelta(minutes=step)).astimezone(UTC):%H:%M}" for number in range(_TICKS)), "now"]
    label = f"{facts.tally.events} events of {facts.subject.name} in the last {facts.minutes} minutes"
    return charts.area(charts.Series(values), label=label, unit="/min", x_ticks=ticks, height=120)


def _said(sample: tuple[str, float]) -> Mapping[str, Any] | None:
    return {"unit": sample[0], "rate": sample[1]} if sample[0] else None


def _top(found: Counter[str], whole: int) -> list[tuple[str, int, str]]:
    return [(name, number, share(number, whole)) for name, number in found.most_common(_MOST_ROWS)]


def _refused(one: Any) -> RefusedRow:
    query = urlencode({"group": one.group}) if one.group else ""
    return RefusedRow(
        code=one.code,
        pointer=one.pointer,
        message=one.message,
        remedy=one.remedy,
        number=one.number,
        last_at=one.last_at,
        link=f"{reverse('rejected')}?{query}",
        page=f"/errors/{quote(one.code)}" if one.code in error_codes() else "",
        lines=lines_of_event(one.example, one.places),
    )


def _newest(record: Any, event: Any, *, may_see: bool) -> dict[str, Any]:
    seen = event if may_see else personal.masked_content(event)
    return {
        "at": record.moment,
        "link": reverse("record", args=[record.topic, record.partition, record.offset]),
        "lines": lines_of_event(seen, ()),
    }


def _notes(subject: Subject, debug_id: str, *, may_see: bool) -> list[Shown] | None:
    """What the intake noted of requests with this id and the subject's events; None where it can't be read."""
    if not notes.is_debug_id(debug_id):
        return []
    try:
        found = notes.notes_of_id(debug_id)
    except notes.NotesAwayError:
        return None
    return [shown(one, may_see=may_see) for one in found if _is_of(subject, one)][:_MOST_NOTES]


def _is_of(subject: Subject, note: notes.Note) -> bool:
    event = notes.read(note.received)
    named = event.get("instrument_name") if isinstance(event, dict) else None
    return note.result.get("stream") == subject.stream and (not subject.key or named in (subject.key, None))
