"""Which topics carry a stream, and streams whose name is a pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eventplatform.core.names import is_topic_name

# What PHP's preg_quote escapes.
_SPECIAL = re.compile(r"[.\\+*?\[^\]$(){}=!<>|:\-#/]")


class BadPatternError(ValueError):
    """A stream's name starts with a slash but is no regular expression between slashes."""


def is_pattern(name: str) -> bool:
    r"""A name that starts with a slash stands for all streams that it matches, such as `/^job\..+/`."""
    return name.startswith("/")


def compile_pattern(name: str) -> re.Pattern[str]:
    """The regular expression of a pattern.

    Raises:
        BadPatternError: no closing slash, flags behind it, or no valid expression between the two.
    """
    if len(name) < 3 or not name.endswith("/"):  # noqa: PLR2004  # two slashes and something between
        raise BadPatternError(f"{name} must be a regular expression between two slashes, without flags.")
    try:
        return re.compile(name[1:-1])
    except (re.error, RecursionError, OverflowError) as error:
        raise BadPatternError(f"{name} is no valid regular expression: {error}.") from None


def matches(pattern: re.Pattern[str], name: str) -> bool:
    """True where a stream of that name could exist and the pattern, unanchored, finds itself in it."""
    return is_topic_name(name) and pattern.search(name) is not None


def topics_of(name: str, settings: Mapping[str, Any]) -> list[str]:
    r"""The setting `topics` where there is one, else each prefix and the name, else the name alone.

    A pattern's topics are one pattern that matches them all: `/^(eqiad\.|codfw\.)job\..+/`.
    """
    explicit = settings.get("topics")
    if explicit is not None:
        return list(explicit)
    prefixes = settings.get("topic_prefixes")
    if prefixes is None:
        return [name]
    if is_pattern(name):
        return [_prefixed_pattern(name, prefixes)]
    return [f"{prefix}{name}" for prefix in prefixes]


def _prefixed_pattern(name: str, prefixes: Sequence[str]) -> str:
    inside = name.strip("/")
    anchor = "^" if inside.startswith("^") else ""
    quoted = "|".join(_SPECIAL.sub(r"\\\g<0>", prefix) for prefix in prefixes)
    return f"/{anchor}({quoted}){inside.removeprefix('^')}/"
