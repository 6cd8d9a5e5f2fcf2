"""How a stream's own settings steer its connectors: `consumers.<name>`, before the connector's own rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

from connectors.rules import Policy, Rules
from eventplatform.broker.loop import FlushRule
from eventplatform.core.keeping import MODES, POLICIES, PRIVACY_ACTIONS
from eventplatform.core.streams import Stream


@dataclass(frozen=True, slots=True)
class Steering:
    """What a stream wants of a connector, with the connector's rules for what it leaves open; pure, safe to keep.

    `retention_days` and `batch_rows` are None where nobody says anything. `key` holds JSON pointers. `privacy` is by kind of
    mark (`*`: all others): keep, drop, hash, truncate or as_marked; empty: nothing is changed.
    """

    retention_days: int | None = None
    batch_rows: int | None = None
    ttl_seconds: int = 0
    records_per_second: float = 0.0
    is_upsert: bool = False
    key: tuple[str, ...] = ()
    columns: Policy = "evolve"
    types: Policy = "evolve"
    privacy: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def flush_rule(self, rule: FlushRule) -> FlushRule:
        """The connector's rule with the stream's batch; bytes and age stay, which bound memory and delay."""
        return rule if self.batch_rows is None else replace(rule, rows=self.batch_rows)


NO_STEERING = Steering()


def steering(stream: Stream, names: Iterable[str], rules: Rules | None = None) -> Steering:
    """The first of the names that says something counts: the connector's own before its target's, before its rules."""
    said = [stream.consumers.get(name, {}) for name in names]
    rules = rules or Rules()
    return Steering(
        retention_days=_whole(said, "retention_days"),
        batch_rows=_whole(said, "batch_rows"),
        ttl_seconds=_whole(said, "ttl_seconds") or rules.ttl_seconds,
        records_per_second=_rate(said) or rules.records_per_second,
        is_upsert=_word(said, "mode", MODES, rules.mode) == "upsert",
        key=_texts(said, "key") or rules.key,
        columns=cast("Policy", _word(said, "columns", POLICIES, rules.columns)),
        types=cast("Policy", _word(said, "types", POLICIES, rules.types)),
        privacy=MappingProxyType(_privacy(said) or rules.privacy),
    )


def _whole(said: list[Mapping[str, Any]], name: str) -> int | None:
    found = (one.get(name) for one in said)
    return next((value for value in found if isinstance(value, int) and not isinstance(value, bool) and value > 0), None)


def _rate(said: list[Mapping[str, Any]]) -> float:
    found = (one.get("records_per_second") for one in said)
    return next((float(one) for one in found if isinstance(one, (int, float)) and not isinstance(one, bool) and one > 0), 0.0)


def _word(said: list[Mapping[str, Any]], name: str, choices: tuple[str, ...], default: str) -> str:
    return next((one[name] for one in said if one.get(name) in choices), default)


def _texts(said: list[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    found = (one.get(name) for one in said)
    return next((tuple(map(str, value)) for value in found if isinstance(value, (list, tuple)) and value), ())


def _privacy(said: list[Mapping[str, Any]]) -> dict[str, str]:
    found: Mapping[str, Any] = next((one["privacy"] for one in said if isinstance(one.get("privacy"), Mapping)), {})
    # An action that nobody knows was meant to protect: configuration refuses it, and what slipped in is not kept in clear.
    return {str(kind): action if action in PRIVACY_ACTIONS else "drop" for kind, action in found.items() if action}
