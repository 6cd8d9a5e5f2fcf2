"""Events as people see them who may not see personal data: masks at what schemas mark, and at the usual names."""

from __future__ import annotations

from typing import Any, Protocol

from eventplatform.core.privacy import Mask
from monitoring import masking
from streamconfig.lookups import snapshot

PERMISSION = "monitoring.see_personal_data"


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
    return masking.masked_content(content, _mask)


def _mask(schema_id: str) -> Mask | None:
    schema = snapshot().find_schema(schema_id)
    return None if schema is None else Mask(schema.document)
