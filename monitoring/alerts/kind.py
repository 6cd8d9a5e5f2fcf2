"""A kind of trouble: what it means, what to look at first, what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a runbook page says of one kind of trouble; `code` is the trouble's `kind` and the page's address.

    critical: events are lost, late or refused, or nobody can tell. warning: they will be. info: somebody may tidy up; it
    stands in the list "Needs attention" and never becomes an alert.
    """

    code: str
    title: str
    severity: Severity
    means: str
    look: tuple[str, ...]
    mend: tuple[str, ...]
