"""The questions for the configuration: what each sends, what its answer changes, and when the next one is due (§1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventclient.contract import CONTRACT
from eventclient.contract.answers import pause

_REFRESH_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 300
_OK, _NOT_MODIFIED = 200, 304


class Configuration:
    """A document that holds, as the platform answers it, or as it was given."""

    __slots__ = ("clock_offset", "instruments", "intakes", "refresh_seconds", "revision", "streams")

    def __init__(self, document: Mapping[str, Any], clock_offset: float = 0.0) -> None:
        self.revision: Any = document.get("revision")
        self.streams: Mapping[str, Any] = document["streams"]
        self.instruments: Mapping[str, Any] = _mapping(document.get("instruments"))
        self.intakes: Mapping[str, str] = _addresses(document.get("intakes"))
        self.refresh_seconds = _seconds(document.get("refresh_seconds"))
        self.clock_offset = clock_offset


def is_configuration(document: Any) -> bool:
    """Something else, a sign-in page for instance, never takes the place of what holds."""
    return (
        isinstance(document, Mapping) and document.get("contract") == CONTRACT and isinstance(document.get("streams"), Mapping)
    )


class Questions:
    """Questions one after the other: the last good answer holds."""

    def __init__(self) -> None:
        self.etag: str | None = None
        self.holds: Configuration | None = None
        self._failures = 0

    @property
    def is_good(self) -> bool:
        """The last question was answered."""
        return self._failures == 0

    def answered(self, status: int | None, headers: Mapping[str, str], body: Any, clock_offset: float = 0.0) -> float:
        """Take an answer (None: there was none); the seconds until the next question, without its ±20 %."""
        if status == _OK and is_configuration(body):
            self.holds = Configuration(body, clock_offset)
            self.etag = next((value for name, value in headers.items() if name.lower() == "etag"), None)
        elif status == _NOT_MODIFIED and self.holds is not None:
            self.holds.clock_offset = clock_offset or self.holds.clock_offset
        else:
            self._failures += 1
            return pause(self._failures, _LONGEST_PAUSE_SECONDS)
        self._failures = 0
        return self.holds.refresh_seconds


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _addresses(value: Any) -> Mapping[str, str]:
    """Without what is no address: as if that intake were not named."""
    return {name: url for name, url in _mapping(value).items() if isinstance(url, str) and url}


def _seconds(told: Any) -> float:
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    return float(told) if is_number and told > 0 else _REFRESH_SECONDS
