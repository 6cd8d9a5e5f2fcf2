"""The texts of a managed repository: what a draft starts from, and the files that publishing one writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from eventplatform.core.names import VERSION
from registry.schema import rendering

_ID_LINE = re.compile(r"""^(?P<key>["']?\$id["']?\s*:\s*).*$""", re.MULTILINE)

README = """# {repository}

The event schemas of this repository are written, reviewed and published on the event platform, which owns it; this is a
clone to read. Each title is a folder below `{folder}/`:

| file | what it is |
|---|---|
| `current.yaml` | what people write: the newest version, with references |
| `1.0.0.yaml` | a published version: self-contained, never changed again |
| `1.0.0`, `latest`, `latest.yaml` | links to published versions |
| `CHANGELOG.md` | what each version changed, and why |
"""

_HEAD = """\
title: {title}
description: >
  What happened, and who sends it; one or two sentences for those who will read the events.
$id: /{title}/{version}
$schema: https://json-schema.org/draft-07/schema#
type: object
additionalProperties: false
"""

# Without a fragment for what every event carries, it is written out.
_WRITTEN_OUT = """\
required:
  - $schema
  - meta
  - dt
properties:
  $schema:
    description: The id of the schema that this event follows.
    type: string
    maxLength: 200
  meta:
    description: What the platform needs to know about an event, whatever it is about.
    type: object
    additionalProperties: false
    required:
      - stream
    properties:
      stream:
        description: The stream that this event belongs to.
        type: string
        minLength: 1
        maxLength: 249
      id:
        description: Identifies this event; the platform sets it where the producer sends none.
        type: string
        minLength: 1
        maxLength: 64
      dt:
        description: When the platform took the event in, UTC; set by the platform.
        type: string
        format: date-time
        maxLength: 40
      domain:
        description: The site that the event is about; canary marks a synthetic event.
        type: string
        minLength: 1
        maxLength: 253
      request_id:
        description: The request that caused the event.
        type: string
        maxLength: 128
  dt:
    description: When it happened, UTC, by the producer's clock.
    type: string
    format: date-time
    maxLength: 40
"""

_REFERRED = """\
required:
  - dt
allOf:
  - $ref: {common}
properties:
"""

_OWN_FIELD = """\
  action:
    description: What was done; replace this field by your own.
    type: string
    enum:
      - start
      - stop
"""

_EXAMPLE = """\
examples:
  - $schema: /{title}/{version}
    meta:
      stream: {stream}
      domain: example.org
    dt: '2026-01-01T09:00:00Z'
    action: start
"""


def new_title(title: str, version: str, common: str = "") -> str:
    """A first text for a title, which keeps every guideline; `common` is the id of the fragment that all events carry."""
    if title.startswith("fragment/"):
        whole = f"{_HEAD}properties:\n{_OWN_FIELD}examples:\n  - action: start\n"
    else:
        whole = _HEAD + (_REFERRED if common else _WRITTEN_OUT) + _OWN_FIELD + _EXAMPLE
    stream = re.sub(r"[^a-z0-9_]+", ".", title.lower())
    return whole.format(title=title, version=version, stream=stream, common=common)


def with_id(text: str, schema_id: str) -> str:
    """The text with another `$id`, and with that id wherever an example named the old one; all else as it was written."""
    found = _ID_LINE.search(text)
    if found is None:
        return f"$id: {schema_id}\n{text}"
    old = text[found.end("key") : found.end()].strip().strip("\"'")
    changed = f"{text[: found.start()]}{found['key']}{schema_id}{text[found.end() :]}"
    return re.sub(rf"(\$schema:\s*){re.escape(old)}(?=\s*$)", rf"\g<1>{schema_id}", changed, flags=re.MULTILINE)


def version_in(text: str) -> str:
    """The version that the text's `$id` names, as near as a look tells; empty where it names none."""
    found = _ID_LINE.search(text[:20_000])
    version = found[0].strip().rstrip("\"',").rpartition("/")[2] if found else ""
    return version if VERSION.fullmatch(version) else ""


def files_of(*, folder: str, version: str, text: str, document: Mapping[str, Any], changelog: str) -> dict[str, Any]:
    """What publishing writes below a title's folder: the version self-contained, and the links to it."""
    return {
        f"{folder}/current.yaml": text,
        f"{folder}/{version}.yaml": rendering.as_yaml(document),
        f"{folder}/{version}": {"link": f"{version}.yaml"},
        f"{folder}/latest.yaml": {"link": f"{version}.yaml"},
        f"{folder}/latest": {"link": f"{version}.yaml"},
        f"{folder}/CHANGELOG.md": changelog,
    }


def changelog(before: str, *, title: str, version: str, on: date, reason: str, author: str, changes: Iterable[str]) -> str:
    """The changelog with an entry on top for a new version."""
    head = f"# Changes of {title}\n"
    older = before.removeprefix(head).strip("\n")
    lines = [f"## {version} ({on:%Y-%m-%d})", "", f"{_one_line(reason)} ({_one_line(author)})"]
    said = [f"- {_one_line(change)}" for change in changes]
    return "\n".join([head, *lines, *(["", *said] if said else []), *(["", older] if older else [])]) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())
