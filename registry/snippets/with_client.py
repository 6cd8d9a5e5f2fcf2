"""Programs of three lines: connect, choose the instrument where there is one, submit."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from registry.snippets import events, literals
from registry.snippets.target import Target

_STORED = ("session", "device")  # units whose identifiers need consent and a device
_IN_EVERY_SAMPLE = "0" * 20


def browser(event: Mapping[str, Any], target: Target) -> str:
    """The part of a page."""
    needs_consent = target.unit in _STORED
    options = ", { consent: true }" if needs_consent else ""
    note = "  // consent: what the person said; true here\n" if needs_consent else ""
    source = html.escape(f"{target.platform}/client/eventplatform.js")
    said = events.of_caller(event, target, in_page=True)
    return (
        f'<script src="{source}"></script>\n<script>\n{note}'
        f"  const events = eventplatform.connect({literals.script_text(target.platform)}{options});\n"
        f"  {_javascript_call(said, target, literals.SCRIPT, indent='  ')}\n</script>"
    )


def node(event: Mapping[str, Any], target: Target) -> str:
    """A module of Node."""
    said = events.of_caller(event, target, in_page=False)
    consent = "consent: true, " if target.unit in _STORED else ""
    options = f", {{ {consent}ids: {_ids(target, literals.JAVASCRIPT)} }}" if target.unit else ""
    return (
        'import { connect } from "@eventplatform/client";\n'
        f"const events = connect({literals.json_text(target.platform)}{options});\n"
        f"{_javascript_call(said, target, literals.JAVASCRIPT)}\n"
        "await events.close();"
    )


def python(event: Mapping[str, Any], target: Target) -> str:
    """A program of Python; it sends what is left when it ends."""
    said = literals.write(events.of_caller(event, target, in_page=False), literals.PYTHON)
    ids = f", ids={_ids(target, literals.PYTHON)}" if target.unit else ""
    platform, name = (literals.PYTHON.scalar(one) for one in (target.platform, target.instrument or target.stream))
    chosen = f".instrument({name}).submit(" if target.instrument else f".submit({name}, "
    return f"from eventclient import connect\nevents = connect({platform})\nevents{chosen}{said}{ids})"


def _javascript_call(said: Mapping[str, Any], target: Target, notation: literals.Notation, indent: str = "") -> str:
    name = notation.scalar(target.instrument or target.stream)
    chosen = f".instrument({name}).submit(" if target.instrument else f".submit({name}, "
    return f"events{chosen}{literals.write(said, notation, indent)});"


def _ids(target: Target, notation: literals.Notation) -> str:
    return literals.write({target.unit: _IN_EVERY_SAMPLE}, notation)
