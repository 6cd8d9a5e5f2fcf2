"""Commands to copy: one small event for a stream, out of its schema's own example."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings

from streamconfig.lookups import snapshot

_FAVOURITE = "test.event"
_LEFT_TO_THE_SERVER = ("dt", "id", "request_id", "domain")


def first_curl() -> str:
    """The command of the start page, over several lines; empty where no stream has an example."""
    config = snapshot()
    for name in sorted(config.streams, key=lambda name: (name != _FAVOURITE, name)):
        stream = config.streams[name]
        example = config.schemas.canary_example(stream.schema_title)
        schema = config.schemas.latest(stream.schema_title)
        if example and schema and stream.is_enabled:
            return curl(settings.INTAKE_URL, small_event(name, example, schema.document.get("required", ())))
    return ""


def service_curl(service: str) -> str:
    """A command for one of a service's streams, posted to its own address; empty where none has an example."""
    config = snapshot()
    for name, stream in sorted(config.streams.items()):
        example = config.schemas.canary_example(stream.schema_title) if stream.service == service else None
        schema = config.schemas.latest(stream.schema_title)
        if example and schema and stream.is_enabled and stream.canary_events_enabled:
            event = small_event(name, example, schema.document.get("required", ()))
            return curl(f"{settings.INTAKE_URL}/{service}", event)
    return ""


def small_event(stream: str, example: Mapping[str, Any], required: Collection[str]) -> dict[str, Any]:
    """The example with its required fields and one more; what the intake fills in is left out."""
    meta = {key: value for key, value in example.get("meta", {}).items() if key not in _LEFT_TO_THE_SERVER}
    needed = {"$schema", "meta", *required}
    extra = next((key for key, value in example.items() if key not in {*needed, "dt"} and isinstance(value, str | int)), None)
    event = {key: value for key, value in example.items() if key in needed or key == extra}
    return {**event, "meta": {**meta, "stream": stream}}


def curl(url: str, event: Mapping[str, Any]) -> str:
    """A command that posts `event`; a quote in it can't end the shell's word."""
    fields = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in event.items()]
    body = "{" + ",\n       ".join(fields) + "}"
    quoted = body.replace("'", "'\\''")
    return f"curl -i {url}/v1/events \\\n  -H 'Content-Type: application/json' \\\n  -d '{quoted}'"
