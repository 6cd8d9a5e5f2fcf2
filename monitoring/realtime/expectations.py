"""Evaluates saved questions that expect something, as they become due."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any

from django.utils import timezone

from eventplatform.broker.base import Log
from eventplatform.core.errors import PlatformError
from monitoring.realtime import lookups, services
from monitoring.realtime.asking import Question, ask
from monitoring.realtime.errors import QuestionFailedError, TurnTakenError
from monitoring.realtime.models import SavedQuery
from monitoring.realtime.turns import turn
from monitoring.realtime.verdicts import Rule, Verdict, judge
from streamconfig.lookups import snapshot
from streamconfig.reading import lookups as readers

log = logging.getLogger(__name__)

_ROWS = 100  # that are counted; more is "more than"
_TICK_SECONDS = 20.0  # then the next tick goes on


def evaluate_due(event_log: Log) -> int:
    """Evaluate what is due, as many as the tick's time allows; how many were."""
    begun, done = time.monotonic(), 0
    for query in lookups.due(now=timezone.now()):
        if time.monotonic() - begun > _TICK_SECONDS:
            break
        now = timezone.now()
        if services.claim(query, now=now):
            done += _evaluated(query, event_log, now)
    return done


def _evaluated(query: SavedQuery, event_log: Log, now: datetime) -> bool:
    try:
        with turn():
            verdict, figures = _verdict(query, event_log)
    except TurnTakenError:
        services.give_back(query, now=now)
        return False
    services.record(query, verdict, now=now, **figures)
    if verdict.kind != "met":
        log.info("expectation.judged", extra={"query": query.pk, "verdict": verdict.kind, "rows": verdict.rows})
    return True


def _verdict(query: SavedQuery, event_log: Log) -> tuple[Verdict, dict[str, Any]]:
    """What came of it. Personal data is always masked; streams that are kept to teams answer where its owner may read them."""
    asked = Question(query.sql, tuple(query.streams), query.minutes, query.with_canaries, _ROWS)
    config, owner = snapshot(), query.owner
    closed = [stream.name for stream in readers.closed_to(owner, config.streams.values())]
    try:
        answer = ask(
            asked,
            event_log,
            config,
            may_see=False,
            allow=lambda streams: readers.check(streams, owner),
            closed=closed,
        )
    except PlatformError as error:
        told = error.summary if isinstance(error, QuestionFailedError) else str(error)
        return Verdict("unanswered", f"{told} ({error.code})"), {}
    columns = [name for name, _ in answer.columns]
    rule = Rule(query.expects, query.low, query.high)
    verdict = judge(rule, columns, answer.rows, is_cut=answer.is_cut, is_complete=answer.is_complete)
    figures = {
        "records": answer.reading.records,
        "left_out": answer.reading.left_out,
        "seconds": answer.reading.seconds + answer.seconds,
    }
    return verdict, figures
