"""What a free setting may hold: JSON that every reader can read, of bounded depth and size."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MAX_DEPTH = 16
MAX_CHARACTERS = 64_000  # of one entry; the largest of production has some 1,500
_LEAST, _MOST = -(2**63), 2**64 - 1  # what JSON libraries of other languages read as a whole number
_SHARE = 8  # what a value costs beside its text: quotes, comma, colon


class Flaw(NamedTuple):
    """What is wrong with a value, and where."""

    path: tuple[str, ...]
    code: str
    message: str
    remedy: str


def flaws_of(settings: Mapping[Any, Any]) -> list[Flaw]:
    """Everything in the settings that is no JSON, and whether there is too much of them; one flaw per place."""
    walk = _Walk()
    found = list(walk.flaws(settings, ()))
    if walk.characters > MAX_CHARACTERS:
        remedy = "Leave out what nobody reads, or put it into a schema."
        found.append(Flaw((), "setting.too_large", f"The settings have more than {MAX_CHARACTERS:,} characters.", remedy))
    return found


class _Walk:
    """One pass over all values; adds up what they are long."""

    def __init__(self) -> None:
        self.characters = 0

    def flaws(self, value: Any, path: tuple[str, ...]) -> Iterator[Flaw]:
        if isinstance(value, Mapping):
            yield from self._in_container(value.items(), path)
        elif isinstance(value, list):
            yield from self._in_container(enumerate(value), path)
        else:
            self.characters += _SHARE + (len(value) if isinstance(value, str) else 0)
            reason = _flaw_of_scalar(value)
            if reason:
                yield Flaw(path, "setting.not_json", f"{_name(path)} {reason}", "Write text, a number, true, false or null.")

    def _in_container(self, items: Any, path: tuple[str, ...]) -> Iterator[Flaw]:
        if len(path) >= MAX_DEPTH:
            message = f"{path[0]} is nested more than {MAX_DEPTH} levels deep."
            yield Flaw(path[:2], "setting.too_deep", message, "Write it flatter.")
            return
        is_list = isinstance(items, enumerate)
        for key, value in items:
            if not is_list and not isinstance(key, str):
                message = f"The key {str(key)[:50]} of {_name(path)} must be text."
                yield Flaw(path, "setting.bad_key", message, "Put the key in quotes.")
            elif not is_list and _flaw_of_text(key):
                yield Flaw(path, "setting.bad_key", f"A key of {_name(path)} {_flaw_of_text(key)}", "Write another key.")
            elif self.characters <= MAX_CHARACTERS:
                self.characters += _SHARE + (0 if is_list else len(key))
                yield from self.flaws(value, (*path, str(key)))


def _flaw_of_scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return _flaw_of_text(value)
    if isinstance(value, float):
        return "" if math.isfinite(value) else "must be a finite number."
    if isinstance(value, int):
        return "" if _LEAST <= value <= _MOST else "must be a number of at most 64 bits."
    return f"is a {type(value).__name__}, which is no JSON."


def _flaw_of_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half of a character, which no JSON can carry."
    return "holds the character U+0000, which no database keeps." if "\0" in text else ""


def _name(path: tuple[str, ...]) -> str:
    return ".".join(path)[:200] or "the settings"
