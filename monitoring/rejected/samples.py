"""A dead letter for reading: its JSON line by line, what is wrong marked at its place, personal data masked."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.pii_names import mask_text
from eventplatform.core.pointers import pointer_of
from eventplatform.core.schemas import Violation
from monitoring.personal import masked_content
from monitoring.rejected import assignments
from monitoring.rejected.groups import dotted

_MOST_LINES = 400
_CONTEXT = 1
_PLAIN_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_MENDED_BY = {
    "must be text": "string",
    "must be a whole number": "integer",
    "must be a number": "number",
    "must be true or false": "boolean",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: parts with the class that colours each; `why` are sentences about the place, of a line that is `bad`."""

    parts: tuple[tuple[str, str], ...]
    pointer: str = ""
    why: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of the sample before and after: its sign is empty, a plus or a minus."""

    sign: str
    text: str


def event_of(letter: DeadLetter, *, may_see: bool) -> Any:
    """The letter's JSON, masked for those who may not see personal data; None where it is no JSON."""
    try:
        event = orjson.loads(letter.value or b"")
    except ValueError:
        return None
    return event if may_see else masked_content(event)


def lines_of(letter: DeadLetter, *, may_see: bool) -> list[Line]:
    """The letter as the page shows it."""
    event = event_of(letter, may_see=may_see)
    if event is None:
        text = (letter.value or b"").decode(errors="backslashreplace")
        return lines_of_event(text if may_see else mask_text(text), ())
    return lines_of_event(event, _places(letter))


def lines_of_event(event: Any, places: Sequence[Violation]) -> list[Line]:
    """An event, or text that is none, with what is wrong at its places."""
    if isinstance(event, str):
        return [Line((("", line),)) for line in event.splitlines()[:_MOST_LINES]]
    return _marked(list(islice(_lines(event, "", (), "", ""), _MOST_LINES)), places)


def difference(letter: DeadLetter, rule: str, *, may_see: bool) -> list[DiffLine]:
    """What the rule does to the letter, as lines with their signs; empty where it does nothing or can't be done."""
    before, after = event_of(letter, may_see=may_see), event_of(letter, may_see=may_see)
    if not isinstance(after, dict):
        return []
    try:
        assignments.apply(assignments.parse(rule), after)
    except (assignments.AssignmentError, assignments.NotConvertibleError):
        return []
    old, new = (json.dumps(one, indent=2, ensure_ascii=False).splitlines() for one in (before, after))
    found = list(difflib.unified_diff(old, new, n=_CONTEXT, lineterm=""))[2:]
    return [DiffLine({"-": "−", "+": "+"}.get(line[0], ""), line[1:]) for line in found if not line.startswith("@@")]  # noqa: RUF001  # the design's minus


def proposal(letter: DeadLetter) -> str:
    """Assignments that mend what the violations say, where the kind of mistake has an obvious one."""
    found = [line for one in letter.violations if (line := _assignment(one))]
    return "\n".join(dict.fromkeys(found))


def _assignment(violation: Violation) -> str:
    path = _path(violation.pointer)
    if not path:
        return ""
    if violation.keyword == "additionalProperties":
        return f"delete {path}"
    if violation.keyword == "type":
        for words, function in _MENDED_BY.items():
            if violation.message.startswith(f"{words},"):
                return f"{path} = {function}({path})"
    return ""


def _path(pointer: str) -> str:
    """The pointer as a path of the language: items of lists are each of them."""
    made = ""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if name.isdecimal():
            made += "[]"
        else:
            written = name if _PLAIN_NAME.fullmatch(name) else json.dumps(name)
            made += f".{written}" if made else written
    return "" if made.startswith("[") else made


def _places(letter: DeadLetter) -> Sequence[Violation]:
    if letter.violations:
        return letter.violations
    return [Violation(letter.pointer, "", letter.message)] if letter.pointer else []


def _lines(value: Any, indent: str, way: tuple[str | int, ...], name: str, comma: str) -> Iterator[Line]:
    start: tuple[tuple[str, str], ...] = (("", indent),)
    if name:
        start = (*start, ("k", name), ("", ": "))
    if isinstance(value, dict | list) and value:
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        yield Line((*start, ("", opening)), pointer_of(way))
        pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        for index, (key, inner) in enumerate(pairs):
            label = json.dumps(key, ensure_ascii=False) if isinstance(value, dict) else ""
            yield from _lines(inner, f"{indent}  ", (*way, key), label, "," if index + 1 < len(pairs) else "")
        yield Line((("", f"{indent}{closing}{comma}"),))
        return
    css = "s" if isinstance(value, str) else "n"
    yield Line((*start, (css, json.dumps(value, ensure_ascii=False)), ("", comma)), pointer_of(way))


def _marked(lines: Sequence[Line], places: Sequence[Violation]) -> list[Line]:
    """Each violation at the line of its place; of what is missing, at the nearest place around it that is there."""
    known = {line.pointer: number for number, line in reversed(list(enumerate(lines))) if line.pointer or number == 0}
    whys: dict[int, list[tuple[str, str]]] = {}
    for one in places:
        pointer = one.pointer
        while pointer not in known and pointer:
            pointer = pointer.rpartition("/")[0]
        whys.setdefault(known.get(pointer, 0), []).append((dotted(one.pointer), one.message))
    return [Line(line.parts, line.pointer, tuple(whys.get(number, ()))) for number, line in enumerate(lines)]
