"""What lint finds: kinds of findings, declared beside their rules, and single findings with place, words and remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Level = Literal["error", "warning", "info"]
LEVELS: tuple[Level, ...] = get_args(Level)  # worst first


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in the configuration that somebody should look at.

    error: something doesn't work. warning: it most likely isn't what somebody meant. info: it could be tidier.
    """

    code: str
    level: Level
    section: str
    name: str
    pointer: str
    message: str
    remedy: str

    def as_json(self) -> dict[str, Any]:
        """As the API tells it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding. Both texts are formatted with the facts of a place; a code is never used for anything else."""

    code: str
    level: Level
    message: str
    remedy: str

    def at(self, section: str, name: str, pointer: str = "", **facts: object) -> Finding:
        """A finding of this kind at a place."""
        said = {"name": name, **facts}
        message, remedy = self.message.format(**said), self.remedy.format(**said)
        return Finding(self.code, self.level, section, name, pointer, message, remedy)
