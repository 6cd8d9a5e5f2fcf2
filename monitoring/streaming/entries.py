"""Records of the log as events that may go out: parsed and cleaned once, however many clients get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import orjson

from eventplatform.core.door_rules import PrivacyRules
from eventplatform.core.metrics import STREAM_OUT_SKIPPED
from eventplatform.core.pii_values import Hashing
from eventplatform.core.privacy import Cleaner, Signals, clean_by_name, masked, plan_by_kind
from eventplatform.core.records import Record
from eventplatform.core.schemas import CompiledSchema
from monitoring import canary
from monitoring.streaming.offers import Rules

View = Literal["clean", "whole"]  # for everybody, or for who may see personal data

_MOST_PLANS = 2000
_RAW = "raw_event"  # of an error event: the refused one, as text


class Entry:
    """One event, with its place in the log in `meta`. A view that is None doesn't go out to those who have it."""

    __slots__ = ("_whole", "clean", "is_canary", "record")

    def __init__(self, record: Record, event: dict[str, Any], clean: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
        self.record = record
        self.is_canary = canary.is_canary(event)
        self.clean = _placed(clean(event), record)
        self._whole: dict[str, Any] | None = None

    def view(self, view: View) -> dict[str, Any] | None:
        """The event as such callers see it; shared, so never to be changed."""
        if view == "clean":
            return self.clean
        if self._whole is None:
            self._whole = _placed(orjson.loads(self.record.value or b"{}"), self.record)
        return self._whole


class Entries:
    """Makes entries by the rules that hold at the moment. Safe to share between threads."""

    def __init__(
        self, rules_of: Callable[[str], Rules], find_schema: Callable[[str], CompiledSchema | None], hashing: Hashing
    ) -> None:
        self._rules_of = rules_of
        self._find_schema = find_schema
        self._hashing = hashing
        self._plans: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[CompiledSchema, Cleaner | None]] = {}

    def entry(self, record: Record) -> Entry | None:
        """The event of a record; None where it holds none."""
        try:
            event = orjson.loads(record.value) if record.value else None
        except orjson.JSONDecodeError:
            event = None
        if not isinstance(event, dict):
            STREAM_OUT_SKIPPED.labels("tombstone" if record.value is None else "no_event").inc()
            return None
        rules = self._rules_of(record.topic)
        return Entry(record, event, lambda one: self._cleaned(one, rules, record.timestamp_ms))

    def _cleaned(self, event: dict[str, Any], rules: Rules, now_ms: int) -> dict[str, Any] | None:
        schema_id = event.get("$schema")
        schema = self._find_schema(schema_id) if isinstance(schema_id, str) else None
        if schema is None:
            # What is personal in it nobody knows.
            STREAM_OUT_SKIPPED.labels("schema_unknown").inc()
            return None
        if rules.is_of_errors:
            return self._masked_error(event, schema)
        plan = self._plan(schema, rules)
        if plan is not None:
            plan.clean(event, signals=Signals(now_ms))
        done: dict[str, Any] = clean_by_name(event, _by_names(dict(rules.actions)))
        return done

    def _plan(self, schema: CompiledSchema, rules: Rules) -> Cleaner | None:
        key = schema.schema_id, rules.actions
        known = self._plans.get(key)
        if known is None or known[0] is not schema:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            known = self._plans[key] = schema, plan_by_kind(schema.document, dict(rules.actions), self._hashing)
        return known[1]

    def _masked_error(self, event: dict[str, Any], schema: CompiledSchema) -> dict[str, Any]:
        """An error event without the refused one, in which anything may stand."""
        done: dict[str, Any] = masked({name: value for name, value in event.items() if name != _RAW}, schema.document)
        return done


def _by_names(actions: Mapping[str, str]) -> PrivacyRules:
    """What becomes of fields with usual names that no schema marks: kept only where the stream keeps that kind."""

    def kept(kind: str) -> bool:
        return actions.get(kind, actions.get("*", "drop")) == "keep"

    return PrivacyRules(ip="keep" if kept("ip") else "drop", user_agent="keep" if kept("user_agent") else "drop")


def _placed(event: dict[str, Any] | None, record: Record) -> dict[str, Any] | None:
    if event is not None:
        meta = event.get("meta")
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        event["meta"] = {**meta, **place} if isinstance(meta, dict) else place
    return event
