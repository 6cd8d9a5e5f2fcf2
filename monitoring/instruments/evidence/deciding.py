"""What the configuration says to one client: sent, or dropped and why; the client contract's rules (§3, §8); pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitoring.instruments.evidence.estimating import value_of

UNITS = ("pageview", "session", "device")
_NEED_CONSENT = frozenset({"session", "device"})


@dataclass(frozen=True, slots=True)
class Client:
    """One client, as somebody describes it; None where it doesn't know. `identifier` is that of the sample's unit."""

    site: str | None = None
    platform: str | None = None
    is_logged_in: bool | None = None
    has_consent: bool = True
    signals: frozenset[str] = frozenset()
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`outcome` is `in`, `depends` (on an identifier that wasn't given), or the contract's reason of the drop."""

    outcome: str
    unit: str = ""
    rate: float | None = None
    value: float | None = None


def decide(entry: Any, client: Client, instrument: Any = None, *, is_instrument: bool = False) -> Decision:
    """What becomes of an event: `entry` is the stream's in the client's configuration, None where there is none."""
    if entry is None or (is_instrument and instrument is None):
        return Decision("unconfigured")
    holding = instrument if is_instrument else entry
    sample = holding.get("sample")
    unit, rate = ("", 1.0) if sample is None else sampled(sample)
    if rate is None:
        return Decision("unsampled")
    outcome = _stopped(entry, rate) or _kept_out(entry, holding, client)
    if outcome or sample is None:
        return Decision(outcome or "in", unit, rate)
    if unit in _NEED_CONSENT and not client.has_consent:
        return Decision("consent", unit, rate)
    if client.identifier is None:
        return Decision("depends", unit, rate)
    value = value_of(client.identifier)
    return Decision("in" if value is not None and value < rate else "unsampled", unit, rate, value)


def sampled(sample: Any) -> tuple[str, float | None]:
    """Unit and rate of a sample that is one; no rate for anything else."""
    unit: Any
    rate: Any
    unit, rate = (sample.get("unit"), sample.get("rate")) if isinstance(sample, Mapping) else ("", None)
    if unit not in UNITS or not isinstance(rate, int | float) or isinstance(rate, bool) or not 0 <= rate <= 1:
        return "", None
    return unit, float(rate)


def fits(audience: Any, client: Client) -> bool:
    """Whether a client is one of those whom an instrument asks; every part that says something must fit."""
    says: Mapping[str, Any] = audience if isinstance(audience, Mapping) else {}
    sites, platforms, logged_in = says.get("sites"), says.get("platforms"), says.get("is_logged_in")
    return (
        (not sites or client.site in sites)
        and client.site not in (says.get("except_sites") or ())
        and (not platforms or client.platform in platforms)
        and (logged_in is None or client.is_logged_in is logged_in)
    )


def _stopped(entry: Mapping[str, Any], rate: float) -> str:
    return "closed" if rate == 0 or sampled(entry.get("sample"))[1] == 0 else ""


def _kept_out(entry: Mapping[str, Any], holding: Mapping[str, Any], client: Client) -> str:
    if client.signals & set(entry.get("heeds") or ()):
        return "privacy"
    return "" if fits(holding.get("audience"), client) else "audience"
