"""Deletes dead letters that are too old, too many of a group, or of too many groups; in bites, so that nobody waits."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

log = logging.getLogger(__name__)

_BITE = 2000
_BITES = 50  # of one tick
_RUNS_KEPT = timedelta(days=365)

_TOO_OLD = "select id from dead_letters where created_at < %s order by created_at limit %s"
_TOO_MANY = """
select l.id from dead_letter_groups g
cross join lateral (
    select id from dead_letters where group_key = g.key order by id limit least(g.kept - %s, %s)
) l where g.kept > %s limit %s
"""
_TOO_MANY_GROUPS = """
select l.id from (select key from dead_letter_groups order by last_at desc, key offset %s) g
join dead_letters l on l.group_key = g.key limit %s
"""


def forget(*, now: datetime | None = None) -> int:
    """Delete what is no longer kept; how many letters."""
    before = (now or timezone.now()) - timedelta(days=settings.REJECTED_KEPT_DAYS)
    most = settings.REJECTED_KEPT_PER_GROUP
    gone = _delete(_TOO_OLD, [before, _BITE])
    gone += _delete(_TOO_MANY, [most, _BITE, most, _BITE])
    gone += _delete(_TOO_MANY_GROUPS, [settings.REJECTED_KEPT_GROUPS, _BITE])
    with connection.cursor() as cursor:
        cursor.execute("delete from dead_letter_counts where at < %s", [before])
        cursor.execute("delete from dead_letter_runs where started_at < %s", [before - _RUNS_KEPT])
    if gone:
        log.info("rejected.forgotten", extra={"letters": gone})
    return gone


def _delete(which: str, values: list[Any]) -> int:
    gone = 0
    for _ in range(_BITES):
        with connection.cursor() as cursor:
            cursor.execute(f"delete from dead_letters where id in ({which})", values)  # noqa: S608  # constants only
            gone += cursor.rowcount
            if cursor.rowcount < 1:
                break
    return gone
