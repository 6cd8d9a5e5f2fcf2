"""A note as the page shows it: two texts beside each other, the bad place marked, personal data masked."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from eventplatform.core.schemas import Violation
from intake.trying.lookups import Note, read
from monitoring import personal
from monitoring.rejected.samples import Line, lines_of_event

_BADGES = {"accepted": "ok", "hasty": "ok", "spooled": "warn", "duplicate": "info"}


@dataclass(frozen=True, slots=True)
class Shown:
    """`key` is the same whenever this note is shown, so that the page keeps what somebody opened."""

    key: str
    state: str
    word: str
    stream: str
    schema_id: str
    event_id: str
    at: str
    debug_id: str
    reason: str
    place: str
    remedy: str
    doc: str
    before: Sequence[Line]
    after: Sequence[Line]
    curl: str
    is_cut: bool
    is_canary: bool


def shown(note: Note, *, may_see: bool) -> Shown:
    """`note` for somebody who may, or may not, see personal data."""
    result = note.result
    word = str(result["result"])
    is_good = note.is_good
    received, written = _seen(note.received, may_see=may_see), _seen(note.written, may_see=may_see) if note.written else None
    return Shown(
        key=hashlib.blake2b(note.packed(), digest_size=8).hexdigest(),
        state=_BADGES.get(word, "fail"),
        word=word.capitalize(),
        stream=str(result.get("stream") or ""),
        schema_id=note.schema_id,
        event_id=str(result.get("id") or ""),
        at=note.received_at[11:23],
        debug_id=note.debug_id,
        reason="" if is_good else str(result.get("message", "")),
        place="" if is_good else str(result.get("pointer", "")),
        remedy="" if is_good else str(result.get("remedy", "")),
        doc="" if is_good or "code" not in result else f"/errors/{result['code']}",
        before=lines_of_event(received, () if is_good else _places(note)),
        after=() if written is None else lines_of_event(written, ()),
        curl=_curl(received, note.debug_id),
        is_cut=note.is_cut,
        is_canary=note.is_canary,
    )


def _seen(text: str, *, may_see: bool) -> Any:
    content = read(text)
    return content if may_see else personal.masked_content(content)


def _places(note: Note) -> list[Violation]:
    told = note.result.get("violations")
    if told:
        return [Violation(one["pointer"], one["keyword"], one["message"]) for one in told]
    pointer = note.result.get("pointer")
    return [Violation(str(pointer), "", str(note.result.get("message", "")))] if pointer else []


def _curl(received: Any, debug_id: str) -> str:
    body = received if isinstance(received, str) else json.dumps(received, ensure_ascii=False)
    mark = f" -H {shlex.quote(f'X-Debug-Id: {debug_id}')}" if debug_id else ""
    return f"curl -i {settings.INTAKE_URL}/v1/events -H 'Content-Type: application/json'{mark} -d {shlex.quote(body)}"
