"""ClickHouse's SQL put together: constant text with places, and whatever goes there quoted by what it is."""

from __future__ import annotations

from collections.abc import Iterable


class Name:
    """A database, table or column, each part quoted."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __str__(self) -> str:
        return ".".join("`" + part.replace("\\", "\\\\").replace("`", "\\`") + "`" for part in self._parts)


Fact = str | int | Name | Iterable["Fact"]


def composed(template: str, **facts: Fact) -> str:
    """The statement with each `{place}` filled: texts as literals, names as names, several with commas between them."""
    return template.format(**{place: _quoted(fact) for place, fact in facts.items()})


def _quoted(fact: Fact) -> str:
    if isinstance(fact, str):
        return "'" + fact.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(fact) if isinstance(fact, int | Name) else ", ".join(map(_quoted, fact))
