"""What an address asks, and what came of it: shared by the page, its downloads and the saved ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from monitoring import personal
from monitoring.realtime.asking import LONGEST_SQL, MOST_MINUTES, MOST_STREAMS, Answer, Question, ask
from monitoring.realtime.turns import turn
from streamconfig.lookups import snapshot
from streamconfig.reading import lookups as readers

ROWS_SHOWN, ROWS_SENT = 500, 10_000
MINUTES = (1, 5, 10, 15, 30, 60)
_USUAL_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as an address holds it."""

    question: Question
    chart: str

    def link(self, **changes: Any) -> str:
        """The query of the same, or nearly the same, question."""
        question = self.question
        pairs: dict[str, Any] = {
            "stream": list(question.streams),
            "minutes": question.minutes if question.minutes != _USUAL_MINUTES else "",
            "canaries": "1" if question.with_canaries else "",
            "chart": self.chart if self.chart != "auto" else "",
            "sql": question.sql,
            **changes,
        }
        return urlencode({name: value for name, value in pairs.items() if value}, doseq=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, or why there is none; neither where nothing was asked."""

    answer: Answer | None = None
    error: PlatformError | None = None

    @property
    def status(self) -> int:
        """Of a page that shows it."""
        return 200 if self.error is None else self.error.http_status


def read(request: HttpRequest, *, max_rows: int = ROWS_SHOWN) -> Asked:
    """What the address asks; what it can't mean is as if it were not there."""
    known, given = snapshot().streams, request.GET
    minutes = given.get("minutes", "")
    number = int(minutes) if minutes.isdecimal() and len(minutes) < 4 else _USUAL_MINUTES  # noqa: PLR2004  # digits
    question = Question(
        sql=given.get("sql", "").replace("\r\n", "\n").strip()[: LONGEST_SQL + 1],
        streams=tuple(dict.fromkeys(one for one in given.getlist("stream") if one in known))[:MOST_STREAMS],
        minutes=min(max(number, 1), MOST_MINUTES),
        with_canaries=given.get("canaries") == "1",
        max_rows=max_rows,
    )
    return Asked(question, given.get("chart", "auto"))


def outcome(request: HttpRequest, question: Question) -> Outcome:
    """What comes of the question, for whoever asks."""
    if not question.sql:
        return Outcome()
    try:
        return Outcome(answer=answered(request, question))
    except PlatformError as error:
        return Outcome(error=error)


def answered(request: HttpRequest, question: Question) -> Answer:
    """The answer for whoever asks.

    Raises:
        PlatformError: there is none.
    """
    person: Any = request.user
    config = snapshot()
    with turn(_name(request)):
        return ask(
            question,
            event_log(),
            config,
            may_see=person.has_perm(personal.PERMISSION),
            allow=lambda streams: readers.check(streams, person),
            closed=[stream.name for stream in readers.closed_to(person, config.streams.values())],
        )


def figures(answer: Answer) -> Mapping[str, Any]:
    """What was read for an answer, as downloads and the API say it."""
    found = answer.reading
    return {
        "streams": list(answer.streams),
        "begin_ms": found.begin_ms,
        "end_ms": found.end_ms,
        "records": found.records,
        "bytes": found.bytes,
        "left_out": found.left_out,
        "canaries": answer.canaries,
        "unreadable": answer.unreadable,
        "tombstones": answer.tombstones,
        "closed": answer.closed,
        "read_seconds": round(found.seconds, 3),
        "answer_seconds": round(answer.seconds, 3),
    }


def _name(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"address {request.META.get('REMOTE_ADDR', '')}"
