"""The breaker of each target: a store that fails or drags is left alone, so that it doesn't take workers from the others.

Failures are counted one after the other, over all connectors of the target. From the fifth on the breaker is open: no slice
of the target runs until a delay is over, then one alone as a probe; each failed probe doubles the delay, the first write that
succeeds closes the breaker and lets everybody go on at once. A store that says itself when to come again (`Retry-After`) is
obeyed at the first failure. The only writer of these columns of the target.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Collection

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from connectors.models import Lease, Target
from eventplatform.core import metrics
from eventplatform.core.errors import PlatformError, RetriableError
from eventplatform.core.masking import masked

log = logging.getLogger(__name__)

THRESHOLD = 5
SLOW_WRITE_SECONDS = 5.0
_SLOW_FOR_SECONDS = 300.0
_FIRST_SECONDS = 5.0
_LONGEST_SECONDS = 300.0
_LONGEST_TOLD_SECONDS = 3600.0
_UNTOLD_SECONDS = 2.0  # what a RetriableError says that was told nothing


# What fails while it is open was under way when it opened, and says nothing new.
_COUNT = """
UPDATE connectors_target SET failures = failures + 1, open_reason = %(reason)s,
    open_until = CASE WHEN failures + 1 >= %(threshold)s THEN now() + make_interval(secs =>
        least(%(longest)s, %(first)s * 2 ^ least(failures + 1 - %(threshold)s, 20)) * %(jitter)s) END
WHERE id = %(target)s AND (open_until IS NULL OR open_until <= now())
RETURNING name, failures, open_until IS NOT NULL
"""
_OBEY = """
UPDATE connectors_target SET open_reason = %(reason)s,
    open_until = greatest(open_until, now() + make_interval(secs => %(told)s)) WHERE id = %(target)s
"""


def closed(prefix: str = "") -> Q:
    """Targets whose slices may run now, one at least; `prefix` is the way to the target."""
    return Q(**{f"{prefix}open_until": None}) | Q(**{f"{prefix}open_until__lte": Now()})


def told_seconds(error: BaseException) -> float | None:
    """After how many seconds the store itself says to come again; None where it said nothing."""
    seconds = error.retry_after_seconds if isinstance(error, RetriableError) else None
    return min(seconds, _LONGEST_TOLD_SECONDS) if seconds is not None and seconds > _UNTOLD_SECONDS else None


def failed(target_id: int, error: PlatformError) -> None:
    """The store could not be used just now."""
    reason = masked(f"{error} {error.hint}".strip())
    jitter = random.uniform(0.8, 1.2)  # noqa: S311  # spreads probes, guards nothing
    bounds = {"threshold": THRESHOLD, "first": _FIRST_SECONDS, "longest": _LONGEST_SECONDS, "jitter": jitter}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"target": target_id, "reason": reason, **bounds})
        found = cursor.fetchone()
        if told := told_seconds(error):
            cursor.execute(_OBEY, {"target": target_id, "reason": reason, "told": told})
    if found and found[2]:
        metrics.TARGET_OPENED.labels(found[0]).inc()
        log.warning("breaker.opened", extra={"target": found[0], "failures": found[1], "code": error.code, "why": str(error)})


def succeeded(target_id: int) -> None:
    """The store took a write: close the breaker, and let every lease of the target that waits for it go on."""
    troubled = Target.objects.filter(pk=target_id).filter(Q(failures__gt=0) | ~Q(open_until=None))
    was_open = troubled.exclude(open_until=None).exists()
    if not troubled.update(failures=0, open_until=None, open_reason="") or not was_open:
        return
    waiting = Lease.objects.filter(connector__target=target_id, state=Lease.State.RETRYING)
    waiting.update(not_before=None, queued_at=None)
    log.warning("breaker.closed", extra={"target_id": target_id})


def slow(target_ids: Collection[int]) -> None:
    """A write takes so long that the target shall have few of the workers' threads for some minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE connectors_target SET slow_until = now() + make_interval(secs => %s) WHERE id = ANY(%s)",
            (_SLOW_FOR_SECONDS, list(target_ids)),
        )


def reset(targets: Q) -> None:
    """Forget their failures: somebody changed a target, or wants it to be tried now."""
    found = Target.objects.filter(targets).values("pk")
    Target.objects.filter(pk__in=found).update(failures=0, open_until=None, open_reason="", slow_until=None)
