"""Where events go that can't be handled: set aside whole, with the reason, and the consumer goes on only once they are kept."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

from eventclient.consuming.deliveries import Delivery
from eventclient.consuming.errors import Park

_MOST_REASON = 2048


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event as it came, where it stood, and why it is here."""

    value: bytes = field(repr=False)
    code: str
    reason: str
    stream: str = ""
    topic: str = ""
    partition: int = -1
    offset: int = -1
    key: bytes | None = field(default=None, repr=False)
    consumer: str = ""
    tries: int = 0
    at: str = ""

    def as_json(self) -> dict[str, Any]:
        """For a line of JSON; bytes that are no text as base64."""
        facts = {name: getattr(self, name) for name in _FACTS}
        return {**facts, **_bytes("key", self.key), **_bytes("value", self.value)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """What `as_json` made."""
        facts = {name: found[name] for name in _FACTS if name in found}
        return cls(value=_of_bytes("value", found) or b"", key=_of_bytes("key", found), **facts)


_FACTS = ("code", "reason", "stream", "topic", "partition", "offset", "consumer", "tries", "at")


class DeadLetters(Protocol):
    """A place for them."""

    def put(self, letter: DeadLetter) -> None:
        """Returns once it is kept.

        Raises:
            DeadLettersError: it can't be kept now.
        """
        ...


class MemoryDeadLetters:
    """A list, for tests of handlers."""

    def __init__(self) -> None:
        self.letters: list[DeadLetter] = []

    def put(self, letter: DeadLetter) -> None:
        self.letters.append(letter)


def letter_of(delivery: Delivery, error: Exception, *, stream: str, consumer: str, tries: int) -> DeadLetter:
    """The letter. An unforeseen error's text may hold of the event, so its class and place stand for it."""
    code = error.code if isinstance(error, Park) else "consumer.handler_failed"
    return DeadLetter(
        value=delivery.value or b"",
        code=code,
        reason=(str(error) if isinstance(error, Park) else words_of(error))[:_MOST_REASON],
        stream=stream or delivery.stream,
        topic=delivery.topic,
        partition=delivery.partition,
        offset=delivery.offset,
        key=delivery.key,
        consumer=consumer,
        tries=tries,
        at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )


def words_of(error: BaseException) -> str:
    """`KeyError in handle (shop.py:12)`: enough to find it, nothing of what was in the event."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} in {last.name} ({Path(last.filename).name}:{last.lineno})"


def _bytes(name: str, value: bytes | None) -> dict[str, Any]:
    if value is None:
        return {}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}


def _of_bytes(name: str, found: Mapping[str, Any]) -> bytes | None:
    if f"{name}_base64" in found:
        return base64.b64decode(found[f"{name}_base64"])
    return found[name].encode() if isinstance(found.get(name), str) else None
