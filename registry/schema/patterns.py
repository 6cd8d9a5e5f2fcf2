"""Which regular expressions a schema may hold: those that an engine of linear time runs, and whose machines stay small."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import jsonschema_rs

from eventplatform.core import pointers
from registry.schema import keywords

MAX_LENGTH = 2_000
MAX_SIZE = 2_000_000  # bytes of one pattern's machine; `^[^ ]{1,255}$` needs half of it, plain patterns a hundredth
MAX_SIZES = 6_000_000  # of all patterns of a schema together
_SIZES = (10_000, 100_000, 500_000, 1_000_000, MAX_SIZE)
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_CLASS = re.compile(r"\[[^\]]*\]")
_BACK_REFERENCE = re.compile(r"\\(?:[1-9]|k<)")
_UNSUPPORTED = {
    "(?=": "looks ahead",
    "(?!": "looks ahead",
    "(?<=": "looks behind",
    "(?<!": "looks behind",
}


class Refused(NamedTuple):
    """A pattern that can't be run in a time that grows with the text alone, its place, and why."""

    pointer: str
    pattern: str
    reason: str


def first_refused(schema: Any) -> Refused | None:
    """The first pattern of a schema that can't be run safely, if there is one."""
    sizes: dict[str, int] = {}
    for pointer, pattern in _patterns(schema):
        if pattern in sizes:
            continue
        size = _size(pattern)
        if size is None:
            return Refused(pointer, pattern, _why(pattern))
        sizes[pattern] = size
        if sum(sizes.values()) > MAX_SIZES:
            return Refused(pointer, pattern, "is too costly, together with the patterns before it")
    return None


def _patterns(schema: Any) -> Iterator[tuple[str, str]]:
    for pointer, inner in keywords.walk(schema):
        if not isinstance(inner, dict):
            continue
        if isinstance(inner.get("pattern"), str):
            yield f"{pointer}/pattern", inner["pattern"]
        named = inner.get("patternProperties")
        for pattern in named if isinstance(named, dict) else ():
            yield f"{pointer}/patternProperties/{pointers.escape(pattern)}", pattern


@lru_cache(maxsize=1_000)
def _size(pattern: str) -> int | None:
    """The size within which the pattern's machine stays; None where it can't be run."""
    for size in _SIZES if len(pattern) <= MAX_LENGTH else ():
        options = jsonschema_rs.RegexOptions(size_limit=size)
        try:
            jsonschema_rs.Draft7Validator({"pattern": pattern}, pattern_options=options, offline=True)
        except (jsonschema_rs.ValidationError, ValueError):
            continue
        return size
    return None


def _why(pattern: str) -> str:
    if len(pattern) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    outside = _CLASS.sub("", _ESCAPED.sub("", pattern))
    for start, word in _UNSUPPORTED.items():
        if start in outside:
            return word
    if _BACK_REFERENCE.search(pattern.replace("\\\\", "")):
        return "refers back to what it matched"
    return "is no regular expression, or repeats too much"
