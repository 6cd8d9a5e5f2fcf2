"""What the intake asks of events beyond their schema: who may send, how much, and what is kept of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AddressRule = Literal["keep", "truncate", "drop"]
AgentRule = Literal["keep", "family", "drop"]


@dataclass(frozen=True, slots=True)
class PrivacyRules:
    """What becomes of fields that a schema marks with `x-pii`; None leaves it to the service, and there to the mark itself.

    `ip`: keep, truncate (/24 of IPv4, /48 of IPv6) or drop. `user_agent`: keep, reduce to browser and major version, or drop.
    `heeds_dnt` and `heeds_gpc`: an event sent with `DNT: 1` or `Sec-GPC: 1` loses every marked field. `clears_at_door`: what
    the other marks say (`x-pii-action`) is done here; otherwise it is done by stores, after the retention.
    """

    ip: AddressRule | None = None
    user_agent: AgentRule | None = None
    heeds_dnt: bool | None = None
    heeds_gpc: bool | None = None
    clears_at_door: bool | None = None


@dataclass(frozen=True, slots=True)
class DoorRules:
    """A stream's own rules, its setting `intake`; None leaves it to the service that takes the stream.

    `origins` are exact (`https://en.wikipedia.org`) or the one word `*`. `events_per_second` and `events_per_day` hold for
    all clients together. `when_log_away`: spool on this host's disk, or refuse with 503 and Retry-After.
    """

    origins: tuple[str, ...] | None = None
    allows_anonymous: bool | None = None
    events_per_second: float | None = None
    events_per_day: int | None = None
    when_log_away: Literal["spool", "refuse"] = "spool"
    error_stream: str = ""
    privacy: PrivacyRules = PrivacyRules()
