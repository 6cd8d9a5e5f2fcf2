"""What a product manager steers: a client's handle on one instrument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from eventclient.producing.calls import Call, now_ms

if TYPE_CHECKING:
    from eventclient.producing.caller import Caller

R = TypeVar("R")  # what the client's `submit` answers: a bool, or something to await


class Instrument(Generic[R]):
    """Events go to the instrument's stream, judged by its sample and audience."""

    def __init__(self, caller: Caller[R], key: str) -> None:
        self.key = key
        self._caller = caller
        self._is_started = True

    def submit(self, action: Any, event: Any = None, *, ids: Mapping[str, str] | None = None) -> R:
        """An action's name and an event, or an event alone."""
        return self.submit_knowing({}, action, event, ids)

    def start(self) -> None:
        self._is_started = True

    def end(self) -> None:
        """Until `start()` what is submitted is dropped as `closed`."""
        self._is_started = False

    def funnel(self, name: str) -> Funnel[R]:
        """Steps of one way through, counted: 1, 2, 3 … of those that are sent."""
        return Funnel(self, name)

    @property
    def is_live(self) -> bool:
        """The configuration has it, and neither it nor its stream is off now."""
        return self.why() not in {"unconfigured", "closed"}

    @property
    def is_in_sample(self) -> bool:
        """An event that was submitted now would go."""
        return self.why() is None

    def why(self, ids: Mapping[str, str] | None = None) -> str | None:
        """The reason for which an event would be dropped now; `unconfigured` also before the configuration is there."""
        pipeline = self._caller.pipeline
        configuration = pipeline.configuration
        if not self._is_started:
            return "closed"
        if configuration is None:
            return "unconfigured"
        now, visitor = now_ms(), self._caller.visitor_of(ids)
        call = Call({}, visitor, now, instrument=self.key)
        route = pipeline.judge.route(configuration, call, now)
        return route.reason or pipeline.judge.verdict(route, call)[0].reason

    def submit_knowing(self, knows: dict[str, Any], action: Any, event: Any, ids: Mapping[str, str] | None) -> R:
        if isinstance(action, str):
            knows = {**knows, "action": action}
        else:
            event = action
        call = Call({} if event is None else event, self._caller.visitor_of(ids), now_ms(), instrument=self.key, knows=knows)
        return self._caller.send(call) if self._is_started else self._caller.refuse(call, "closed")


class Funnel(Generic[R]):
    """Not for several threads at once: a funnel is one person's way."""

    def __init__(self, instrument: Instrument[R], name: str) -> None:
        self._instrument = instrument
        self._name = name
        self._position = 0

    def submit(self, action: Any, event: Any = None, *, ids: Mapping[str, str] | None = None) -> R:
        knows = {"funnel_name": self._name, "funnel_event_sequence_position": self._position + 1}
        answer = self._instrument.submit_knowing(knows, action, event, ids)
        self._position += bool(answer)
        return answer
