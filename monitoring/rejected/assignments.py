"""The language in which people mend events: one assignment a line, parsed into steps; nothing is ever evaluated.

    error_context.namespace = string(error_context.namespace)
    meta.domain = "en.wikipedia.org"
    delete error_context.is_anon

A path is names joined by dots; `items[0]` is one item of a list, `items[]` each of them; a name with other characters is
quoted: `headers."user-agent"`. A line whose source is absent does nothing to that event.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eventplatform.core.errors import RejectedError

MAX_LINES = 50
_MAX_LINE = 2000
_NAME = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z_$][A-Za-z0-9_$-]*')
_INDEX = re.compile(r"\[(\d{0,6})\]")
_CALL = re.compile(r"([a-z]+)\(\s*(.*?)\s*\)")
_DELETE = re.compile(r"delete\s+(.+)")
_EACH = -1
_ABSENT: Any = object()
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no"}

Part = str | int  # a name, an index, or _EACH
Path = tuple[Part, ...]


class AssignmentError(RejectedError):
    """A line is no assignment."""

    code = "replay.bad_assignment"
    message = "Line {line}: {reason}"
    remedy = "Write for example error_context.namespace = string(error_context.namespace), or delete error_context.is_anon."


class NotConvertibleError(Exception):
    """A value can't become what the rule wants of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line: what `target` becomes. Neither source nor value: it is deleted."""

    target: Path
    source: Path = ()
    value: Any = _ABSENT
    function: str = ""

    def apply(self, event: Any) -> None:
        """Change `event` in place.

        Raises:
            NotConvertibleError: its value is none that the function takes.
        """
        if self.source:
            change = _Change(lambda _old, places: self._converted(event, places), makes=True)
        elif self.value is _ABSENT:
            change = _Change(lambda _old, _places: _ABSENT, makes=False)
        else:
            change = _Change(lambda _old, _places: self._called(self.value), makes=True)
        _each(event, self.target, change)

    def _converted(self, event: Any, places: Sequence[int]) -> Any:
        found = _get(event, self.source, list(places))
        return _KEEP if found is _ABSENT else self._called(found)

    def _called(self, value: Any) -> Any:
        return _FUNCTIONS[self.function](value) if self.function else json.loads(json.dumps(value))


_KEEP: Any = object()  # leave the target as it is


def parse(text: str) -> list[Step]:
    """The steps of a rule; empty lines and lines that begin with # say nothing.

    Raises:
        AssignmentError: a line is none, with its number.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    wanted = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if len(wanted) > MAX_LINES:
        raise AssignmentError(line=wanted[MAX_LINES][0], reason=f"a rule has at most {MAX_LINES} lines.")
    return [_step(number, line) for number, line in wanted]


def apply(steps: Sequence[Step], event: dict[str, Any]) -> None:
    """Mend `event` in place.

    Raises:
        NotConvertibleError: a step can't be done to it.
    """
    for step in steps:
        step.apply(event)


def _step(number: int, line: str) -> Step:
    if len(line) > _MAX_LINE:
        raise AssignmentError(line=number, reason="it is too long.")
    deleted = _DELETE.fullmatch(line)
    if deleted and "=" not in _unquoted(deleted[1]):
        return Step(_path(deleted[1], number))
    target, rest = _split(line, number)
    call = _CALL.fullmatch(rest)
    function, inner = (call[1], call[2]) if call else ("", rest)
    if function and function not in _FUNCTIONS:
        raise AssignmentError(line=number, reason=f"there is no {function}(); there are {', '.join(_FUNCTIONS)}.")
    try:
        value = json.loads(inner, parse_constant=_no_constant)
    except ValueError:
        source = _path(inner, number)
        if source.count(_EACH) > target.count(_EACH):
            raise AssignmentError(line=number, reason="[] on the right needs its [] on the left.") from None
        return Step(target, source=source, function=function)
    return Step(target, value=value, function=function)


def _split(line: str, number: int) -> tuple[Path, str]:
    before, sign, _ = _unquoted(line).partition("=")
    if not sign:
        raise AssignmentError(line=number, reason="there is no = in it.")
    return _path(line[: len(before)].strip(), number), line[len(before) + 1 :].strip()


def _unquoted(line: str) -> str:
    """The line with everything between quotes blanked, of the same length."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: "_" * len(found[0]), line)


