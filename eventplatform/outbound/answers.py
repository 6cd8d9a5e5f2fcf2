"""What somebody else's server answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; a redirect is an answer like any other. Names of headers are small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        """True for 2xx."""
        return self.status // 100 == 2  # noqa: PLR2004  # HTTP's class of success
