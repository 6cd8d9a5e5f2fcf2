"""What each connector did, minute by minute, for charts: written once a minute by the watcher, kept for a week."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.db.models.functions import Now, TruncMinute

from connectors.models import Minute

KEPT = timedelta(days=7)
_LOCK = 0x636F6E6E  # an advisory lock of the platform's database: one watcher writes a minute, others leave it

# Leases count what slices did since they were made; the minute is what came on top of what was counted before. Back-fills
# count as written, but nothing of theirs arrived or lags.
_NOTE = """
WITH counted AS (
    UPDATE connectors_lease SET counted_end = now.end_offset, counted_written = now.rows_written,
        counted_set_aside = now.rows_set_aside
    FROM (SELECT * FROM connectors_lease) AS now
    WHERE now.id = connectors_lease.id AND (now.end_offset, now.rows_written, now.rows_set_aside)
        IS DISTINCT FROM (now.counted_end, now.counted_written, now.counted_set_aside)
    RETURNING now.id, now.end_offset - coalesce(now.counted_end, now.end_offset) AS arrived,
        now.rows_written - now.counted_written AS written, now.rows_set_aside - now.counted_set_aside AS set_aside
)
INSERT INTO connector_history (connector_id, at, arrived, written, lag_records, lag_seconds, set_aside)
SELECT connector_id, date_trunc('minute', now()),
    coalesce(sum(greatest(arrived, 0)) FILTER (WHERE backfill_id IS NULL), 0), coalesce(sum(written), 0),
    coalesce(sum(lag), 0), coalesce(max(waited) FILTER (WHERE lag > 0), 0), coalesce(sum(set_aside), 0)
FROM (
    SELECT id, connector_id, backfill_id, extract(epoch FROM now() - least(unread_since, behind_since)) AS waited,
        CASE WHEN backfill_id IS NULL THEN greatest(coalesce(end_offset, 0) - coalesce(next_offset, 0), 0) ELSE 0 END AS lag
    FROM connectors_lease
) AS lease LEFT JOIN counted USING (id)
WHERE lag > 0 OR counted.id IS NOT NULL
GROUP BY connector_id
HAVING sum(lag) > 0 OR sum(greatest(arrived, 0)) > 0 OR sum(written) > 0 OR sum(set_aside) > 0
"""


def note_minute() -> bool:
    """Write down what came since the last one, as this minute's; False where that is done."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,))
        is_ours = cursor.fetchone()[0]
        if not is_ours or Minute.objects.filter(at__gte=TruncMinute(Now())).exists():
            return False
        cursor.execute(_NOTE)
    return True


def forget() -> int:
    """Delete what is older than a week; how many minutes."""
    return Minute.objects.filter(at__lt=Now() - KEPT).delete()[0]
