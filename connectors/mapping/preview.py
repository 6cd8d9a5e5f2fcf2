"""What a store would make of some events, as dry runs show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eventplatform.core.errors import RejectedError


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """An event as it would be stored: values by column (those that are set), the text of `_extra`, values left out."""

    offset: int
    values: Mapping[str, Any]
    extra: str = ""
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What a sink would make of some events. `columns` (name, type) are empty where the store has none.

    Without columns each row has the values `place` and `value`. `refused` is by offset, RowDiscardedError among them.
    """

    place: str
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[PreviewRow, ...] = ()
    refused: Mapping[int, RejectedError] = field(default_factory=dict)
