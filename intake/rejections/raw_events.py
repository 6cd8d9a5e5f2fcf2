"""What is kept of a refused event or body: cleaned of personal data, bounded in length."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from eventplatform.core.door_rules import PrivacyRules
from eventplatform.core.pii_marks import marks_of
from eventplatform.core.pii_names import clean_text
from eventplatform.core.pii_values import Hashing
from eventplatform.core.privacy import Cleaner, Signals, clean_by_name, plan
from eventplatform.core.schemas import CompiledSchema

_MOST_PLANS = 256
_MOST_SCHEMAS = 5
_NAMED = re.compile(r'"\$schema"\s*:\s*"([^"\\]{1,200})"')


class RawEvents:
    """Cleans copies of refused events by their schema's marks, where it is known, and by the usual names of fields."""

    def __init__(self, hashing: Hashing, *, max_bytes: int) -> None:
        self._hashing = hashing
        self._max_bytes = max_bytes
        self._plans: dict[tuple[int, PrivacyRules], tuple[CompiledSchema, Cleaner | None]] = {}

    def event(
        self, raw: bytes, find_schema: Callable[[str], CompiledSchema | None], rules: PrivacyRules, signals: Signals
    ) -> tuple[Any, str, bool]:
        """The cleaned event, its text, and whether that was cut."""
        event = orjson.loads(raw)
        if isinstance(event, str):  # a line that is no JSON, as it was sent
            text, _ = self.body(event.encode(), find_schema, len(raw))
            return (text, *self._cut(orjson.dumps(text)))
        schema_id = event.get("$schema") if isinstance(event, dict) else None
        schema = find_schema(schema_id) if isinstance(schema_id, str) else None
        # Whoever reads error streams need not be who may read the stream: every mark is heeded.
        cleaner = None if schema is None else self._cleaner(schema, replace(rules, clears_at_door=True))
        if cleaner is not None:
            cleaner.clean(event, signals=signals)
        return (clean_by_name(event, rules), *self._cut(orjson.dumps(event)))

    def body(self, raw: bytes, find_schema: Callable[[str], CompiledSchema | None], max_bytes: int) -> tuple[str, bool]:
        """The text of a body that is no events, cleaned as well as text can be, and whether it was cut.

        Where it names known schemas, fields that these mark are masked by their names.
        """
        text = raw[:max_bytes].decode("utf-8", "replace")
        schemas = [find_schema(name) for name in dict.fromkeys(_NAMED.findall(text)[:_MOST_SCHEMAS])]
        marks = [marks_of(schema.document) for schema in schemas if schema is not None]
        marked = {name for one in marks if one is not None for name in one.names()}
        return clean_text(text, marked), len(raw) > max_bytes

    def _cleaner(self, schema: CompiledSchema, rules: PrivacyRules) -> Cleaner | None:
        key = (id(schema), rules)
        kept = self._plans.get(key)
        if kept is None or kept[0] is not schema:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            kept = self._plans[key] = (schema, plan(schema.document, rules, self._hashing))
        return kept[1]

    def _cut(self, made: bytes) -> tuple[str, bool]:
        if len(made) <= self._max_bytes:
            return made.decode(), False
        return made[: self._max_bytes].decode("utf-8", "ignore"), True
