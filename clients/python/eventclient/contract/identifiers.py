"""Identifiers of a client that runs on a person's device: made when needed, kept for a time, never without consent (§2)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

_SESSION_MS: Final = 30 * 60 * 1000
_DEVICE_MS: Final = 90 * 24 * 60 * 60 * 1000
_OURS = re.compile(r"[0-9a-f]{20}")


def new_identifier() -> str:
    """80 bits of a cryptographic source."""
    return secrets.token_hex(10)


class Identifiers:
    """What the device holds, in a mapping that may outlive the process: `session` and `device`, each with its moment."""

    def __init__(self, stored: MutableMapping[str, Any], *, consent: bool) -> None:
        self._stored = stored
        self._pageview = new_identifier()
        self._consent = consent
        self.set_consent(consent)

    @property
    def consent(self) -> bool:
        return self._consent

    def set_consent(self, consent: bool) -> None:  # noqa: FBT001  # the contract's word, the same in every client
        """Taken back, what is stored is deleted."""
        self._consent = consent
        if not consent:
            self._stored.pop("session", None)
            self._stored.pop("device", None)

    def new_pageview(self) -> None:
        self._pageview = new_identifier()

    def find(self, unit: str, now: float) -> str | None:
        """The identifier of that unit at the moment `now`, in milliseconds; made where there is none to use."""
        if unit == "pageview":
            return self._pageview
        if not self._consent:
            return None
        return self._session(now) if unit == "session" else self._device(now)

    def _session(self, now: float) -> str:
        kept = _kept(self._stored.get("session"), "used")
        identifier = kept[0] if kept and now - kept[1] < _SESSION_MS else new_identifier()
        self._stored["session"] = {"id": identifier, "used": now}
        return identifier

    def _device(self, now: float) -> str:
        kept = _kept(self._stored.get("device"), "made")
        if kept and now - kept[1] < _DEVICE_MS:
            return kept[0]
        identifier = new_identifier()
        self._stored["device"] = {"id": identifier, "made": now}
        return identifier


def _kept(entry: Any, moment: str) -> tuple[str, float] | None:
    """A stored entry, unless something else than a client of ours wrote it."""
    if not isinstance(entry, Mapping):
        return None
    identifier, when = entry.get("id"), entry.get(moment)
    if not isinstance(identifier, str) or not _OURS.fullmatch(identifier) or not isinstance(when, int | float):
        return None
    return identifier, when
