"""Programs that post an event with what each language has of its own: no library to install."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from registry.snippets import literals


def curl(event: Mapping[str, Any], address: str) -> str:
    """A command of the shell."""
    data = shlex.quote(literals.write(event, literals.JSON))
    return f"curl -i {shlex.quote(address)} \\\n  -H 'Content-Type: application/json' \\\n  -d {data}"


def javascript(event: Mapping[str, Any], address: str) -> str:
    """A script for browsers and Node alike."""
    return "\n".join(
        (
            f"const event = {literals.write(event, literals.SCRIPT)};",
            f"fetch({literals.script_text(address)}, {{",
            '  method: "POST",',
            '  headers: { "Content-Type": "application/json" },',
            "  body: JSON.stringify(event),",
            "}).then(async (answer) => console.log(answer.status, await answer.text()));",
        )
    )


def python(event: Mapping[str, Any], address: str) -> str:
    """A program of Python's own library."""
    return "\n".join(
        (
            "import json",
            "from urllib.request import Request, urlopen",
            f"event = {literals.write(event, literals.PYTHON)}",
            f"request = Request({literals.PYTHON.scalar(address)}, json.dumps(event).encode(),",
            '                  {"Content-Type": "application/json"})',
            "with urlopen(request) as answer:",
            "    print(answer.status, answer.read().decode())",
        )
    )


def php(event: Mapping[str, Any], address: str) -> str:
    """A program of PHP's own functions; refusals are read too, not raised."""
    return "\n".join(
        (
            "<?php",
            f"$event = {literals.write(event, literals.PHP)};",
            f"$answer = fopen({literals.PHP.scalar(address)}, 'r', false, stream_context_create(['http' => [",
            "    'method' => 'POST',",
            "    'header' => 'Content-Type: application/json',",
            "    'content' => json_encode($event, JSON_THROW_ON_ERROR),",
            "    'ignore_errors' => true,",
            "]]));",
            "echo stream_get_meta_data($answer)['wrapper_data'][0], ' ', stream_get_contents($answer), PHP_EOL;",
        )
    )
