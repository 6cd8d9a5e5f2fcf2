"""What is kept of an event to note it: copies, and the note that is made of them off the door's way."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from eventplatform.core.names import CANARY_DOMAIN
from eventplatform.core.pii_values import Hashing
from eventplatform.core.privacy import signals_of
from eventplatform.core.results import EventResult
from eventplatform.core.services import rules_of
from eventplatform.guard.request_head import RequestHead, request_id
from eventplatform.guard.unfit import Unfit
from intake.desks import Desk
from intake.ids import Moment
from intake.rejections.raw_events import RawEvents
from intake.trying.notes import Note

KEPT_BYTES = 8 * 1024  # of an event before, and after
_COPIED_BYTES = 256 * 1024  # of an event; what is larger is told of, not shown


class Copied(NamedTuple):
    """An event between the door and the thread, and the subjects of its note."""

    subjects: tuple[str, ...]
    received: bytes
    written: bytes
    result: EventResult
    is_event: bool
    debug_id: str
    head: RequestHead  # of the visit, without its body
    desk: Desk
    moment: Moment


class Writer:
    """Makes notes; not to be shared between threads."""

    def __init__(self, hashing: Hashing, *, errors_url: str) -> None:
        self._raw = RawEvents(hashing, max_bytes=KEPT_BYTES)
        self._errors_url = errors_url

    def note(self, waiting: Copied) -> Note:
        """The note, without personal data that the stream's rules or its schema's marks let nobody see."""
        head, desk, moment, result = waiting.head, waiting.desk, waiting.moment, waiting.result
        stream = desk.gate.find_stream(result.stream) if result.stream else None
        service = (desk.gate.find_service(stream.service) if stream else None) or desk.service
        event: Any = None
        if waiting.is_event:
            rules = service.privacy if stream is None else rules_of(stream.door, service).privacy
            signals = signals_of(head.header, moment.milliseconds)
            event, text, is_cut = self._raw.event(waiting.received, desk.gate.find_schema, rules, signals)
        else:
            text, is_cut = self._raw.body(waiting.received, desk.gate.find_schema, KEPT_BYTES)
        schema_id = event.get("$schema") if isinstance(event, dict) else ""
        entry = result.as_json(self._errors_url)
        return Note(
            received_at=moment.text,
            service=service.name,
            result=entry if waiting.is_event else {**entry, "index": None},
            received=text,
            written=waiting.written[:KEPT_BYTES].decode("utf-8", "ignore"),
            schema_id=schema_id[:200] if isinstance(schema_id, str) else "",
            debug_id=waiting.debug_id,
            request_id=request_id(head, str),
            is_canary=text_of_meta(event, "domain") == CANARY_DOMAIN,
            is_cut=is_cut or len(waiting.written) > KEPT_BYTES,
        )


def text_of_meta(event: Any, name: str) -> str:
    """A text of the event's `meta`; empty where there is none."""
    meta = event.get("meta") if isinstance(event, dict) else None
    found = meta.get(name) if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""


def dumped(event: Any) -> bytes:
    """The event as it is now: the gate changes it in place."""
    try:
        made = orjson.dumps(event.event if isinstance(event, Unfit) else event)
    except (TypeError, ValueError):  # what no JSON brought
        return b"null"
    return made if len(made) <= _COPIED_BYTES else orjson.dumps(f"An event of {len(made)} bytes, too large to show.")
