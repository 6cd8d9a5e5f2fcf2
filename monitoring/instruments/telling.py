"""A check as JSON, for programs, and as lines of text, for a shell; what an event or an identifier says is in neither."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitoring.instruments import wording
from monitoring.instruments.checking import Check
from monitoring.instruments.evidence.deciding import Client
from monitoring.instruments.evidence.facts import Facts, Judged
from monitoring.instruments.evidence.findings import Finding

_SIGNS = {"ok": "ok  ", "fail": "FAIL", "warn": "warn", "info": "..  ", "paused": "off ", "unknown": "?   "}


def as_json(found: Check, client: Client) -> dict[str, Any]:
    """The check as the API gives it."""
    facts, verdict, decision = found.facts, found.verdict, found.decision(client)
    holding = facts.told.holding
    return {
        "subject": {"kind": facts.subject.kind, "name": facts.subject.name, "stream": facts.subject.stream or None},
        "is_live": verdict.is_live,
        "is_correct": verdict.is_correct,
        "verdict": {"state": verdict.state, "headline": verdict.headline, "next": verdict.next.step or None},
        "findings": [_finding(one) for one in verdict.findings],
        "configuration": {
            "revision": facts.told.revision,
            "refresh_seconds": facts.told.refresh_seconds,
            "is_configured": holding is not None,
            "sample": holding.get("sample") if holding else None,
            "changes": list(holding.get("changes") or ()) if holding else [],
            "audience": holding.get("audience") if holding else None,
        },
        "client": {
            "outcome": decision.outcome,
            "unit": decision.unit or None,
            "rate": decision.rate,
            "value": decision.value,
        },
        "events": _events(facts),
        "refused": [
            {"code": one.code, "pointer": one.pointer, "message": one.message, "remedy": one.remedy, "events": one.number}
            for one in facts.refusals.groups
        ],
        "sampling": [_judged(one) for one in facts.judged],
        "fields": [
            {"field": one.path, "is_contextual": one.is_contextual, "state": one.word, "filled": one.filled, "asked": one.asked}
            for one in wording.field_rows(facts)
        ],
        "looked": {
            "begin": facts.looked.begin.isoformat(),
            "end": facts.looked.end.isoformat(),
            "records": facts.looked.records,
            "left_out": facts.looked.left_out,
            "seconds": round(facts.looked.seconds, 3),
        },
    }


def as_text(found: Check) -> Iterator[str]:
    """The check line by line."""
    facts, verdict = found.facts, found.verdict
    yield f"{facts.subject.name}: {verdict.headline}."
    if facts.told.holding is not None:
        yield f"  clients are told: {wording.sample(facts.told.holding.get('sample'))}, revision {facts.told.revision}"
    for one in verdict.findings:
        yield f"  {_SIGNS[one.state]} {' '.join(filter(None, (f'{one.what}.', one.words)))}"
        if one.step and one is not verdict.next:
            yield f"       {one.step}"
    if verdict.next.step:
        yield f"Next: {verdict.next.step}"
    older = f"; {facts.looked.left_out} older ones were not" if facts.looked.left_out else ""
    yield f"Looked at the last {facts.minutes} minutes: {facts.looked.records} records were read{older}."


def _finding(one: Finding) -> dict[str, Any]:
    return {"state": one.state, "code": one.code, "what": one.what, "words": one.words, "step": one.step or None}


def _events(facts: Facts) -> dict[str, Any]:
    tally, clock = facts.tally, facts.clock
    return {
        "accepted": tally.events,
        "refused": facts.refusals.number,
        "forced": tally.forced,
        "others": tally.others,
        "canaries": tally.canaries,
        "unreadable": tally.unreadable,
        "repeated": tally.repeated,
        "per_minute": list(tally.by_minute),
        "versions": dict(tally.versions),
        "revisions": dict(tally.revisions),
        "domains": dict(tally.domains),
        "behind_seconds": {"p50": round(clock[0], 3), "p99": round(clock[1], 3)} if clock else None,
    }


def _judged(one: Judged) -> dict[str, Any]:
    found = one.estimate
    return {
        "unit": one.sample[0] or None,
        "rate": one.sample[1],
        "judgement": found.kind if one.is_readable else "hidden",
        "identifiers": found.number,
        "above": found.above,
        "estimate": found.rate,
        "low": found.low,
        "high": found.high,
        "stated": dict(one.group.stated),
        "events": one.group.events,
    }
