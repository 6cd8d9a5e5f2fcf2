"""NDJSON and JSON text sequences: one event a line, each judged alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import orjson

from eventplatform.core.errors import RejectedError
from eventplatform.guard.errors import BodyEmptyError, TooManyEventsError
from eventplatform.guard.json_body import JsonLimits, check
from eventplatform.guard.json_checks import check_values
from eventplatform.guard.unfit import Unfit, shown

_SPACE = b" \t\r\n"


class LineInvalidError(RejectedError):
    """A line is no JSON; the others are judged all the same."""

    code = "json.invalid_line"
    outcome: ClassVar[str] = "invalid"
    message = "Line {line} is not valid JSON: {reason}."
    remedy = "Send one event a line, without line breaks within it, each line ended by a newline."


@dataclass(frozen=True, slots=True)
class Line:
    """One text and its number in the body, from 1; blank ones have a number too."""

    number: int
    text: bytes


def parse_lines(body: bytes, limits: JsonLimits, separator: bytes = b"\n") -> list[Any]:
    """The events of the lines; a line that can't be read is marked `Unfit`. Blank lines are none.

    Raises:
        RejectedError: there is nothing, or too much.
    """
    most = 2 * limits.max_events  # lines; blank ones cost something, too
    check_values(body, limits.max_values)
    texts = body.split(separator, most)
    lines = [Line(number, text) for number, text in enumerate((text.strip(_SPACE) for text in texts), start=1) if text]
    if len(lines) > limits.max_events or len(texts) > most:
        raise TooManyEventsError(count=max(len(lines), body.count(separator)), limit=limits.max_events)
    if not lines:
        raise BodyEmptyError
    return [_event(line, limits) for line in lines]


def _event(line: Line, limits: JsonLimits) -> Any:
    try:
        event = orjson.loads(line.text)
    except orjson.JSONDecodeError as error:
        reason = f"{error.msg.partition(': line')[0]} at column {error.colno}"
        return Unfit(shown(line.text), LineInvalidError(line=line.number, reason=reason))
    try:
        check(line.text, event, [event], limits)
    except RejectedError as error:
        return Unfit(shown(line.text), error)
    return event
