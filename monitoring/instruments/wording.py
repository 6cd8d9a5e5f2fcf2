"""Words of a check: decisions, rates, fields; and where each next step leads; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from eventplatform.figures import digits, share
from monitoring.instruments.evidence.deciding import Decision, sampled
from monitoring.instruments.evidence.estimating import LEAST
from monitoring.instruments.evidence.facts import Facts, Judged
from monitoring.instruments.evidence.findings import State, is_alike

_UNITS = {"pageview": "page views", "session": "sessions", "device": "devices"}
_SIGNALS = {"gpc": "Global Privacy Control", "dnt": "Do Not Track"}
# Each reason of the contract: state, what it is in a word, and why.
_DECISIONS: Mapping[str, tuple[State, str, str]] = {
    "in": ("ok", "Sends", "This client is in sample."),
    "depends": ("info", "Depends on its identifier", "Those below the rate send. Give an identifier to know."),
    "unsampled": ("paused", "Not in sample", "Its identifier lies at or above the rate (unsampled)."),
    "unconfigured": ("fail", "Drops everything", "There is no configuration for it (unconfigured)."),
    "closed": ("paused", "Sends nothing", "The rate is 0: a switch, a window, or the sample says so (closed)."),
    "privacy": ("paused", "Sends nothing", "The person's signal is heeded by this stream (privacy)."),
    "audience": ("paused", "Not asked", "It is none of those whom the instrument asks (audience)."),
    "consent": ("paused", "Sends nothing", "Without consent there is no identifier of this unit (consent)."),
}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One optional field: how it fares, in a word and a state."""

    path: str
    is_contextual: bool
    state: State
    word: str
    filled: int
    asked: int
    share: str


def decision(found: Decision) -> tuple[State, str, str]:
    """State, word and reason of what becomes of a client's events."""
    if found.outcome == "in" and found.rate == 1 and not found.unit:
        return "ok", "Sends", "It is not sampled: everybody sends."
    if found.outcome == "depends" and found.rate == 1:
        return "ok", "Sends", "Every identifier is in sample."
    if found.outcome == "unsampled" and not found.unit:
        return "fail", "Sends nothing", "Its sample has no rate and unit that clients know (unsampled)."
    return _DECISIONS[found.outcome]


def sample(said: Any) -> str:
    """A sample in words: `20 % of sessions`."""
    if said is None:
        return "everybody"
    unit, rate = sampled(said)
    return "nobody: no sample that clients know" if rate is None else f"{percent(rate)} of {_UNITS[unit]}"


def percent(rate: float) -> str:
    """A rate as people write it."""
    return "none" if not rate else f"{digits(rate * 100)}\u202f%"


def audience(says: Any) -> Sequence[str]:
    """Whom an instrument asks, part by part; none: everybody."""
    parts = says if isinstance(says, Mapping) else {}
    words = {"sites": "on", "except_sites": "not on", "platforms": "with"}
    found = [f"{word} {', '.join(map(str, parts[name]))}" for name, word in words.items() if parts.get(name)]
    logged_in = parts.get("is_logged_in")
    return [*found, *([] if logged_in is None else ["logged in" if logged_in else "not logged in"])]


def signals(names: Any) -> str:
    """The signals that a stream heeds."""
    return ", ".join(_SIGNALS.get(str(one), str(one)) for one in names or ()) or "none"


def estimated(one: Judged) -> str:
    """What identifiers say of a rate, in one cell."""
    found = one.estimate
    if not one.sample[0]:
        return "not sampled"
    if not one.is_readable:
        return "can't be seen"
    if found.kind in {"few", "none"}:
        return f"too few: {found.number} of {LEAST}"
    return f"{found.low:.3g} to {found.high:.3g}"


def field_rows(facts: Facts) -> Iterator[FieldRow]:
    """The optional fields, those to look at first; contextual attributes above all."""
    rows = [_field(facts, path) for path in facts.fields]
    order = ("warn", "info", "unknown", "ok")
    yield from sorted(rows, key=lambda one: (not one.is_contextual, order.index(one.state)))


def _field(facts: Facts, path: tuple[str, ...]) -> FieldRow:
    one, is_contextual = facts.fields[path], path in facts.contextual
    state: State
    if one.asked < LEAST:
        state, word = "unknown", "too few to judge" if one.asked else "not seen yet"
    elif not one.filled:
        state, word = "warn" if is_contextual else "info", "only nulls" if one.nulls else "never filled"
    elif is_alike(path, one):
        state, word = "info", "always alike"
    else:
        state, word = "ok", "filled"
    return FieldRow(
        ".".join(path), is_contextual, state, word, one.filled, one.asked, share(one.filled, one.asked) if one.asked else ""
    )


def snippet(facts: Facts, platform_url: str) -> tuple[str, str]:
    """The three lines that send an event of which no example is known, as a part of a page and in Python."""
    subject, url = facts.subject, json.dumps(platform_url)
    name, of_key = json.dumps(subject.name), bool(subject.key)
    script = f"<script src={json.dumps(f'{platform_url}/client/eventplatform.js')}></script>"
    page = f"const events = eventplatform.connect({url}, {{consent: true}}){f'.instrument({name})' if of_key else ''};"
    python = f"events = connect({url}){f'.instrument({name})' if of_key else ''}"
    call = f"events.submit({'' if of_key else f'{name}, '}{{}})"
    return f"{script}\n<script>\n  {page}\n  {call};\n</script>", f"from eventclient import connect\n{python}\n{call}"


def fragment(facts: Facts) -> str:
    """What is put behind a page's address by whoever looks at their own instrument."""
    force = f"&eventplatform-force={quote(facts.subject.key, safe='')}" if facts.subject.key else ""
    return f"eventplatform-debug{force}"
