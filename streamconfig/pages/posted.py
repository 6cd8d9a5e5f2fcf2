"""Numbers as forms post them back."""

from __future__ import annotations

_DIGITS = 9  # of what an integer column holds


def number(text: str) -> int:
    """A count or the key of a row; 0, which none has, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0
