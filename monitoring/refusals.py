"""Why events were refused: by stream and reason, with what the reason's error says and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventplatform.core.results import SUCCESSES
from eventplatform.error_codes import error_codes
from eventplatform.figures import share, thin
from eventplatform.panels import Trouble

Counts = Mapping[tuple[str, str, str], int]  # stream (empty where none is configured), outcome, reason → events
NO_STREAM = "no configured stream"
_LEAST_EVENTS = 5
_LEAST_SHARE = 0.05
_MOST_TROUBLES = 5
_PLACEHOLDER = re.compile(r"\{(\w+)[^}]*\}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Events of one stream that were refused for one reason."""

    stream: str
    outcome: str
    code: str
    count: int
    message: str
    remedy: str


def refusals(counts: Counts) -> tuple[Refusal, ...]:
    """Every reason of every stream, the most frequent first."""
    found = [
        Refusal(stream, outcome, code, count, *_texts(code))
        for (stream, outcome, code), count in counts.items()
        if count and outcome not in SUCCESSES
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.stream, one.code)))


def without_canaries(counts: Counts, refused: Mapping[tuple[str, str], int]) -> Counts:
    """The counts without the canaries that were `refused`, by stream and reason: of them their own alarm tells."""
    return {
        (stream, outcome, reason): max(count - (0 if outcome in SUCCESSES else refused.get((stream, reason), 0)), 0)
        for (stream, outcome, reason), count in counts.items()
    }


def troubles(counts: Counts) -> list[Trouble]:
    """A warning for each stream that refuses a notable share of its events; one for all where the rest together does."""
    received: dict[str, int] = {}
    for (stream, _, _), count in counts.items():
        received[stream] = received.get(stream, 0) + count
    refused: dict[str, list[Refusal]] = {}
    for one in refusals(counts):
        refused.setdefault(one.stream, []).append(one)
    # What names no configured stream is refused whole: only its share of everything tells something.
    notable = [name for name, found in refused.items() if name and _is_notable(found, received[name])]
    told = sorted(notable, key=lambda name: (-_sum(refused[name]), name))[:_MOST_TROUBLES]
    lines = [_trouble(f"events of {name}", refused[name], received[name], name) for name in told]
    rest = [one for name, found in refused.items() if name not in told for one in found]
    total = sum(received.values())
    if _is_notable(rest, total):
        lines.append(_trouble("other events" if told else "events", rest, total, "all streams"))
    return lines


def _trouble(which: str, found: Sequence[Refusal], received: int, subject: str) -> Trouble:
    count, most = _sum(found), max(found, key=lambda one: one.count)
    what = f"{thin(count)} {which} refused in the last hour, {share(count, received)} of {thin(received)} received"
    why = f"Most frequent: {most.code} ({thin(most.count)}). {most.message} {most.remedy}".strip()
    return Trouble("warn", what, why, "/overview#refused", "See the reasons", kind="intake.refused", subject=subject)


def _is_notable(found: Sequence[Refusal], received: int) -> bool:
    return (count := _sum(found)) >= _LEAST_EVENTS and count >= _LEAST_SHARE * received


def _sum(found: Sequence[Refusal]) -> int:
    return sum(one.count for one in found)


def _texts(code: str) -> tuple[str, str]:
    """The error's message and remedy; where its facts are the whole message, what its class says of itself."""
    found = error_codes().get(code)
    if found is None:
        return "", ""
    message = found[0].message
    if _PLACEHOLDER.fullmatch(message):
        message = f"{found[0].about.partition(';')[0].rstrip('.')}."
    return _spoken(message), _spoken(found[0].remedy)


def _spoken(text: str) -> str:
    """A text whose facts differ from event to event: each is named in angle marks instead."""
    return _PLACEHOLDER.sub(r"<\1>", text)
