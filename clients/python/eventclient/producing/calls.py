"""A call of `submit`, as it was made."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass, replace
from typing import Any, NamedTuple

import orjson

from eventclient.producing.visitors import Visitor


class Call(NamedTuple):
    """`stream` or `instrument` says where to; `made` is the moment in milliseconds; `event` may be text already."""

    event: Any
    visitor: Visitor
    made: float
    stream: str | None = None
    instrument: str | None = None
    knows: Mapping[str, Any] = {}

    @property
    def target(self) -> str:
        return self.stream or self.instrument or ""


def now_ms() -> float:
    return time.time() * 1000


def mapping_of(event: Any) -> Mapping[str, Any]:
    """A mapping, something with `to_event()`, a dataclass, or the text of one."""
    if type(event) is dict:
        return event
    if isinstance(event, bytes):
        return orjson.loads(event)  # type: ignore[no-any-return]  # written by `frozen`
    made = event
    if not isinstance(event, Mapping):
        if hasattr(event, "to_event"):
            made = event.to_event()
        elif is_dataclass(event) and not isinstance(event, type):
            made = asdict(event)
    if not isinstance(made, Mapping):
        raise TypeError(type(made).__name__)
    return made


def frozen(call: Call) -> Call:
    """What the caller changes afterwards changes nothing."""
    visitor = call.visitor
    context = orjson.loads(orjson.dumps(visitor.context)) if visitor.context else {}
    text = orjson.dumps(dict(mapping_of(call.event)))
    return call._replace(event=text, visitor=replace(visitor, ids=dict(visitor.ids), context=context))
