"""What may be said of the platform's health by its canaries: passed, on their way, or none is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitoring import canary, stages

_BY_CONFIGURATION = frozenset({canary.SWITCHED_OFF, canary.NOT_WANTED})
_DEFAULTS = "/admin/streamconfig/defaults/"
_BLIND = "so an idle stream can't be told from a broken one."


@dataclass(frozen=True, slots=True)
class Witness:
    """What the canaries tell: `link` leads to what switches them on, where none is sent."""

    state: stages.State
    words: str
    why: str = ""
    link: str = ""


def witness(paths: Sequence[stages.Path]) -> Witness:
    """Health is claimed only where canaries were seen to pass everything that runs."""
    walked = [path for path in paths if not path.excluded_because]
    if not walked:
        return _none_sent(paths)
    if any(path.state == "fail" for path in walked):
        return Witness("fail", "Canaries are missing", "A stage that runs has not seen its canaries.")
    if all(path.is_whole for path in walked):
        return Witness("ok", "Events arrive, canaries pass", "Canaries passed every stage that runs.")
    return Witness("unknown", "Canaries are on their way", "Not every stage has seen one yet.")


def _none_sent(paths: Sequence[stages.Path]) -> Witness:
    reasons = {path.excluded_because for path in paths if path.service}  # patterns are no streams
    if not reasons:
        return Witness("unknown", "No canaries are sent", "No stream is configured.", "/admin/streamconfig/stream/")
    if reasons <= _BY_CONFIGURATION:
        return Witness("unknown", "No canaries are sent", f"They are switched off in configuration, {_BLIND}", _DEFAULTS)
    return Witness("unknown", "No canaries are sent", f"Each stream has a reason for it, {_BLIND}", "/overview#canaries")


def row_words(path: stages.Path) -> tuple[stages.State, str]:
    """A stream's state and word where no canary is sent to it: as its own page says."""
    return ("paused", "Switched off") if path.excluded_because == canary.SWITCHED_OFF else ("unknown", "No canary")
