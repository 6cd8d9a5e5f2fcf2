"""Secrets that this process has opened, kept out of what it says: a driver may quote what it was given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

MASK = "••••••••"
_SHORTEST = 3  # hiding every single letter would leave no sentence
_MOST = 1000  # of those opened last

_opened: dict[str, None] = {}


def remember(secrets: Iterable[Any]) -> None:
    """Mask these from now on."""
    for secret in map(str, secrets):
        if len(secret) >= _SHORTEST:
            _opened.pop(secret, None)
            _opened[secret] = None
    while len(_opened) > _MOST:
        _opened.pop(next(iter(_opened)), None)


def masked(text: str) -> str:
    """The text without any secret that was opened."""
    return hidden(text, list(_opened))


def hidden(text: str, secrets: Iterable[Any]) -> str:
    """The text with every one of the secrets in it masked, also as JSON and Python write it."""
    for secret in sorted(map(str, secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            for written in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]):
                text = text.replace(written, MASK)
    return text
