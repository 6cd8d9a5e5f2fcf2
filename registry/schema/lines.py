"""Finds the lines of places in a YAML (or JSON) text: of one without reading farther, or of many in one reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs forget it

from registry.schema.keywords import unescape


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
    return lambda pointer: _line(root, pointer)


def _line(root: yaml.Node | None, pointer: str) -> int:
    node, line = root, 1
    for name in map(unescape, pointer.split("/")[1:]):
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == name), None)
        elif isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
            found = (node.value[int(name)], node.value[int(name)])
        else:
            found = None
        if found is None:
            return line
        line, node = found[0].start_mark.line + 1, found[1]
    return line


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
