"""Writes configuration as PHP arrays in MediaWiki's own names, in the short syntax."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streamconfig.configuration.document import Document

STREAMS = "wgEventStreams"
DEFAULTS = "wgEventStreamsDefaultSettings"
_LOST = "// Owners, windows and what else MediaWiki has no words for is not in here."


def write(document: Document) -> str:
    """Settings for `LocalSettings.php`; with overrides, an array as Wikimedia's site configuration has it."""
    defaults, streams = dict(document.defaults), {entry.name: dict(entry.settings) for entry in document.entries}
    off = [f"// Switched off here: {entry.name}" for entry in document.entries if not entry.is_enabled]
    head = "\n".join(("<?php", _LOST, *off))
    overrides = document.section("overrides")
    if not overrides:
        return f"{head}\n\n${DEFAULTS} = {literal(defaults)};\n\n${STREAMS} = {literal(streams)};\n"
    layered = {
        STREAMS: {"default": streams, **_part(overrides, "streams")},
        DEFAULTS: {"default": defaults, **_part(overrides, "defaults")},
    }
    return f"{head}\n\nreturn {literal(layered)};\n"


def _part(overrides: Mapping[str, Mapping[str, Any]], part: str) -> dict[str, Any]:
    return {key: one[part] for key, one in overrides.items() if one.get(part) is not None}


def literal(value: Any, depth: int = 0) -> str:
    """A value as a PHP literal."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if not value:
        return "[]"
    inside = "".join(f"{line},\n" for line in _lines(value, depth + 1))
    return f"[\n{inside}{_tabs(depth)}]"


def _lines(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield f"{_tabs(depth)}{literal(str(key))} => {literal(held, depth)}"
    else:
        for held in value:
            yield f"{_tabs(depth)}{literal(held, depth)}"


def _tabs(depth: int) -> str:
    return "\t" * depth
