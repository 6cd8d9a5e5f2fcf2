"""What is deprecated, since when, why, and what to use instead: a repository, a title or one version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from eventplatform.core.names import split_schema_id

Level = Literal["repository", "title", "version"]


@dataclass(frozen=True, slots=True)
class Deprecation:
    """It goes on being served, and is refused for new streams."""

    since: date
    reason: str
    replacement: str
    level: Level
    author: str = ""


class Deprecations:
    """Finds what holds for a title or an id: what is said of the version before what is said of its title or repository."""

    def __init__(self, found: Iterable[tuple[str, Deprecation]] = ()) -> None:
        self._found: Mapping[tuple[Level, str], Deprecation] = {(one.level, name): one for name, one in found}

    def find(self, title_or_id: str, repository: str) -> Deprecation | None:
        """What is deprecated about a title, or about a version's id, of a repository."""
        is_id = title_or_id.startswith("/")
        title = split_schema_id(title_or_id)[0] if is_id else title_or_id
        return (
            (self._found.get(("version", title_or_id)) if is_id else None)
            or self._found.get(("title", title))
            or self._found.get(("repository", repository))
        )