def _path(text: str, number: int) -> Path:
    parts: list[Part] = []
    at = 0
    while True:
        name = _NAME.match(text, at)
        if name is None:
            raise AssignmentError(line=number, reason=f"{text[:80] or 'nothing'} is no path of names joined by dots.")
        parts.append(json.loads(name[0]) if name[0].startswith('"') else name[0])
        at = name.end()
        while index := _INDEX.match(text, at):
            parts.append(int(index[1]) if index[1] else _EACH)
            at = index.end()
        if at == len(text):
            return tuple(parts)
        if text[at] != ".":
            raise AssignmentError(line=number, reason=f"{text[at:][:80]} is not expected there.")
        at += 1


def _get(value: Any, path: Path, places: list[int]) -> Any:
    for part in path:
        wanted = places.pop(0) if part == _EACH and places else part
        if isinstance(wanted, str):
            value = value.get(wanted, _ABSENT) if isinstance(value, dict) else _ABSENT
        else:
            value = value[wanted] if isinstance(value, list) and 0 <= wanted < len(value) else _ABSENT
        if value is _ABSENT:
            return _ABSENT
    return value


class _Change(NamedTuple):
    """What is done at each place that a path names; `makes`: objects on the way that are missing."""

    becomes: Callable[[Any, Sequence[int]], Any]
    makes: bool


def _each(holder: Any, path: Path, change: _Change, places: tuple[int, ...] = ()) -> None:
    part, rest = path[0], path[1:]
    if part == _EACH:
        for index in range(len(holder) - 1, -1, -1) if isinstance(holder, list) else ():
            _at(holder, index, rest, change, (*places, index))
    elif isinstance(part, int):
        if isinstance(holder, list) and part < len(holder):
            _at(holder, part, rest, change, places)
    elif isinstance(holder, dict) and (change.makes or part in holder):
        _at(holder, part, rest, change, places)


def _at(holder: Any, place: Any, rest: Path, change: _Change, places: tuple[int, ...]) -> None:
    is_there = isinstance(holder, list) or place in holder
    if rest:
        made: Any = holder[place] if is_there else {}
        _each(made, rest, change, places)
        if not is_there and made:
            holder[place] = made
        return
    done = change.becomes(holder[place] if is_there else _ABSENT, places)
    if done is _ABSENT:
        del holder[place]
    elif done is not _KEEP:
        holder[place] = done


def _string(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise NotConvertibleError(f"{_short(value)} is no number.")
    try:
        made = json.loads(value.strip()) if isinstance(value, str) else value
    except ValueError:
        made = None
    if isinstance(made, bool) or not isinstance(made, int | float) or not math.isfinite(made):
        raise NotConvertibleError(f"{_short(value)} is no number.")
    return made


def _integer(value: Any) -> int:
    made = _number(value)
    if made != int(made):
        raise NotConvertibleError(f"{_short(value)} is no whole number.")
    return int(made)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = _string(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise NotConvertibleError(f"{_short(value)} is neither true nor false.")
    return word in _TRUE


def _lower(value: Any) -> str:
    if not isinstance(value, str):
        raise NotConvertibleError(f"{_short(value)} is no text.")
    return value.lower()


def _short(value: Any) -> str:
    """The kind of value, never the value: reasons are shown to people who may not see personal data."""
    kinds = {str: "text", bool: "true or false", list: "a list", dict: "an object", type(None): "null"}
    return f"a value ({kinds.get(type(value), 'a number')})"


def _no_constant(word: str) -> Any:
    raise ValueError(word)


_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "lower": _lower,
}
