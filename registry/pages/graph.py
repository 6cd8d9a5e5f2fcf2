"""Lays out what a schema is made of, and what is made of it, as a picture that reads left to right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

BOX_HEIGHT = 34
_ROW = 46
_GAP = 34  # between two columns
_MARGIN = 2
_CHARACTER = 6.4  # the width of one, about, in the picture's type
_MIN_WIDTH, _MAX_WIDTH = 96, 200
_PARTS = 2  # of a title, its last ones: the rest stands in the list below, and under the pointer
_COLUMN = 12  # boxes in a column; the rest is told by number
_SWEEPS = 3


@dataclass(frozen=True, slots=True)
class Node:
    """A schema version in the picture; an empty `link` stands for "and so many more"."""

    name: str
    version: str = ""
    link: str = ""
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its place; `label` is the end of its name."""

    node: Node
    label: str
    x: float
    y: float
    width: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def middle(self) -> float:
        """Half its height."""
        return self.y + BOX_HEIGHT / 2

    @property
    def baseline(self) -> float:
        """Where its text stands."""
        return self.y + 21

    @property
    def text_x(self) -> float:
        """Where its label begins."""
        return self.x + 13

    @property
    def version_x(self) -> float:
        """Where its version ends."""
        return self.right - 12


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes, and one path for each reference, from what is made to what it is made of."""

    boxes: tuple[Box, ...]
    paths: tuple[str, ...]
    width: float
    height: float

    @property
    def readable_width(self) -> int:
        """The least width in pixels at which its words can be read."""
        return int(self.width * 0.78)

    @property
    def widest(self) -> int:
        """The most that it should be stretched to."""
        return int(self.width * 1.15)


def laid_out(nodes: Mapping[str, Node], references: Iterable[tuple[str, str]], center: str) -> Picture:
    """The picture of `nodes` by id; each reference leads from a schema to one that it is made of."""
    edges = sorted({(a, b) for a, b in references if a in nodes and b in nodes and a != b})
    columns, rest = _cut(_columns(nodes, edges, center), edges)
    shown = {**nodes, **rest}
    boxes = _boxes(columns, shown)
    paths = tuple(_path(boxes[a], boxes[b]) for a, b in edges if a in boxes and b in boxes)
    width = max(box.right for box in boxes.values()) + _MARGIN
    height = max(box.y for box in boxes.values()) + BOX_HEIGHT + _MARGIN
    return Picture(tuple(boxes.values()), paths, width, height)


def _columns(nodes: Mapping[str, Node], edges: Sequence[tuple[str, str]], center: str) -> list[list[str]]:
    """Each node as far to the right of what uses it as the longest way asks; those before the center to its left."""
    right = _distances(edges, center)
    left = _distances([(b, a) for a, b in edges], center)
    levels = {name: right.get(name, -left.get(name, 0)) for name in nodes if name in right or name in left}
    columns: dict[int, list[str]] = defaultdict(list)
    for name in sorted(levels):
        columns[levels[name]].append(name)
    return [columns[level] for level in sorted(columns)]


def _distances(edges: Sequence[tuple[str, str]], start: str) -> dict[str, int]:
    """The longest way from `start` to each node; a circle, which no published schema has, is not gone round twice."""
    found, frontier = {start: 0}, {start}
    for distance in range(1, len(edges) + 2):
        frontier = {b for a, b in edges if a in frontier and b != start}
        if not frontier:
            break
        found.update(dict.fromkeys(frontier, distance))
    return found


def _cut(columns: list[list[str]], edges: Sequence[tuple[str, str]]) -> tuple[list[list[str]], dict[str, Node]]:
    """Columns ordered so that few lines cross, none longer than can be read; what is left out is one box."""
    rest: dict[str, Node] = {}
    for _ in range(_SWEEPS):
        for index, column in enumerate(columns):
            columns[index] = _ordered(column, edges, columns)
    for index, column in enumerate(columns):
        if len(column) > _COLUMN:
            name = f"+{index}"
            rest[name] = Node(f"and {len(column) - _COLUMN + 1} more")
            columns[index] = [*column[: _COLUMN - 1], name]
    return columns, rest


def _ordered(column: list[str], edges: Sequence[tuple[str, str]], columns: list[list[str]]) -> list[str]:
    """By the mean height of their neighbours."""
    heights = {name: row - len(one) / 2 for one in columns for row, name in enumerate(one)}
    near: dict[str, list[float]] = defaultdict(list)
    for a, b in edges:
        near[a].append(heights.get(b, 0))
        near[b].append(heights.get(a, 0))
    return sorted(column, key=lambda name: (sum(near[name]) / len(near[name]) if near[name] else 0, name))


def _boxes(columns: list[list[str]], nodes: Mapping[str, Node]) -> dict[str, Box]:
    tallest = max(len(column) for column in columns)
    boxes: dict[str, Box] = {}
    x = float(_MARGIN)
    for column in columns:
        width = max(_width(nodes[name]) for name in column)
        top = _MARGIN + (tallest - len(column)) * _ROW / 2
        for row, name in enumerate(column):
            boxes[name] = Box(nodes[name], _label(nodes[name]), x, round(top + row * _ROW, 1), width)
        x += width + _GAP
    return boxes


def _width(node: Node) -> float:
    wanted = (len(_label(node)) + len(node.version)) * _CHARACTER + 38
    return round(min(max(wanted, _MIN_WIDTH), _MAX_WIDTH))


def _label(node: Node) -> str:
    """The last parts of the name, as much of them as fits."""
    room = int((_MAX_WIDTH - 38) / _CHARACTER) - len(node.version)
    label = "/".join(node.name.split("/")[-_PARTS:])
    label = label if len(label) <= room else label.rpartition("/")[2]
    return label if len(label) <= room else f"{label[: room - 1]}…"


def _path(start: Box, end: Box) -> str:
    bend = (start.right + end.x) / 2
    return f"M{start.right:g} {start.middle:g}C{bend:g} {start.middle:g} {bend:g} {end.middle:g} {end.x:g} {end.middle:g}"
