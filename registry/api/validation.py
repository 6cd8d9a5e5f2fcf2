"""Judges an event as the intake would, and sends nothing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eventplatform.core import gate, refusals
from eventplatform.core.names import is_schema_id
from eventplatform.core.schemas import CompiledSchema, Violation

MAX_VIOLATIONS = 50
_RUNS = 3  # the first one warms caches that are warm at the intake


@dataclass(frozen=True, slots=True)
class Verdict:
    """The schema that the event was judged by, all that breaks it, and what the judging alone took."""

    schema: CompiledSchema
    violations: tuple[Violation, ...]
    microseconds: float

    @property
    def is_valid(self) -> bool:
        """Whether the intake would take it, as far as the schema goes."""
        return not self.violations


def named_schema(event: Mapping[str, Any]) -> str:
    """The id in `$schema`.

    Raises:
        RejectedError: as at the intake, where there is none or none that could be.
    """
    schema_id = event.get("$schema")
    if schema_id is None:
        raise refusals.SchemaMissingError(pointer="/$schema")
    if not isinstance(schema_id, str) or not is_schema_id(schema_id):
        raise refusals.SchemaIdError(pointer="/$schema")
    return schema_id


def judge(event: dict[str, Any], schema: CompiledSchema, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Verdict:
    """What the gate would find; it fills first what it fills at the intake: `meta.dt`, and an absent id and request id."""
    if isinstance(event.get("meta"), dict):
        moment = now()
        at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        request = gate.Request(at, int(moment.timestamp() * 1000), str(uuid.uuid4()))
        event = gate.fill(event, schema, request, lambda: str(uuid.uuid4()))
    violations = () if schema.is_valid(event) else tuple(schema.violations(event, MAX_VIOLATIONS))
    return Verdict(schema, violations, min(_microseconds(event, schema) for _ in range(_RUNS)))


def _microseconds(event: Mapping[str, Any], schema: CompiledSchema) -> float:
    started = time.perf_counter_ns()
    schema.is_valid(event)
    return (time.perf_counter_ns() - started) / 1000
