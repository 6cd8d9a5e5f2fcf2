"""Workflow commands of GitHub Actions: each result is shown at its line of the change."""

from __future__ import annotations

from collections.abc import Sequence

from eventschemas.located import Located

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def write(results: Sequence[Located], looked_at: Sequence[str]) -> str:  # noqa: ARG001  # one signature for all forms
    """One command a line. Waived results are notices."""
    return "".join(_line(result) for result in results)


def _line(result: Located) -> str:
    command = "notice" if result.waived else _COMMANDS[result.level]
    place = f"file={_property(result.path)},line={result.line},title={_property(result.code)}"
    return f"::{command} {place}::{_data(result.sentence)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
