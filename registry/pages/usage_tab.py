"""Who lives by a schema: streams with their traffic, connectors, jobs; each app tells of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eventplatform import panels

_KINDS = {"stream": "Stream", "connector": "Connector", "job": "Job"}
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Row:
    """A use with its rate; None where nobody counts."""

    use: panels.Use
    kind: str
    per_second: float | None


def tab(title: str) -> dict[str, Any]:
    """What the tab shows."""
    rows = [_row(use) for use in panels.uses(title)]
    total = sum(row.per_second or 0 for row in rows if row.use.kind == "stream")
    return {"uses": rows, "per_second": total, "is_counted": any(row.per_second is not None for row in rows)}


def _row(use: panels.Use) -> Row:
    known = [value for value in use.per_minute if value is not None]
    return Row(use, _KINDS[use.kind], sum(known) / len(known) / _SECONDS if known else None)
