"""Whether the intake answers slowly, or with errors of its own: told by the histogram of its answers in the last minutes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring.models import IntakeRequests
from monitoring.outcomes.latency import Buckets, quantile

MINUTES = 5
_SLOW_MINUTES = 3  # of those: fewer are a stumble, such as of the log, that is over or told already
_SLOW_SECONDS = 1.0  # clients give up, or hold a worker of theirs, long before the intake itself would
_LEAST_ANSWERS = 20
_LEAST_FAILED = 5
_FAILED_SHARE = 0.01
_SERVER_ERROR = 500
_NO_ROOM = frozenset({503, 507})  # said on purpose, with Retry-After

Answers = Mapping[tuple[str, str], int]  # door and status, bucket → answers


def troubles(now: datetime | None = None) -> list[Trouble]:
    """What clients feel of the intake in the last minutes, though it is up."""
    since = (now or timezone.now()) - timedelta(minutes=MINUTES + 1)
    rows = IntakeRequests.objects.filter(seconds=60, kind=IntakeRequests.Kind.ANSWER, at__gt=since)
    minutes: dict[datetime, dict[tuple[str, str], int]] = defaultdict(dict)
    for at, name, bucket, total in rows.values_list("at", "name", "reason").annotate(Sum("count")):
        minutes[at][name, bucket] = total
    return judge(list(minutes.values()))


def judge(minutes: Sequence[Answers]) -> list[Trouble]:
    """Slow where one answer of a hundred takes a second or longer in most minutes; failing where as many are errors."""
    answers = [(name, float(bound), count) for minute in minutes for (name, bound), count in minute.items()]
    total = sum(count for _, _, count in answers)
    if total < _LEAST_ANSWERS:
        return []
    failed = sum(count for name, _, count in answers if _is_error(name))
    lines = [_failing(failed, total)] if failed >= _LEAST_FAILED and failed >= _FAILED_SHARE * total else []
    slow = [buckets for buckets in map(_buckets, minutes) if quantile(buckets, 0.99) > _SLOW_SECONDS]
    return [*lines, _slow(slow)] if len(slow) >= _SLOW_MINUTES else lines


def _buckets(answers: Answers) -> dict[float, int]:
    """The answers of all doors and statuses by their time."""
    buckets: dict[float, int] = defaultdict(int)
    for (_, bound), count in answers.items():
        buckets[float(bound)] += count
    return buckets


def _is_error(name: str) -> bool:
    status = int(name.rpartition(" ")[2])
    return status >= _SERVER_ERROR and status not in _NO_ROOM


def _slow(minutes: Sequence[Buckets]) -> Trouble:
    p99 = max(quantile(buckets, 0.99) for buckets in minutes)
    longest = max((bound for buckets in minutes for bound in buckets if not math.isinf(bound)), default=_SLOW_SECONDS)
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
