"""Finds the lines of places in a YAML (or JSON) text: of one without reading farther, or of many in one reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs forget it

from eventplatform.core.pointers import unescape


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence that is open; `is_on_path`: the place looked for lies in it."""

    is_mapping: bool
    is_on_path: bool
    key: str | None = None
    key_line: int = 0
    index: int = -1


def find(text: str, pointer: str) -> int:
    """The line, counted from 1, of the place that a JSON pointer names, or of the nearest place around it."""
    search = _Search([unescape(part) for part in pointer.split("/")[1:]])
    try:
        parser = CParser(text)
        while not search.is_over and (event := parser.get_event()) is not None:
            search.take(event)
    except yaml.YAMLError:
        return search.line
    return search.line


def finder(text: str) -> Callable[[str], int]:
    """`find` for many pointers into one text, which is read once."""
    try:
        root = yaml.compose(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        return lambda _pointer: 1
    return _Places(root).line


class _Places:
    """A text's nodes; what a mapping holds is looked at once, however often it is asked for."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root
        self._inside: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}  # by identity; the root keeps all nodes

    def line(self, pointer: str) -> int:
        """The line of the place, or of the nearest place around it."""
        node, line = self._root, 1
        for name in map(unescape, pointer.split("/")[1:]):
            found = self._children(node).get(name)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        return line

    def _children(self, node: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        known = self._inside.get(id(node))
        if known is None:
            if isinstance(node, yaml.MappingNode):
                known = {str(key.value): (key, value) for key, value in reversed(node.value)}
            elif isinstance(node, yaml.SequenceNode):
                known = {str(index): (item, item) for index, item in enumerate(node.value)}
            else:
                known = {}
            self._inside[id(node)] = known
        return known


class _Search:
    def __init__(self, parts: list[str]) -> None:
        self.line = 1
        self._parts = parts
        self._frames: list[_Frame] = []
        self._found = 0  # how many parts of the pointer

    @property
    def is_over(self) -> bool:
        return self._found == len(self._parts)

    def take(self, event: yaml.Event) -> None:
        """Follow one event of the parser."""
        if isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent) and self._frames.pop().is_on_path:
            self._parts = self._parts[: self._found]  # what was looked for is not in there

    def _node(self, event: yaml.NodeEvent) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        around = self._frames[-1] if self._frames else None
        if around and around.is_mapping and around.key is None:
            around.key, around.key_line = str(getattr(event, "value", "")), line
            return
        is_on_path = around is None or (around.is_on_path and self._is_next(around))
        if around and is_on_path:
            self._found += 1
            self.line = around.key_line if around.is_mapping else line
        if around:
            around.key = None
        if isinstance(event, yaml.CollectionStartEvent):
            self._frames.append(_Frame(isinstance(event, yaml.MappingStartEvent), is_on_path))
        elif is_on_path:
            self._parts = self._parts[: self._found]

    def _is_next(self, around: _Frame) -> bool:
        around.index += 1
        name = around.key if around.is_mapping else str(around.index)
        return self._found < len(self._parts) and name == self._parts[self._found]
