"""How a client asks for its configuration, once more: the steps that the vectors are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.clients.contract.rendering import is_number, pause


@dataclass
class Asking:
    """What a client holds between two questions."""

    holds: Mapping[str, Any] | None = None
    etag: str | None = None
    failures: int = 0

    def take(self, answer: Mapping[str, Any] | None) -> float:
        """The seconds until the next question."""
        if not self._is_understood(answer):
            self.failures += 1
            return pause(self.failures, 300)
        self.failures = 0
        wanted = (self.holds or {}).get("refresh_seconds")
        return float(wanted) if is_number(wanted) and wanted > 0 else 60

    def _is_understood(self, answer: Mapping[str, Any] | None) -> bool:
        if answer is None:
            return False
        body = answer["body"]
        if answer["status"] == 304:  # as the contract writes it
            return self.holds is not None
        is_good = (
            answer["status"] == 200 and isinstance(body, dict) and body.get("contract") == 1 and "streams" in body
        )  # likewise
        if is_good:
            self.holds = body
            self.etag = next((text for name, text in answer["headers"].items() if name.lower() == "etag"), None)
        return is_good
