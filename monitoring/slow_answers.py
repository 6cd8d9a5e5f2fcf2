"""Whether the intake answers slowly, or with errors of its own: told by the histogram of its answers in the last minutes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring.models import IntakeRequests
from monitoring.outcomes.latency import Buckets, quantile

MINUTES = 5
_SLOW_SECONDS = 1.0  # clients give up, or hold a worker of theirs, long before the intake itself would
_LEAST_ANSWERS = 20
_LEAST_FAILED = 5
_FAILED_SHARE = 0.01
_SERVER_ERROR = 500
_NO_ROOM = frozenset({503, 507})  # said on purpose, with Retry-After

Answers = Mapping[tuple[str, str], int]  # door and status, bucket → answers


def troubles(now: datetime | None = None) -> list[Trouble]:
    """What clients feel of the intake in the last minutes, though it is up."""
    rows = IntakeRequests.objects.filter(
        seconds=60, kind=IntakeRequests.Kind.ANSWER, at__gt=(now or timezone.now()) - timedelta(minutes=MINUTES + 1)
    )
    return judge({(name, bucket): total for name, bucket, total in rows.values_list("name", "reason").annotate(Sum("count"))})


def judge(answers: Answers) -> list[Trouble]:
    """Slow where more than one answer of a hundred takes a second or longer; failing where as many are errors of ours."""
    if (total := sum(answers.values())) < _LEAST_ANSWERS:
        return []
    buckets: dict[float, int] = defaultdict(int)
    for (_, bound), count in answers.items():
        buckets[float(bound)] += count
    failed = sum(count for (name, _), count in answers.items() if _is_error(name))
    lines = [_failing(failed, total)] if failed >= _LEAST_FAILED and failed >= _FAILED_SHARE * total else []
    p99 = quantile(buckets, 0.99)
    return [*lines, _slow(p99, buckets)] if p99 > _SLOW_SECONDS else lines


def _is_error(name: str) -> bool:
    status = int(name.rpartition(" ")[2])
    return status >= _SERVER_ERROR and status not in _NO_ROOM


def _slow(p99: float, buckets: Buckets) -> Trouble:
    longest = max((bound for bound in buckets if not math.isinf(bound)), default=_SLOW_SECONDS)
    words = f"more than {figures.age(longest)}" if math.isinf(p99) else figures.age(p99)
    return Trouble(
        "warn",
        f"The intake answers slowly: one request of a hundred takes {words}",
        "Clients that wait hold workers of their own. Is the log slow, or the host busy? What was answered is safe.",
        "/outcomes",
        "See how long answers take",
        kind="intake.slow",
        subject="intake",
    )


def _failing(failed: int, total: int) -> Trouble:
    return Trouble(
        "fail",
        f"The intake answered {figures.thin(failed)} of {figures.thin(total)} requests with an error of its own",
        f"In the last {MINUTES} minutes. Clients that try again lose nothing; those that don't, do.",
        "/outcomes",
        "See the outcomes",
        kind="intake.failing",
        subject="intake",
    )
