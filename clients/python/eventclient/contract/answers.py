"""What an answer of the intake means for each event of the batch: sent, again, dropped under a code, or halved (§6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

SENT: Final = "sent"
AGAIN: Final = "again"
HALVE: Final = "halve"
DROPPED: Final = "dropped"

_KEPT = frozenset({"accepted", "hasty", "spooled", "duplicate"})
_PASSING = frozenset({"limited", "failed"})
_WAIT = frozenset({429, 503, 507})
_LONGEST_PAUSE_SECONDS = 60
_LONGEST_TOLD_SECONDS = 86_400.0
_UNREADABLE, _TOO_LARGE, _FIRST_OF_SERVER, _FIRST_NOT_OK, _FIRST_OK = 400, 413, 500, 300, 200


class Fate(NamedTuple):
    """Of one event; `code` and what follows tell why it was dropped."""

    what: str
    code: str = ""
    pointer: str = ""
    message: str = ""
    remedy: str = ""


class Answer(NamedTuple):
    """`wait_seconds` is when those that go again do so, None where none does."""

    fates: Sequence[Fate]
    wait_seconds: float | None


_SENT, _AGAIN = Fate(SENT), Fate(AGAIN)


def read(status: int | None, headers: Mapping[str, str], body: Any, *, count: int, attempt: int) -> Answer:
    """For a batch of `count` events that was sent for the `attempt`th time; `status` is None without an answer."""
    fates = _fates(status, body, count)
    if any(fate.what is AGAIN for fate in fates):
        return Answer(fates, retry_after(headers) or pause(attempt))
    return Answer(fates, 0 if fates[0].what is HALVE else None)


def pause(attempt: int, longest: int = _LONGEST_PAUSE_SECONDS) -> float:
    """1, 2, 4 … seconds."""
    return float(min(longest, 2 ** min(attempt - 1, 16)))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, where the answer says more than none; dates are not read: the device's clock may be wrong."""
    told = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    seconds = float(told) if told.isascii() and told.isdigit() else 0.0  # of more digits than a number has: infinity
    return min(seconds, _LONGEST_TOLD_SECONDS) if seconds > 0 else None


def _fates(status: int | None, body: Any, count: int) -> list[Fate]:
    if status is None:
        return [_AGAIN] * count
    results = _results(body)
    if results:
        return [_fate(results.get(index)) for index in range(count)]
    if _FIRST_OK <= status < _FIRST_NOT_OK:
        return [_SENT] * count
    if status in _WAIT or status >= _FIRST_OF_SERVER:
        return [_AGAIN] * count
    if status in {_UNREADABLE, _TOO_LARGE} and count > 1:  # one event is at fault for all of them
        return [Fate(HALVE)] * count
    refused = _refused(body if isinstance(body, Mapping) else {}, str(status))
    return [Fate(DROPPED, "too_large") if status == _TOO_LARGE else refused] * count


def _results(body: Any) -> dict[int, Mapping[str, Any]]:
    listed = body.get("results") if isinstance(body, Mapping) else None
    if not isinstance(listed, list):
        return {}
    return {
        entry["index"]: entry
        for entry in listed
        if isinstance(entry, Mapping) and type(entry.get("index")) is int and isinstance(entry.get("result"), str)
    }


def _fate(entry: Mapping[str, Any] | None) -> Fate:
    if entry is None or entry["result"] in _PASSING:
        return _AGAIN
    return _SENT if entry["result"] in _KEPT else _refused(entry, entry["result"])


def _refused(told: Mapping[str, Any], otherwise: str) -> Fate:
    code, pointer, message, remedy = (
        value if isinstance(value := told.get(name), str) else "" for name in ("code", "pointer", "message", "remedy")
    )
    return Fate(DROPPED, code or otherwise, pointer, message, remedy)
