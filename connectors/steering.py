"""How a stream's own settings steer its connectors: `consumers.<name>`, by the connector's name or its target's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from eventplatform.broker.loop import FlushRule
from eventplatform.core.streams import Stream


@dataclass(frozen=True, slots=True)
class Steering:
    """What a stream wants of a connector; None: what the connector's own options say."""

    retention_days: int | None = None
    batch_rows: int | None = None

    def flush_rule(self, rule: FlushRule) -> FlushRule:
        """The connector's rule with the stream's batch; bytes and age stay, which bound memory and delay."""
        return rule if self.batch_rows is None else replace(rule, rows=self.batch_rows)


def steering(stream: Stream, names: Iterable[str]) -> Steering:
    """The first of the names that says something counts: the connector's own before its target's."""
    found: dict[str, int] = {}
    for name in names:
        wishes: Mapping[str, Any] = stream.consumers.get(name, {})
        for key in ("retention_days", "batch_rows"):
            value = wishes.get(key)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                found.setdefault(key, value)
    return Steering(**found)
