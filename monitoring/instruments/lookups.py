"""What became of the subject's events beside the log: refused ones, the intake's counts, and since when its sample holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection
from django.db.models import Sum

from eventplatform.broker import dead_letters
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.errors import PlatformError
from eventplatform.core.schemas import Violation
from monitoring import personal
from monitoring.instruments.evidence.facts import Refusal, Refusals, Subject
from monitoring.models import IntakeCount
from streamconfig.lookups import snapshot, stream_set

_MOST_LETTERS = 200
_STEP = timedelta(seconds=5)  # how exactly a change is found


def refusals(subject: Subject, begin: datetime, *, tells: bool, may_see: bool) -> Refusals:
    """The subject's refused events since `begin`, by reason and place; the newest ones where there are many."""
    connection.ensure_connection()
    letters = dead_letters.newest_of_stream(connection.connection, subject.stream, since=begin, limit=_MOST_LETTERS)
    named: dict[tuple[str, str], list[DeadLetter]] = defaultdict(list)
    unnamed = 0
    for letter in letters:
        name = _instrument_of(letter.value or b"") if subject.key and tells else subject.key
        if name == subject.key:
            named[letter.code, letter.pointer].append(letter)
        elif not name:
            unnamed += 1
    groups = sorted((_refusal(one, may_see=may_see) for one in named.values()), key=lambda one: -one.number)
    return Refusals(tuple(groups), unnamed, is_cut=len(letters) == _MOST_LETTERS)


def counts(stream: str, begin: datetime) -> Mapping[tuple[str, str], int]:
    """What the intake counted of the whole stream, by outcome and reason; its minutes are told up to a minute late."""
    minute = begin.replace(second=0, microsecond=0)
    rows = IntakeCount.objects.filter(stream=stream, minute__gte=minute).values_list("outcome", "reason")
    return {(outcome, reason): total for outcome, reason, total in rows.annotate(total=Sum("count"))}


def held_since(subject: Subject, minutes: int) -> datetime | None:
    """Since when the sample holds that holds now, if it was another within the minutes; None too where the past is unknown."""
    try:
        return _held_since(subject, minutes, snapshot().tag)
    except PlatformError:
        return None


@lru_cache(maxsize=256)
def _held_since(subject: Subject, minutes: int, _tag: str) -> datetime | None:
    """The last moment of change, by halving; several within the time count as one where they end as they began.

    What was found holds as long as the snapshot's tag, which names all changes and boundaries of time.
    """
    late = datetime.now(UTC)
    early = late - timedelta(minutes=minutes)
    now = _sample_at(subject, None)
    if _sample_at(subject, early) == now:
        return None
    while late - early > _STEP:
        middle = early + (late - early) / 2
        early, late = (early, middle) if _sample_at(subject, middle) == now else (middle, late)
    # Clients of what is new have held no other sample.
    return late if _sample_at(subject, early) is not None else None


def _sample_at(subject: Subject, at: datetime | None) -> Any:
    found, _ = stream_set(at=at)
    stream, one = found.find(subject.stream), found.instruments.get(subject.key)
    if stream is None:
        return None
    if subject.key and one is None:
        return None
    return stream.is_enabled and stream.is_open, one.sampling if one else stream.sampling


def _instrument_of(value: bytes) -> str:
    """The name that a refused event gives its instrument; empty where it says none."""
    try:
        event = orjson.loads(value)
    except ValueError:
        return ""
    named = event.get("instrument_name") if isinstance(event, dict) else None
    return named if isinstance(named, str) else ""


def _refusal(letters: list[DeadLetter], *, may_see: bool) -> Refusal:
    newest = letters[0]
    try:
        event = orjson.loads(newest.value or b"")
    except ValueError:
        event = (newest.value or b"").decode(errors="replace")
    places = newest.violations or ([Violation(newest.pointer, "", newest.message)] if newest.pointer else [])
    return Refusal(
        code=newest.code,
        pointer=newest.pointer,
        message=newest.message,
        remedy=newest.remedy,
        number=len(letters),
        last_at=newest.received_at or newest.created_at,
        group=newest.group_key,
        example=event if may_see else personal.masked_content(event),
        places=tuple(places),
    )
