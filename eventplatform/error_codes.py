"""Every error code with what its class says, as `make docs` wrote it down: no process has all of their modules loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LISTED = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """An error that a user may see. Texts name facts of the place in braces."""

    code: str
    family: str  # rejected, retriable, fatal; empty for a fault of the platform's own
    status: int
    about: str
    message: str
    remedy: str

    @property
    def noun(self) -> str:
        """What it is about: the first word of the code."""
        return self.code.partition(".")[0]


@cache
def error_codes() -> dict[str, tuple[ErrorCode, ...]]:
    """All errors by their code; a few share one, where only the sentence differs."""
    found: dict[str, tuple[ErrorCode, ...]] = {}
    for entry in json.loads(_LISTED.read_text()):
        one = ErrorCode(**entry)
        found[one.code] = (*found.get(one.code, ()), one)
    return found
