"""Builders for tests of the guard: keys, a ring, a guard over streams, a clock that stands until it is told to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventplatform.core.door_rules import DoorRules
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard import key_text
from eventplatform.guard.admission import Admission
from eventplatform.guard.door_guard import DoorGuard
from eventplatform.guard.door_policy import Defaults
from eventplatform.guard.keys import KeyRing, ProducerKey, Scope
from eventplatform.guard.rates import Rates
from eventplatform.guard.request_head import RequestHead

PEPPER = key_text.derive_pepper("a secret of the platform")
PEPPERS = {key_text.name_pepper(PEPPER): PEPPER}
NOW = 1_800_000_000.0


class Clock:
    """Both clocks of the guard."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Guarding:
    """A guard with what it stands on."""

    def __init__(
        self,
        *streams: Stream,
        keys: Sequence[ProducerKey] | None = (),
        services: Sequence[Service] = (),
        most_events: int = 1000,
        burst_seconds: float = 1.0,
        **facts: Any,
    ) -> None:
        self.clock = Clock()
        self.ring = KeyRing(keys or (), PEPPERS, is_complete=keys is not None)
        self.used: list[int] = []
        self.refused: list[int] = []
        self.admission = Admission(most_events)
        self.rates = Rates(monotonic=self.clock, wall=self.clock, burst_seconds=burst_seconds)
        self.guard = DoorGuard(
            keys=lambda: self.ring,
            configuration=lambda: streams,
            streams_of=lambda found: found,
            service_of=lambda _, name: next((one for one in services if one.name == name), None),
            rates=self.rates,
            admission=self.admission,
            defaults=Defaults(**facts),
            note_use=self.used.append,
            note_refusal=self.refused.append,
            clock=self.clock,
        )


def made(
    number: int = 1, *, streams: Sequence[str] = ("*",), services: Sequence[str] = ("*",), **facts: Any
) -> tuple[ProducerKey, str]:
    """A key and its secret."""
    shown = key_text.new_key()
    key = ProducerKey(
        id=number,
        name=f"key {number}",
        prefix=shown.prefix,
        digest=key_text.digest(shown.whole, PEPPER),
        pepper=key_text.name_pepper(PEPPER),
        streams=Scope.of(streams),
        services=Scope.of(services),
        **facts,
    )
    return key, shown.whole


def stream(name: str = "test.event", service: str = "", **door: Any) -> Stream:
    return Stream(name=name, schema_title="test/event", service=service, topics=(name,), door=DoorRules(**door))


def head(headers: Mapping[str, str] | None = None, *, peer: str = "192.0.2.7", key: str = "", origin: str = "") -> RequestHead:
    given = {**(headers or {}), **({"authorization": f"Bearer {key}"} if key else {}), **({"origin": origin} if origin else {})}
    return RequestHead(peer=peer, header=lambda name: given.get(name, ""))
