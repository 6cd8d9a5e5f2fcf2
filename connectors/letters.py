"""The platform's dead letters, in the database that Django uses: the handle that writes them, and groups of them for pages."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from connectors import own_database
from eventplatform.broker.dead_letters import DeadLetter, DeadLetters

_opened: dict[tuple[int, str], DeadLetters] = {}

_GROUPS = """
SELECT connector, stream, code, count(*), min(created_at), max(created_at), max(id) FROM dead_letters
WHERE replayed_at IS NULL GROUP BY connector, stream, code ORDER BY max(created_at) DESC LIMIT 200
"""
_NEWEST = """
SELECT id, topic, partition, record_offset, message, pointer, created_at FROM dead_letters
WHERE replayed_at IS NULL AND (connector, stream, code) = (%s, %s, %s) ORDER BY id DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Dead letters of one connector and stream that have the same reason."""

    connector: str
    stream: str
    code: str
    count: int
    first_at: datetime
    last_at: datetime
    newest_id: int


@dataclass(frozen=True, slots=True)
class Line:
    """One dead letter in a list."""

    id: int
    topic: str
    partition: int
    offset: int
    message: str
    pointer: str
    created_at: datetime


def dead_letters() -> DeadLetters:
    """This process's handle; one, shared by its threads, and a new one after a fork."""
    url = own_database.conninfo()
    return _opened.setdefault((os.getpid(), url), DeadLetters(url))


def close() -> None:
    """Let go of this process's handles."""
    while _opened:
        _opened.popitem()[1].close()


def count(*, connector: str = "") -> int:
    """How many wait for somebody, of one connector or of all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL AND %s IN ('', connector)", [connector])
        return int(cursor.fetchone()[0])


def groups(*, connector: str = "") -> list[Group]:
    """By connector, stream and reason, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS)
        found = [Group(*row) for row in cursor.fetchall()]
    return [group for group in found if connector in ("", group.connector)]


def newest(group: Group, *, limit: int = 50) -> list[Line]:
    """The newest letters of a group."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [group.connector, group.stream, group.code, limit])
        return [Line(*row) for row in cursor.fetchall()]


def letter(letter_id: int) -> DeadLetter | None:
    """One letter with its bytes."""
    return dead_letters().get(letter_id)
