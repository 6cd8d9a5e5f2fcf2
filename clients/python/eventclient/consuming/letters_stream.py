"""Dead letters as error events in a stream, where they stand beside refused events on the platform's page /rejected."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import orjson

from eventclient.consuming.dead_letters import DeadLetter
from eventclient.consuming.errors import DeadLettersError

SCHEMA = "/eventplatform/error/2.1.0"
_UNKNOWN = "unknown"


class Producer(Protocol):
    """What is needed of a client that sends: `eventclient.connect(…)`."""

    def submit(self, stream: str, event: Any) -> Any: ...
    def flush(self, timeout: float) -> bool: ...
    def stats(self) -> Any: ...


class StreamDeadLetters:
    """`client` is for this alone: whether the intake took a letter is seen by what the client dropped meanwhile.

    A letter holds the event as text, so one close to the intake's limit finds no room: the consumer stops there. Nothing is
    cleaned of personal data; who reads the stream reads whole events.
    """

    def __init__(self, client: Producer, stream: str, *, seconds: float = 60.0) -> None:
        self._client = client
        self._stream = stream
        self._seconds = seconds
        self._lock = threading.Lock()

    def put(self, letter: DeadLetter) -> None:
        with self._lock:
            before = _dropped(self._client)
            self._client.submit(self._stream, error_event(letter))
            if not self._client.flush(self._seconds):
                raise DeadLettersError(
                    f"The intake did not take an event for {self._stream} within {self._seconds:.0f} seconds."
                )
            reasons = sorted(reason for reason, count in _dropped(self._client).items() if count > before.get(reason, 0))
            if reasons:
                raise DeadLettersError(f"The intake took no event for {self._stream}: {', '.join(reasons)}.")


def error_event(letter: DeadLetter) -> dict[str, Any]:
    """The letter in the shape of refused events."""
    event = _document(letter.value)
    place = f"topic {letter.topic}, partition {letter.partition}, offset {letter.offset}, tries {letter.tries}"
    meta = event.get("meta") if isinstance(event.get("meta"), dict) else {}
    return {
        "$schema": SCHEMA,
        "meta": {
            "uri": _UNKNOWN,
            "domain": _text(meta, "domain"),
            "request_id": _text(meta, "request_id"),
        },
        "dt": letter.at,
        "emitter_id": letter.consumer or "consumer",
        "raw_event": letter.value.decode("utf-8", "replace"),
        "message": letter.reason,  # without the place, so that those of one reason stand together
        "stack": place,
        "errored_schema_uri": _text(event, "$schema"),
        "errored_stream_name": letter.stream or _UNKNOWN,
        "error_type": letter.code,
    }


def _document(value: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(value)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(of: Any, name: str) -> str:
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, str) and found else _UNKNOWN


def _dropped(client: Producer) -> dict[str, int]:
    return dict(client.stats().dropped)
