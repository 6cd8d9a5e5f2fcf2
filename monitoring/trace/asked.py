"""What an address of the page, the API or a link asks, and the addresses that ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from eventplatform.core.records import Record, TopicPartition
from monitoring.trace.answering import Place
from monitoring.trace.asking import KINDS, RANGES, By, Question, QuestionError, ask
from monitoring.trace.matching import key_words, meta_of

_YEARS = range(1970, 9999)
_LONGEST = 8192  # of an address
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of an address. `place` is `topic/partition/offset`, `go_on` a cursor."""

    by: By = "id"
    text: str = ""
    stream: str = ""
    span: str = ""
    around: str = ""
    since: str = ""
    until: str = ""
    place: str = ""
    go_on: str = ""

    def query(self, **changes: Any) -> str:
        """The address' query with something changed."""
        one = replace(self, **changes)
        pairs = {one.by: one.text, "stream": one.stream, "range": one.span, "around": one.around, "since": one.since}
        pairs |= {"until": one.until, "place": one.place, "from": one.go_on}
        return urlencode({name: text for name, text in pairs.items() if text})

    def question(self) -> Question:
        """What is asked.

        Raises:
            QuestionError: it can't be searched.
        """
        return ask(
            self.by,
            self.text,
            now=timezone.now(),
            stream=self.stream,
            span=self.span,
            around=_moment("around", self.around),
            since=_moment("since", self.since),
            until=_moment("until", self.until),
        )

    def at(self) -> Place | None:
        """The place that is given.

        Raises:
            QuestionError: it is none.
        """
        if not self.place:
            return None
        topic, _, rest = self.place.partition("/")
        partition, _, offset = rest.partition("/")
        if not topic or not (partition.isdecimal() and offset.isdecimal()) or max(int(partition), int(offset)) >= _LARGEST:
            raise QuestionError(pointer="/place", reason="A place is written topic/partition/offset.")
        return TopicPartition(topic, int(partition)), int(offset)


def read(given: Mapping[str, str]) -> Asked:
    """The parts of a query: `id`, `request` or `key` say what is searched, or `q` and `by`."""
    parts = {name: given.get(name, "").strip()[:_LONGEST] for name in _NAMES}
    by: By = next((kind for kind in KINDS if parts[kind]), "id")
    text = parts[by]
    if not text:
        by, text = next((kind for kind in KINDS if kind == parts["by"]), "id"), parts["q"]
    return Asked(
        by=by,
        text=text,
        stream=parts["stream"],
        span=parts["range"] if parts["range"] in RANGES else "",
        around=parts["around"],
        since=parts["since"],
        until=parts["until"],
        place=parts["place"],
        go_on=parts["from"],
    )


def query_of(record: Record) -> str:
    """The query that follows the event of a record: its place is known, so nothing is searched."""
    place = f"{record.topic}/{record.partition}/{record.offset}"
    event_id = meta_of(record).get("id")
    if event_id:
        return Asked("id", str(event_id), place=place).query()
    return Asked("key", key_words(record.key) or "-", place=place).query()


_NAMES = (*KINDS, "q", "by", "stream", "range", "around", "since", "until", "place", "from")


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that nobody escaped
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise QuestionError(pointer=f"/{name}", reason=f"{name} is no moment as in ISO 8601.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
