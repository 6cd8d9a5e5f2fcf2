"""What became of an event that was sent, as its row keeps it, and when it is tried again."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from eventclient.contract import answers

_SPREAD = 0.2
_MAX_TEXT, _MAX_CODE = 1000, 100  # what a row holds


@dataclass(frozen=True, slots=True)
class Fate:
    """Of one event. The texts are the answer's own; `retry_after_seconds` where it says when."""

    kind: Literal["sent", "again", "refused"]
    code: str = ""
    pointer: str = ""
    message: str = ""
    remedy: str = ""
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """A row's fate. `due_at`: when it is tried again; None where it is settled for good."""

    row: int
    fate: Fate
    due_at: datetime | None = None


SENT = Fate("sent")


def settlement(row: int, fate: Fate, tries: int, now: datetime) -> Settlement:
    """What is written of a row that was tried so often. An event of the outbox is never given up."""
    if fate.kind != "again":
        return Settlement(row, fate)
    spread = 1 + random.uniform(-_SPREAD, _SPREAD)  # noqa: S311  # it spreads load, and guards nothing
    return Settlement(row, fate, now + timedelta(seconds=fate.retry_after_seconds or answers.pause(tries) * spread))


def fates(status: int, headers: Mapping[str, str], body: Any, count: int) -> list[Fate] | None:
    """The fate of each of `count` events of a batch (client contract, §6); None where the batch is to be sent in halves."""
    read = answers.read(status, headers, body, count=count, attempt=1).fates
    if read[0].what == answers.HALVE:
        return None
    wait = answers.retry_after(headers)
    return [_of(one, wait) for one in read]


def _of(read: answers.Fate, wait: float | None) -> Fate:
    if read.what == answers.SENT:
        return SENT
    if read.what == answers.AGAIN:
        return Fate("again", retry_after_seconds=wait)
    pointer, message, remedy = (text[:_MAX_TEXT] for text in (read.pointer, read.message, read.remedy))
    return Fate("refused", read.code[:_MAX_CODE], pointer, message, remedy)
