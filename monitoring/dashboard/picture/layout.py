"""Where everything of the live picture stands: three columns of boxes, and the curves between them; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitoring.dashboard.picture.things import URGENT, WORDS, Flow, Scene, Thing, is_rest
from monitoring.dashboard.ranges import rate_words

WIDTH = 980
_GAP, _TOP = 16, 34
_SPACE = 6
_COLUMNS = ((0, 236), (344, 300), (750, 230))  # left edge and width of sources, streams and stores
_HEIGHTS = (44, 28, 44)  # of their boxes: sources and stores have a second line
_LETTER, _SMALL_LETTER = 6.7, 5.9  # the width of a letter, more or less
_RATE = 62  # the room that a rate takes
_THIN, _THICK = 1.0, 9.0
_FEW = 40  # curves that may be as thick as that
_WORD = 8  # from a curve's word to the box that it ends at


@dataclass(frozen=True, slots=True)
class Box:
    """A thing and its place; `label` is its name as far as it fits."""

    thing: Thing
    x: float
    y: float
    width: float
    label: str
    rate: str
    height: float
    note: str = ""

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def baseline(self) -> float:
        """Where its name stands."""
        return self.middle + (-3 if self.note else 4)

    @property
    def note_baseline(self) -> float:
        """Where its second line stands."""
        return self.middle + 13

    @property
    def icon_y(self) -> float:
        return self.baseline - 12

    @property
    def icon_x(self) -> float:
        return self.x + 8

    @property
    def text_x(self) -> float:
        return self.x + 28

    @property
    def right(self) -> float:
        """Where its rate ends."""
        return self.x + self.width - 9

    @property
    def is_rest(self) -> bool:
        return is_rest(self.thing)

    @property
    def title(self) -> str:
        """All of it in words, for those who point at it and those who hear it."""
        told = [self.thing.name, self.thing.note, self.thing.words, self.rate]
        return ", ".join(word for word in told if word)


@dataclass(frozen=True, slots=True)
class Curve:
    """What flows from one box to another; thicker where more flows."""

    path: str
    width: float
    css: str
    title: str
    x: float  # where its word ends
    y: float
    word: str = ""  # shown where it doesn't flow as it should


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the template draws."""

    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    heads: tuple[tuple[float, str], ...]
    width: int = WIDTH


def arrange(scene: Scene, *, heads: Sequence[str] = ("Ways in", "Streams", "Stores")) -> Picture:
    """Streams in groups from the top, each source beside its group, stores in the order of what they take."""
    streams: list[Box] = []
    sources: list[Box] = []
    y = float(_TOP)
    for source in scene.sources:
        group = scene.streams.get(source.key, ())
        column = [_box(thing, 1, y + number * _row(1)) for number, thing in enumerate(group)]
        length = max(len(column) * _row(1), _row(0))
        sources.append(_box(source, 0, y + (length - _row(0)) / 2))
        streams += column
        y += length + _GAP
    places = {box.thing.key: box for box in streams}
    stores = _stores(scene, places, y)
    places |= {box.thing.key: box for box in (*sources, *stores)}
    boxes = (*sources, *streams, *stores)
    height = max((box.y + box.height for box in boxes), default=float(_TOP)) + 6
    found = tuple((float(x), head) for (x, _), head in zip(_COLUMNS, heads, strict=True))
    return Picture(height, boxes, _curves(scene.flows, places), found)


def _stores(scene: Scene, streams: Mapping[str, Box], bottom: float) -> list[Box]:
    """In the order of what they take, spread over the height."""
    wanted: dict[str, list[float]] = {}
    for flow in scene.flows:
        if flow.source in streams:
            wanted.setdefault(flow.target, []).append(streams[flow.source].y)
    at = {store.key: sum(ys) / len(ys) for store in scene.stores if (ys := wanted.get(store.key))}
    ordered = sorted(scene.stores, key=lambda store: (at.get(store.key, bottom), store.name))
    pitch = max((bottom - _GAP - _TOP) / max(len(ordered), 1), _row(2))
    return [_box(store, 2, _TOP + number * pitch + (pitch - _row(2)) / 2) for number, store in enumerate(ordered)]


def _row(column: int) -> int:
    """From one box of a column to the next."""
    return _HEIGHTS[column] + _SPACE


def _box(thing: Thing, column: int, y: float) -> Box:
    x, width = _COLUMNS[column]
    rate = rate_words(thing.rate)
    room = width - 34 - (_RATE if rate else 0)
    note = "" if column == 1 else fitted(thing.note or thing.words, int((width - 38) / _SMALL_LETTER))
    return Box(thing, x, round(y, 1), width, fitted(thing.name, int(room / _LETTER)), rate, _HEIGHTS[column], note)


def fitted(name: str, letters: int) -> str:
    """A name as far as it fits: its middle is left out, since beginning and end tell most."""
    if len(name) <= letters:
        return name
    head = max((letters - 1) // 2, 1)
    return f"{name[:head]}\u2026{name[-max(letters - 1 - head, 1) :]}"


def _curves(flows: Sequence[Flow], places: Mapping[str, Box]) -> tuple[Curve, ...]:
    """What needs attention lies on top, and its word stands once at each thing that is reached so."""
    top = max((flow.rate for flow in flows), default=0.0)
    drawn = [flow for flow in flows if flow.source in places and flow.target in places]
    drawn.sort(key=lambda flow: (flow.state in URGENT, flow.state != "paused"))
    thick = _THICK if len(drawn) <= _FEW else _THICK / 2
    told: set[str] = set()
    found = []
    for flow in drawn:
        is_told = flow.state in {*URGENT, "paused"} and flow.target not in told
        told |= {flow.target} if is_told else set()
        width = thickness(flow.rate, top, thick)
        found.append(_curve(flow, places[flow.source], places[flow.target], width, is_told=is_told))
    return tuple(found)


def _curve(flow: Flow, source: Box, target: Box, width: float, *, is_told: bool) -> Curve:
    left, right = source.x + source.width, target.x
    bend = left + (right - left) / 2
    path = f"M{left:g},{source.middle:g}C{bend:g},{source.middle:g} {bend:g},{target.middle:g} {right:g},{target.middle:g}"
    rate, state = rate_words(flow.rate), WORDS[flow.state]
    css = flow.state if flow.rate or flow.state != "ok" else "quiet"
    title = f"{source.thing.name} to {target.thing.name}: {', '.join(word for word in (rate, state) if word)}"
    word = (target.thing.words if flow.state == target.thing.state else state) if is_told else ""
    return Curve(path, width, css, title, right - _WORD, round(target.middle + 4, 1), word)


def thickness(rate: float, top: float, thick: float = _THICK) -> float:
    """By the rate's order of magnitude, since rates of streams differ a thousandfold."""
    if rate <= 0 or top <= 0:
        return _THIN
    decades = 4  # what carries a ten-thousandth of the most is as thin as can be
    share = 1 + math.log10(rate / top) / decades
    return round(_THIN + max(min(share, 1.0), 0.0) * (thick - _THIN), 1)
