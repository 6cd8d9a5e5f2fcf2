"""A change's title: what differs, in as many words as a list has room for."""

from __future__ import annotations

from collections.abc import Sequence

from streamconfig.configuration.changes import Change
from streamconfig.pages.changes_words import Told, told

_MOST = 190


def title_of(changes: Sequence[Change]) -> str:
    """Such as "ui.click: Sampling rate 50 % → 25 %"."""
    found = told(changes)
    if not found:
        return "Nothing"
    first, *rest = found
    names = first.name or first.title.lower()
    more = f" and {len(rest)} more" if rest else ""
    if first.kind == "added":
        text = f"Add {first.title.lower()} {names}{more}"
    elif first.kind == "removed":
        text = f"Remove {first.title.lower()} {names}{more}"
    elif first.kind == "moved":
        text = f"Another order of {first.title.lower()}"
    else:
        text = f"{names}{more}: {_what(first)}"
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def _what(one: Told) -> str:
    first, *rest = one.leaves
    if first.path == "is_enabled" and not rest:
        return "switched off" if first.becomes == "off" else "switched on"
    more = f" and {len(rest)} more" if rest else ""
    if first.is_long:
        return f"{first.label}{more}"
    return f"{first.label} {first.was} → {first.becomes}{more}"
