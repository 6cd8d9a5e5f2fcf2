"""Where a consumer without a group of Kafka's keeps how far it is: the stream server's last id, by the consumer's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from eventclient import replacing
from eventclient.consuming.errors import PositionsError


class PositionStore(Protocol):
    """A text for each name."""

    def load(self, name: str) -> str:
        """What was saved last; empty where nothing was."""
        ...

    def save(self, name: str, position: str) -> None:
        """Returns once it is kept."""
        ...


class MemoryPositions:
    """For as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def load(self, name: str) -> str:
        return self._kept.get(name, "")

    def save(self, name: str, position: str) -> None:
        self._kept[name] = position


class FilePositions:
    """A file, replaced as a whole; for one consumer."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    def load(self, name: str) -> str:  # noqa: ARG002  # a file holds one
        try:
            return self._path.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise PositionsError(f"The position's file {self._path} can't be read ({type(error).__name__}).") from error

    def save(self, name: str, position: str) -> None:  # noqa: ARG002  # likewise
        try:
            replacing.replace(self._path, position.encode(), is_durable=True)
        except OSError as error:
            raise PositionsError(f"The position's file {self._path} can't be written ({error.strerror}).") from error


class CallablePositions:
    """Two functions of the caller's: `load(name)` and `save(name, position)`."""

    def __init__(self, load: Callable[[str], str], save: Callable[[str, str], Any]) -> None:
        self.load = load
        self.save = save
