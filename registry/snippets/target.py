"""Where a program sends its event, and what the event must say there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """`platform` is what clients connect to, `events` what is posted to without one.

    `unit` is what the stream or its instrument is sampled by, `document` the schema of the event, materialised, `at` the moment
    that programs without a client say in `dt`, since an example's own is long past, `origins` whose pages may send; None: any.
    """

    platform: str
    events: str
    stream: str
    instrument: str = ""
    unit: str = ""
    at: str = ""
    origins: tuple[str, ...] | None = None
    is_external: bool = False  # events come from browsers and apps
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
