"""Commands to copy: one event for a stream, as its schema's example makes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from streamconfig.lookups import snapshot

_FAVOURITE = "test.event"
_LEFT_TO_THE_SERVER = ("dt", "id", "request_id", "domain")


def first_curl() -> str:
    """The command of the start page, over several lines; empty where no stream has an example."""
    config = snapshot()
    names = sorted(config.streams, key=lambda name: (name != _FAVOURITE, name))
    for name in names:
        stream = config.streams[name]
        example = config.schemas.canary_example(stream.schema_title)
        if example and stream.is_enabled:
            return curl(name, example)
    return ""


def curl(stream: str, example: Mapping[str, Any]) -> str:
    """A command that posts `example` to `stream`, what the intake fills in left out."""
    meta = {key: value for key, value in example.get("meta", {}).items() if key not in _LEFT_TO_THE_SERVER}
    event = {**example, "meta": {**meta, "stream": stream}}
    body = _lines(event).replace("'", "'\\''")
    return f"curl -i {settings.INTAKE_URL}/v1/events \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"


def _lines(event: Mapping[str, Any]) -> str:
    """The event with one field a line, aligned behind `-d '`."""
    fields = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in event.items()]
    return "{" + ",\n       ".join(fields) + "}"
