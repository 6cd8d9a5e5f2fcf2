"""What a check found, with the file and line that a person or a review tool jumps to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Located:
    """One result. `path` is relative to the repository; `waived` holds the waiver's reason and end where one applies."""

    path: str
    line: int
    level: Level
    code: str
    message: str
    remedy: str = ""
    pointer: str = ""
    waived: str = ""

    @property
    def is_failure(self) -> bool:
        """Whether the command must end with 1 because of it."""
        return self.level == "error" and not self.waived

    @property
    def sentence(self) -> str:
        """Message and remedy in one."""
        return f"{self.message} {self.remedy}".strip()
