"""Events as people see them who may not see personal data: masks at what schemas mark, and at the usual names."""

from __future__ import annotations

from typing import Any, Protocol

import orjson

from eventplatform.core.pii_names import mask_text
from eventplatform.core.privacy import masked
from streamconfig.lookups import snapshot

PERMISSION = "monitoring.see_personal_data"
_RAW = "raw_event"  # of an error event: the refused one, as text


class Person(Protocol):
    """Whoever looks."""

    def has_perm(self, name: str, /) -> bool:
        """Whether they may do what `name` says."""
        ...


def shown(content: Any, person: Person) -> Any:
    """`content` itself for those who may see personal data, else with masks."""
    return content if person.has_perm(PERMISSION) else masked_content(content)


def masked_content(content: Any) -> Any:
    """A copy of an event, or of text that is none, with masks."""
    if isinstance(content, str):
        return mask_text(content)
    schema_id = content.get("$schema") if isinstance(content, dict) else None
    schema = snapshot().find_schema(schema_id) if isinstance(schema_id, str) else None
    done = masked(content, None if schema is None else schema.document)
    if isinstance(done, dict) and isinstance(done.get(_RAW), str):
        done[_RAW] = _masked_raw(done[_RAW])
    return done


def _masked_raw(text: str) -> str:
    try:
        event = orjson.loads(text)
    except ValueError:
        return mask_text(text)
    return orjson.dumps(masked_content(event)).decode() if isinstance(event, dict | list) else mask_text(text)
