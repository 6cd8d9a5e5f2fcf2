"""Programs that send a schema's example to the intake: curl, JavaScript, Python; each runs as it stands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program; `name` is its language's place in an address."""

    name: str
    title: str
    text: str


def example_for(document: Mapping[str, Any], stream: str) -> dict[str, Any] | None:
    """The first example of a schema as an event of `stream`, where one is given."""
    examples = document.get("examples")
    example = examples[0] if isinstance(examples, list) and examples else None
    if not isinstance(example, dict):
        return None
    meta = example.get("meta")
    return {**example, "meta": {**meta, "stream": stream}} if stream and isinstance(meta, dict) else dict(example)


def snippets(event: Mapping[str, Any], intake: str) -> tuple[Snippet, ...]:
    """The programs that send `event`; their output is the intake's answer."""
    address = f"{intake}/v1/events"
    return (
        Snippet("curl", "curl", _curl(event, address)),
        Snippet("js", "JS", _javascript(event, address)),
        Snippet("python", "Python", _python(event, address)),
    )


def _curl(event: Mapping[str, Any], address: str) -> str:
    data = shlex.quote(_pretty(event))
    return f"curl -i {shlex.quote(address)} \\\n  -H 'Content-Type: application/json' \\\n  -d {data}"


def _javascript(event: Mapping[str, Any], address: str) -> str:
    return "\n".join(
        (
            f"const event = {_pretty(event)};",
            f"fetch({json.dumps(address)}, {{",
            '  method: "POST",',
            '  headers: { "Content-Type": "application/json" },',
            "  body: JSON.stringify(event),",
            "}).then(async (answer) => console.log(answer.status, await answer.text()));",
        )
    )


def _python(event: Mapping[str, Any], address: str) -> str:
    return "\n".join(
        (
            "import json",
            "from urllib.request import Request, urlopen",
            f"event = {_literal(dict(event))}",
            f"request = Request({json.dumps(address)}, json.dumps(event).encode(),",
            '                  {"Content-Type": "application/json"})',
            "with urlopen(request) as answer:",
            "    print(answer.status, answer.read().decode())",
        )
    )


def _literal(value: Any, indent: str = "") -> str:
    """A JSON value as Python writes it, laid out as JSON is."""
    inside = f"{indent}    "
    if isinstance(value, dict) and value:
        items = "".join(f"{inside}{key!r}: {_literal(item, inside)},\n" for key, item in value.items())
        return f"{{\n{items}{indent}}}"
    if isinstance(value, list) and value:
        items = "".join(f"{inside}{_literal(item, inside)},\n" for item in value)
        return f"[\n{items}{indent}]"
    return repr(value)


def _pretty(event: Mapping[str, Any]) -> str:
    # U+2028 and U+2029 end a line to some readers of JavaScript and to a page that shows the text line by line.
    text = json.dumps(event, indent=2, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")
