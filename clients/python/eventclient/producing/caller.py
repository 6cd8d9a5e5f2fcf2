"""What can be called: streams and instruments, for everybody or for one visitor; both kinds of clients are callers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

from eventclient.instruments import Instrument
from eventclient.producing.calls import Call, now_ms
from eventclient.producing.pipeline import Pipeline
from eventclient.producing.visitors import Visitor, passed_on, signals_of

R = TypeVar("R")


class Caller(ABC, Generic[R]):
    """`R` is what a call answers: whether the event is on its way, at once or to be awaited."""

    @property
    @abstractmethod
    def pipeline(self) -> Pipeline: ...

    @property
    @abstractmethod
    def current_visitor(self) -> Visitor: ...

    @abstractmethod
    def send(self, call: Call) -> R: ...

    @abstractmethod
    def refuse(self, call: Call, reason: str) -> R: ...

    def submit(self, stream: str, event: Any, ids: Mapping[str, str] | None = None) -> R:
        """An event to a stream: a mapping, a dataclass, or anything with `to_event()`.

        It becomes text here. False where it is dropped at once; `stats()` counts it under its reason. Identifiers are given for
        units that the stream is sampled by: `{"session": "…"}`, of people who consented.
        """
        return self.send(Call(event, self.visitor_of(ids), now_ms(), stream=stream))

    def instrument(self, key: str) -> Instrument[R]:
        return Instrument(self, key)

    def visitor(self, **said: Any) -> Caller[R]:
        """The same client, for one person or request: `ids`, `context`, `is_logged_in`, `site`, `signals`, `headers`."""
        if "headers" in said:
            said["headers"] = passed_on(said["headers"])
        if "signals" in said:
            said["signals"] = signals_of(said["signals"])
        return _Visiting(self, said)

    def visitor_of(self, ids: Mapping[str, str] | None) -> Visitor:
        visitor = self.current_visitor
        return replace(visitor, ids={**visitor.ids, **ids}) if ids else visitor


class _Visiting(Caller[R]):
    """A caller with a visitor of its own."""

    def __init__(self, client: Caller[R], said: Mapping[str, Any]) -> None:
        self._client = client
        self._visitor = replace(client.current_visitor, **said)

    @property
    def pipeline(self) -> Pipeline:
        return self._client.pipeline

    @property
    def current_visitor(self) -> Visitor:
        return self._visitor

    def send(self, call: Call) -> R:
        return self._client.send(call)

    def refuse(self, call: Call, reason: str) -> R:
        return self._client.refuse(call, reason)
