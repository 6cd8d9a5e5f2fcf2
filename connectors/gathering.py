"""How long a connector may gather records before it writes them: files of a lake want to be large."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from connectors import catalog, options
from eventplatform.core.errors import PlatformError

_NAMES = ("flush_age_seconds", "batch_seconds")


def gathers(kind: str, values: Mapping[str, Any]) -> timedelta:
    """As its options say, else their kind's default; nothing for kinds that write at once, or that are not installed here."""
    found = {**_defaults(kind), **{name: values[name] for name in _NAMES if values.get(name) is not None}}
    return timedelta(seconds=max(map(float, found.values()), default=0.0))


@cache
def _defaults(kind: str) -> Mapping[str, Any]:
    try:
        declared = options.declared(catalog.load(kind).options_type)
    except PlatformError:
        return {}
    return {one.name: one.default for one in declared if one.name in _NAMES}
