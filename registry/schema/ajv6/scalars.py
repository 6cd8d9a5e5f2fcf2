"""Ajv's rules for numbers and for texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventplatform.core.schemas import AjvError
from registry.schema.ajv6.javascript import number, number_text
from registry.schema.ajv6.place import Judge, Place

_LONGEST_DIVISION = 1e21  # from there on JavaScript writes a number with an exponent, and Ajv reads its first digit alone


def maximum(_judge: Judge, schema: Mapping[str, Any], data: float, place: Place) -> Iterator[AjvError]:
    """`maximum` and `exclusiveMaximum` together: the narrower one speaks."""
    limit, is_exclusive = _narrower(schema.get("maximum"), schema.get("exclusiveMaximum"), min)
    if data > limit or (is_exclusive and data == limit):
        yield _out_of_range(place, "exclusiveMaximum" if is_exclusive else "maximum", "<" if is_exclusive else "<=", limit)


def minimum(_judge: Judge, schema: Mapping[str, Any], data: float, place: Place) -> Iterator[AjvError]:
    """`minimum` and `exclusiveMinimum` likewise."""
    limit, is_exclusive = _narrower(schema.get("minimum"), schema.get("exclusiveMinimum"), max)
    if data < limit or (is_exclusive and data == limit):
        yield _out_of_range(place, "exclusiveMinimum" if is_exclusive else "minimum", ">" if is_exclusive else ">=", limit)


def _narrower(limit: float | None, exclusive: float | None, choose: Any) -> tuple[float, bool]:
    """The limit that counts, and whether it is excluded itself; draft 4 has a truth value for that."""
    if isinstance(exclusive, bool) or exclusive is None:
        return limit or 0, exclusive is True
    narrower = exclusive if limit is None else choose(exclusive, limit)
    return narrower, narrower == exclusive


def _out_of_range(place: Place, keyword: str, comparison: str, limit: float) -> AjvError:
    params = {"comparison": comparison, "limit": number(limit), "exclusive": comparison in {"<", ">"}}
    return place.error(keyword, params, f"should be {comparison} {number_text(limit)}")


def multiple_of(_judge: Judge, schema: Mapping[str, Any], data: float, place: Place) -> Iterator[AjvError]:
    """A multiple for a double's division: 0.3 is none of 0.1."""
    factor = schema["multipleOf"]
    division = float(data) / float(factor)
    if not division.is_integer() or abs(division) >= _LONGEST_DIVISION:
        yield place.error("multipleOf", {"multipleOf": number(factor)}, f"should be multiple of {number_text(factor)}")


def max_length(_judge: Judge, schema: Mapping[str, Any], data: str, place: Place) -> Iterator[AjvError]:
    """Counted in characters, not in UTF-16's units."""
    limit = schema["maxLength"]
    if len(data) > limit:
        message = f"should NOT be longer than {number_text(limit)} characters"
        yield place.error("maxLength", {"limit": number(limit)}, message)


def min_length(_judge: Judge, schema: Mapping[str, Any], data: str, place: Place) -> Iterator[AjvError]:
    """Likewise."""
    limit = schema["minLength"]
    if len(data) < limit:
        message = f"should NOT be shorter than {number_text(limit)} characters"
        yield place.error("minLength", {"limit": number(limit)}, message)


def pattern(judge: Judge, schema: Mapping[str, Any], data: str, place: Place) -> Iterator[AjvError]:
    """Matches somewhere in the text."""
    wanted = schema["pattern"]
    if not judge.matches(wanted, data):
        yield place.error("pattern", {"pattern": wanted}, f'should match pattern "{wanted}"')


def text_format(judge: Judge, schema: Mapping[str, Any], data: str, place: Place) -> Iterator[AjvError]:
    """All formats that Ajv knows are of texts."""
    name = schema["format"]
    if not judge.has_format(name, data):
        yield place.error("format", {"format": name}, f'should match format "{name}"')


def no_format(_judge: Judge, _schema: Mapping[str, Any], _data: float, _place: Place) -> Iterator[AjvError]:
    """Numbers have none, but the keyword still makes Ajv look at numbers first."""
    yield from ()
