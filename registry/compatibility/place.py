"""A place in two versions: its JSON pointer, the field as tables name it, and how to speak of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from eventplatform.core.pointers import escape


@dataclass(frozen=True, slots=True)
class Place:
    """Where the walk is. `is_sure` tells that a value always passes here, rather than in one alternative of several."""

    pointer: str = ""
    path: str = ""
    is_sure: bool = True

    @property
    def name(self) -> str:
        """The field at the start of a sentence."""
        return self.path or "The event"

    @property
    def noun(self) -> str:
        """The field within a sentence."""
        return self.path or "the event"

    @property
    def column(self) -> str:
        """The field, where a table has a column for it; empty inside lists, maps and alternatives."""
        return self.path if self.is_sure and not any(mark in self.path for mark in ("[", "*")) else ""

    def keyword(self, *parts: str | int) -> str:
        """The pointer of something below."""
        return self.pointer + "".join(f"/{escape(str(part))}" for part in parts)

    def field(self, name: str) -> Place:
        """A declared property."""
        return replace(self, pointer=self.keyword("properties", name), path=f"{self.path}.{name}" if self.path else name)

    def below(self, suffix: str, *parts: str | int) -> Place:
        """The items of a list or the values of a map; `suffix` is how paths tell."""
        return replace(self, pointer=self.keyword(*parts), path=f"{self.path}{suffix}" if self.path else suffix.lstrip("."))

    def alternative(self, *parts: str | int) -> Place:
        """One schema of several for the same value."""
        return replace(self, pointer=self.keyword(*parts), is_sure=False)
