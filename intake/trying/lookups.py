"""What pages read of notes: those of a debug id, or of a stream, which is watched from then on."""

from __future__ import annotations

import os

import redis
from django.conf import settings

from intake.trying.boards import SharedBoard
from intake.trying.notes import Note, is_debug_id, of_id, of_stream, read

__all__ = ["Note", "NotesAwayError", "debug_ids", "is_debug_id", "notes_of_id", "notes_of_stream", "read"]

_boards: dict[tuple[int, str], SharedBoard] = {}


class NotesAwayError(Exception):
    """Redis does not answer, so nobody's notes can be read."""


def notes_of_id(debug_id: str) -> list[Note]:
    """Notes of requests that carry this id, newest first.

    Raises:
        NotesAwayError: they can't be read now.
    """
    try:
        return _board().notes(of_id(debug_id))
    except redis.RedisError as error:
        raise NotesAwayError from error


def notes_of_stream(stream: str) -> list[Note]:
    """Notes of a stream, newest first; its next events are noted too, for some seconds from now.

    Raises:
        NotesAwayError: they can't be read now.
    """
    try:
        _board().watch(stream)
        return _board().notes(of_stream(stream))
    except redis.RedisError as error:
        raise NotesAwayError from error


def debug_ids() -> list[str]:
    """Ids of which there are notes, the one used last first; none where that can't be read."""
    try:
        found = _board().subjects()
    except redis.RedisError:
        return []
    return [one.removeprefix("id:") for one in found if one.startswith("id:")]


def _board() -> SharedBoard:
    key = (os.getpid(), settings.REDIS_URL)
    if key not in _boards:
        _boards[key] = SharedBoard(settings.REDIS_URL)
    return _boards[key]
